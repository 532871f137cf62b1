package generator

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Values from a person reach a Dockerfile only through these functions (or through a
// pattern of package profiles that admits no special character).

// assignment writes key="value" for ENV and LABEL. Inside double quotes BuildKit's word
// lexer gives a meaning to the escape character, the quote and the dollar sign only
// (moby/buildkit frontend/dockerfile/shell/lex.go, processDoubleQuote). Control
// characters cannot be written there; profiles refuses them.
func assignment(key, value string) string {
	return key + `="` + doubleQuote.Replace(value) + `"`
}

var doubleQuote = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`)

// execForm writes the exec form of an instruction: a JSON array. Nothing is expanded in it.
func execForm(args []string) string {
	var b bytes.Buffer
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(jsonString(a))
	}
	return "[" + b.String() + "]"
}

// jsonString is a JSON string with <, > and & as they are.
func jsonString(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
