// Package profiles holds the two files that scaffold keeps in a repository: the
// profile (scaffold.toml), owned by a person, and the lock (scaffold.lock), owned
// by the machine.
//
// The model: a file's bytes go in; a typed value or every problem of the file,
// each with its line, comes out. Decoding is strict: an unknown key, a wrong type
// and a key that would have no effect are problems, never ignored. The Go types
// are the only statement of the schema; the decoder, the validator, --set and the
// JSON Schema all read their struct tags:
//
//	toml     the key
//	doc      one sentence for the schema and for error hints
//	enum     comma-separated values that a string (or each string of a list) may have
//	pattern  name of a regular expression in patterns
//	stack    language that the key belongs to; an error with any other
//	required "true" where a profile without the key is an error
//
// Limits: a profile is read up to [MaxSize] bytes; nothing here looks at a clock,
// the environment or the network.
package profiles
