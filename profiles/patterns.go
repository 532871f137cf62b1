package profiles

import (
	"regexp"
	"strings"
	"unicode"
)

// A pattern says which strings a key takes, and in words what they look like.
type pattern struct {
	re   *regexp.Regexp
	want string
	ok   func(string) bool // instead of re
}

func (p pattern) match(s string) bool {
	if p.ok != nil {
		return p.ok(s)
	}
	return p.re.MatchString(s)
}

// patterns are the forms a string may have. Values that reach a shell or a mount
// option are held to a form without special characters; values that are only ever
// quoted (arguments, environment, labels) may hold anything that can be written.
var patterns = map[string]pattern{
	"name":    {re: regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$`), want: "lower-case letters, digits, dots, dashes and underscores"},
	"stack":   {re: regexp.MustCompile(`^[a-z0-9.+-]+(/[a-z0-9.+-]+){0,2}$`), want: "language/package manager/framework"},
	"path":    {re: regexp.MustCompile(`^[A-Za-z0-9._@+~/-]+$`), want: "a relative path of letters, digits and . _ @ + ~ - /"},
	"file":    {re: regexp.MustCompile(`^[A-Za-z0-9._/][A-Za-z0-9._@+~/-]*$`), want: "a relative path of letters, digits and . _ @ + ~ - /"},
	"abspath": {re: regexp.MustCompile(`^/[A-Za-z0-9._@+/-]+$`), want: "an absolute path of letters, digits and . _ @ + - /"},
	"version": {re: regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`), want: "a version such as 3.13"},
	// https://www.debian.org/doc/debian-policy/ch-controlfields.html#source, with an optional =version.
	// No dash at the end: "apt-get install foo-" removes foo.
	"package":  {re: regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?$`), want: "a Debian package name"},
	"secretid": {re: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`), want: "letters, digits and _ . -"},
	"envname":  {re: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), want: "a variable name: letters, digits and underscores"},
	"label":    {re: regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`), want: "a label key: letters, digits and . _ / -"},
	"target":   {re: regexp.MustCompile(`^(\.|\./[A-Za-z0-9_.~+/-]+|[A-Za-z0-9_][A-Za-z0-9_.~+/:-]*)$`), want: "a Go package, a Maven module or a script, such as ./cmd/orders, services/orders or build:prod"},
	"base":     {re: regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._:/@-]*$`), want: "auto, a family, or an image reference"},
	"user":     {re: regexp.MustCompile(`^(nonroot|root|[0-9]{1,10}(:[0-9]{1,10})?)$`), want: "nonroot, root, uid or uid:gid (numbers)"},
	"platform": {re: regexp.MustCompile(`^linux/(amd64|arm64|arm/v7|386|ppc64le|s390x|riscv64)$`), want: "linux/amd64, linux/arm64 or another linux platform"},
	"duration": {re: regexp.MustCompile(`^[0-9]+(ms|s|m)$`), want: "a duration such as 60s or 2m"},
	"size":     {re: regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(KB|MB|GB|KiB|MiB|GiB)$`), want: "a size such as 20MB or 64MiB"},
	"digest":   {re: regexp.MustCompile(`^sha256:[0-9a-f]{64}$`), want: "sha256: and 64 hex digits"},
	"date":     {re: regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), want: "a day such as 2026-11-21"},
	// Of policies. A registry name or a repository below it; * stands for any part of one name, ** for any names.
	"imageglob":   {re: regexp.MustCompile(`^[a-z0-9*][A-Za-z0-9._:/*-]*$`), want: "a registry, a repository or a glob such as docker.io/library/*"},
	"imagename":   {re: regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._:/-]*[A-Za-z0-9]$`), want: "a registry or a path in one, such as docker.io/library"},
	"syntax":      {re: regexp.MustCompile(`^[a-z0-9][A-Za-z0-9._:/@-]*$`), want: "an image reference, or none"},
	"pathglob":    {re: regexp.MustCompile(`^[A-Za-z0-9._@+~*?][A-Za-z0-9._@+~/*? -]*$`), want: "a path relative to the repository, with * and ** where any name does"},
	"ruleid":      {re: regexp.MustCompile(`^[a-z]+/[a-z-]+$`), want: "a rule's ID; scaffold policy rules lists them"},
	"labelglob":   {re: regexp.MustCompile(`^[A-Za-z0-9*]([A-Za-z0-9._/*-]*[A-Za-z0-9*])?$`), want: "a label key, with * where anything does"},
	"line":        {ok: func(s string) bool { return strings.TrimSpace(s) != "" && printable(s) }, want: "one line of text, not empty"},
	"urlpath":     {re: regexp.MustCompile(`^/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$`), want: "an absolute URL path"},
	"argument":    {ok: func(s string) bool { return !strings.ContainsRune(s, 0) }, want: "text without NUL bytes"},
	"instruction": {ok: instructionText, want: "one instruction of a Dockerfile, or a comment, without control characters"},
	"envvalue":    {ok: printable, want: "one line of text: ENV and LABEL have no way to write a line break or a control character"},
}

// printable reports whether ENV and LABEL can carry s: everything but control
// characters other than tab. BuildKit's parser is line-based and its word lexer has
// no escape for a line break.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
}

// instructionText reports whether s can stand in a Dockerfile as a person writes it there:
// on several lines, with tabs, and with the line ends of either kind.
func instructionText(s string) bool {
	s = strings.NewReplacer("\r\n", "", "\n", "").Replace(s)
	return strings.TrimSpace(s) != "" && printable(s)
}

// IsPath reports whether s is a relative path that a Dockerfile can name without quoting.
func IsPath(s string) bool { return patterns["path"].match(s) && !strings.HasPrefix(s, "-") }
