package policy

import (
	"time"

	"scaffold/profiles"
)

// FileName is the policy's name where none is named.
const FileName = "policy.toml"

// Schema is the policy schema that this package reads.
const Schema = 1

// A Policy is a decoded and validated policy.toml, merged with what it extends. The zero
// value demands nothing: under it only the rules that need no policy judge.
type Policy struct {
	Schema         int               `toml:"schema" required:"true" doc:"Schema of this file; 1."`
	Name           string            `toml:"name" required:"true" pattern:"name" doc:"Name of the policy, for example acme-2026-11."`
	Extends        string            `toml:"extends" pattern:"path" doc:"Policy that this one builds on, relative to this file. The keys of this one win, lists replace, tables of names merge, waivers add up."`
	Registry       Registry          `toml:"registry" doc:"Where images come from."`
	Base           Base              `toml:"base" doc:"Which base images may be used."`
	Syntax         Syntax            `toml:"syntax" doc:"The image that reads the Dockerfile."`
	User           User              `toml:"user" doc:"Who the process runs as."`
	Shell          Allowed           `toml:"shell" doc:"Whether the final image may hold a shell."`
	PackageManager Allowed           `toml:"package_manager" doc:"Whether the final image may hold a package manager."`
	Compiler       Allowed           `toml:"compiler" doc:"Whether the final image may hold a compiler."`
	Health         Health            `toml:"health" doc:"Health checks."`
	Labels         Labels            `toml:"labels" doc:"Labels of the image."`
	Size           Size              `toml:"size" doc:"How large the image may be."`
	Trust          Trust             `toml:"trust" doc:"Whom build steps trust."`
	Rules          map[string]string `toml:"rules" keys:"ruleid" enum:"off,warning,error" doc:"Severity of a rule, by its ID, where it is to be another than the usual one."`
	Waivers        []Waiver          `toml:"waiver" doc:"Findings that are accepted for a time."`

	file string           // as messages name it; empty for the zero value
	keys []*profiles.Keys // where its keys stand, the extending policy first
}

// Registry says where images come from.
type Registry struct {
	Allow   []string          `toml:"allow" pattern:"imageglob" doc:"Repositories that images may come from, by canonical name before any rewrite; * stands for one name, ** for any. Rewrite targets and the syntax image are allowed by being named."`
	Rewrite map[string]string `toml:"rewrite" keys:"imagename" pattern:"imagename" doc:"Registries or paths in them, and where their images are to be pulled from."`
}

// Base says which base images may be used. A word of allow and deny is a family, a libc, the
// name of an image or of a row of the catalog, or a repository with * and **.
type Base struct {
	Prefer         []string `toml:"prefer" enum:"scratch,distroless,slim,alpine,full" doc:"Families, best first; breaks ties between bases that fit. It shapes generating and judges nothing."`
	Allow          []string `toml:"allow" pattern:"imageglob" doc:"The only bases that stages may stand on: families, names, libcs or repositories."`
	Deny           []string `toml:"deny" pattern:"imageglob" doc:"Bases that must not be used: families, names, libcs or repositories."`
	Digest         string   `toml:"digest" enum:"required,optional,forbidden" doc:"Whether references carry an index digest. Default: optional."`
	MinSupportDays *int     `toml:"min_support_days" doc:"Days left until the base's end of life, at the least. Default: 0."`
	MaxPinAgeDays  *int     `toml:"max_pin_age_days" doc:"Days since the lock's digests were resolved, at the most."`
}

// Syntax says which image reads the Dockerfile.
type Syntax struct {
	Image string `toml:"image" pattern:"syntax" doc:"The only image that # syntax= may name, or none."`
}

// User says who the process runs as.
type User struct {
	Nonroot *bool `toml:"nonroot" doc:"true: the final image runs as a numeric user other than 0. false: it need not."`
}

// Allowed says whether something may be in the final image.
type Allowed struct {
	Allow *bool `toml:"allow" doc:"false: the final image must not hold it."`
}

// Health says what is demanded of health checks.
type Health struct {
	Required *bool `toml:"required" doc:"true: the final image has a HEALTHCHECK."`
}

// Labels says which labels the image has. Names may hold *.
type Labels struct {
	Required  []string `toml:"required" pattern:"label" doc:"Labels that the final image has."`
	Forbidden []string `toml:"forbidden" pattern:"labelglob" doc:"Labels that it must not have; * stands for anything."`
}

// Size says how large the image may be.
type Size struct {
	Max string `toml:"max" pattern:"size" doc:"Most that the image's files may take, unpacked, for example 250MB; judged by verify."`
}

// Trust says whom build steps trust.
type Trust struct {
	CA string `toml:"ca" pattern:"path" doc:"Company CA that build steps which download must trust, relative to this file: mounted, never left in the image."`
}

// A Waiver accepts the findings of one rule in some files until a day.
type Waiver struct {
	Rule   string    `toml:"rule" required:"true" pattern:"ruleid" doc:"ID of the rule."`
	Path   string    `toml:"path" required:"true" pattern:"pathglob" doc:"Files that it is for, relative to the repository's root; * stands for one name, ** for any."`
	Until  time.Time `toml:"until" required:"true" doc:"Last day on which it holds."`
	Reason string    `toml:"reason" required:"true" pattern:"line" doc:"Why, for whoever reads it later."`

	file string // where it stands
	line int
}

// Default is the policy where there is none.
func Default() *Policy { return &Policy{} }

// JSONSchema returns the JSON Schema (draft 2020-12) of a policy, made from the Go types. It
// holds each key's form; what reaches across keys only [Parse] knows.
func JSONSchema() ([]byte, error) {
	return profiles.JSONSchemaOf(Policy{}, FileName, "A scaffold policy: what an organisation demands of its Dockerfiles.")
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }
