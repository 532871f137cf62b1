// Package templates embeds the templates of Dockerfiles and ignore files. It is data
// only: which values they may print is package generator's plan.
package templates

import "embed"

// FS holds templates.toml, ca.toml, python.toml, partials/ and one folder a language.
//
//go:embed templates.toml ca.toml python.toml partials/*.tmpl go/*.tmpl java/*.tmpl node/*.tmpl python/*.tmpl
var FS embed.FS
