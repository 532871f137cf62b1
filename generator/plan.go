package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/policy"
	"scaffold/profiles"
)

// A Plan is the fully decided input of a template. Strings that came from a person are
// quoted for the place where the template prints them.
type Plan struct {
	Name            string
	Syntax          string   // image of the Dockerfile frontend; empty: the builder's own
	Builder         string   // FROM of the build stage
	Runtime         string   // FROM of the final stage
	BuildPackages   *AptStep // nil: none
	RuntimePackages *AptStep // nil: none
	SecretMounts    []string // --mount options of the dependency steps: secrets, SSH, the company's CA
	DependencyEnv   string   // NAME=value and a line break, before the command of a dependency step
	CompanyCA       *CompanyCA
	NotCopied       []string // --exclude options of COPY . .
	CA, TZ          bool     // to be copied from the build stage
	User            User
	Env, Labels     []string // key="value"
	Port            int
	StopSignal      string
	StopSignalWhy   string
	Health          string // exec form; empty: none
	Command         string // exec form
	Ignore          []string
	Debug           DebugPlan // the debug stage; empty: none

	Go     GoPlan
	Java   JavaPlan
	Node   NodePlan
	Python PythonPlan

	labels   map[string]string
	decision *bases.Decision
	extras   map[string][]string // by place
}

// GoPlan is what only Go templates print.
type GoPlan struct {
	Target   string
	ModFiles []string
	Vendored bool
	ARM      bool // some platform has an ARM variant
	Tmp      bool // /tmp has to be made
	Cross    *CrossPlan
}

// CrossPlan is the C toolchain of the target platform, where cgo is on.
type CrossPlan struct {
	Arch      string   // Debian's name of the target architecture, as a shell word
	Renamed   []Rename // architectures that Debian calls otherwise than Go
	Packages  *AptStep // toolchain and libraries
	Libraries bool     // libraries of the target architecture are among them
}

// Rename is an architecture by two names.
type Rename struct{ Go, Debian string }

// DebugPlan is the stage beside the final one that also has a shell.
type DebugPlan struct {
	From string // image that has the shell
	Dir  string // folder of its tools
}

// CopyStep is one COPY of the dependency stage.
type CopyStep struct{ From, To string }

// User is the user of the final stage.
type User struct {
	ID       string // for USER: uid:gid
	Name     string // to be created; empty for root
	UID, GID string
	Shared   bool // a base may already have a user of that number
}

// syntax is the Dockerfile frontend that the first line names. Heredocs and --link need
// version 1.4; "1" is the newest 1.x.
const syntax = "docker/dockerfile:1"

func newPlan(in Input, d *bases.Decision) (*Plan, error) {
	p := in.Profile
	plan := &Plan{
		Name:         p.Name,
		SecretMounts: secretMounts(p.Build),
		User:         newUser(p.Runtime.User),
		Env:          assignments(p.Runtime.Env),
		Port:         p.Runtime.Port,
		Command:      execForm(p.Runtime.Command),
		decision:     d,
	}
	var err error
	if plan.BuildPackages, err = aptStep(in, p.Build.Packages); err != nil {
		return nil, err
	}
	if plan.RuntimePackages, err = aptStep(in, p.Runtime.Packages); err != nil {
		return nil, err
	}
	if plan.Syntax, err = in.syntaxImage(); err != nil {
		return nil, err
	}
	if plan.Builder, err = in.image(d.Builder.Ref); err != nil {
		return nil, err
	}
	if plan.Runtime, err = in.image(d.Chosen().Ref); err != nil {
		return nil, err
	}
	if plan.labels, err = labels(in, d.Chosen()); err != nil {
		return nil, err
	}
	plan.Labels = assignments(plan.labels)
	if len(p.Runtime.Health.Command) > 0 {
		plan.Health = execForm(p.Runtime.Health.Command)
	}
	base := d.Chosen().Base
	if plan.Debug, err = newDebug(in, d.Chosen()); err != nil {
		return nil, err
	}
	plan.CA = p.Needs("ca-certificates") && !slices.Contains(base.Holds, "ca-certificates")
	plan.TZ = p.Needs("tzdata") && !slices.Contains(base.Holds, "tzdata")
	if err := stacks[p.Language()](plan, in, base); err != nil {
		return nil, err
	}
	return plan, plan.obey(in)
}

// newDebug plans the debug stage. The error is a [KeyError] where the base has a shell.
func newDebug(in Input, chosen bases.Candidate) (DebugPlan, error) {
	shell := chosen.Base.Debug
	switch {
	case !in.Profile.Image.Debug:
		return DebugPlan{}, nil
	case shell.Ref == "" && chosen.Base.Libc == "unknown":
		return DebugPlan{}, &KeyError{Key: "image.debug", Msg: "image.debug: scaffold does not know what " + chosen.Ref + " holds",
			Hint: "delete the line, or choose a base of the catalog (scaffold bases)"}
	case shell.Ref == "":
		return DebugPlan{}, &KeyError{Key: "image.debug", Msg: "image.debug has no effect: " + chosen.Ref + " has a shell",
			Hint: "delete the line, or choose a base without one (scaffold explain)"}
	}
	from, err := in.image(shell.Ref)
	return DebugPlan{From: from, Dir: shell.Dir}, err
}

// A KeyError says that a key of the profile cannot be written in a Dockerfile, or does not
// go with what was decided.
type KeyError struct {
	Key       string // dotted; build.extra#1 is the second table of a list. Required.
	Msg, Hint string
	Text      string // what stands on the line, where the key's value has several. Optional.
}

func (e *KeyError) Error() string { return e.Msg }

// KeyErrors are all that is wrong with the keys of a kind.
type KeyErrors []*KeyError

func (es KeyErrors) Error() string {
	var msgs []string
	for _, e := range es {
		msgs = append(msgs, e.Msg)
	}
	return strings.Join(msgs, "\n")
}

// stacks completes a plan with what only one language has.
var stacks = map[string]func(*Plan, Input, bases.Base) error{"go": planGo, "java": planJava, "node": planNode, "python": planPython}

func planGo(plan *Plan, in Input, base bases.Base) error {
	p := in.Profile
	plan.Go = GoPlan{
		Target:   p.Build.Target,
		ModFiles: []string{"go.mod"},
		Vendored: in.has(evidence.GoVendor),
		ARM:      slices.ContainsFunc(p.Image.Platforms, func(s string) bool { return strings.HasPrefix(s, "linux/arm/") }),
		Tmp:      p.Needs("tmp") && base.Family == "scratch",
	}
	if plan.decision.Cgo {
		var err error
		if plan.Go.Cross, err = newCross(in); err != nil {
			return err
		}
	}
	if err := idleKey(plan, in); err != nil {
		return err
	}
	if in.has(evidence.GoSum) {
		plan.Go.ModFiles = append(plan.Go.ModFiles, "go.sum")
	}
	if len(p.Runtime.Command) == 0 {
		dir := "/"
		if base.Family == "slim" || base.Family == "full" {
			dir = "/usr/local/bin/"
		}
		plan.Command = execForm([]string{dir + p.Name})
	}
	return plan.trusts(in, "go", "--platform=$BUILDPLATFORM "+plan.Builder)
}

func (in Input) has(key string) bool {
	return slices.ContainsFunc(in.Facts, func(f profiles.Fact) bool { return f.Key == key })
}

// canonical is a reference with its registry and without a digest.
func canonical(ref string) (string, error) {
	named, err := policy.Named(ref)
	if err != nil {
		return "", &RefError{Ref: ref, Err: err}
	}
	if tagged, ok := reference.TagNameOnly(named).(reference.NamedTagged); ok {
		return tagged.Name() + ":" + tagged.Tag(), nil
	}
	return named.Name(), nil
}

// A RefError says that runtime.base is no image reference.
type RefError struct {
	Ref string
	Err error
}

func (e *RefError) Error() string { return fmt.Sprintf("parsing reference %q: %v", e.Ref, e.Err) }
func (e *RefError) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *RefError) Hint() string { return `write it as in FROM, for example "debian:trixie-slim"` }

// baseName is the label that names the base image.
// https://github.com/opencontainers/image-spec/blob/main/annotations.md
const baseName = "org.opencontainers.image.base.name"

func labels(in Input, chosen bases.Candidate) (map[string]string, error) {
	all := map[string]string{}
	for k, v := range in.Profile.Image.Labels {
		all[k] = v
	}
	if chosen.Ref != "scratch" && !in.Policy.ForbidsLabel(baseName) {
		name, err := canonical(in.Policy.Pulled(chosen.Ref))
		if err != nil {
			return nil, err
		}
		all[baseName] = name
	}
	return all, nil
}

func assignments(m map[string]string) []string {
	var out []string
	for k, v := range m {
		out = append(out, assignment(k, v))
	}
	slices.Sort(out)
	return out
}

func secretMounts(b profiles.Build) []string {
	var mounts []string
	if b.SSH {
		mounts = append(mounts, "--mount=type=ssh,required=true")
	}
	for _, s := range b.Secrets {
		m := "--mount=type=secret,id=" + s.ID
		if s.Env != "" {
			m += ",env=" + s.Env
		} else {
			m += ",target=" + s.Target
		}
		mounts = append(mounts, m+",required=true")
	}
	return mounts
}

func newUser(user string) User {
	switch user {
	case "root":
		return User{ID: "0:0", UID: "0", GID: "0"}
	case "nonroot":
		return User{ID: "65532:65532", Name: "nonroot", UID: "65532", GID: "65532"}
	}
	uid, gid, ok := strings.Cut(user, ":")
	if !ok {
		gid = uid
	}
	u := User{ID: uid + ":" + gid, Name: "app", UID: uid, GID: gid, Shared: true}
	if uid == "0" {
		u.Name = ""
	}
	return u
}
