// Package detect reads a repository and drafts its profile.
//
// The model: the folder is listed once, within bounds; each provider (a language with
// a package manager) looks at the list, opens what it knows by name and answers with
// a draft in which every key has the file and line that it was read from. The
// knowledge of frameworks, servers and marker files is data: tables of values in
// frameworks.go and markers.go. A new framework costs one value, a new language one
// provider.
//
// Limits: nothing of the repository is executed. Only regular files are opened,
// through [os.Root], so that no link leads out of the folder; a folder that is a link
// is not entered. At most 20,000 entries are listed, 12 folders deep, and files up to
// 1 MiB read, 16 MiB altogether; what was left out is a warning. Source code is read
// for its literals only: a port that is computed, or that comes from a configuration
// file, is not found, and a route behind a group whose prefix is not a literal is
// left out.
package detect
