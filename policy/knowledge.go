package policy

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// knowledge is the whole of knowledge.toml.
type knowledge struct {
	Revision     string            `toml:"revision"`
	Fetchers     []string          `toml:"fetchers"`
	Wrappers     []string          `toml:"wrappers"`
	Writers      map[string]string `toml:"writers"` // command → which of its arguments it writes: any, last, or any with a flag that begins so
	FloatingTags []string          `toml:"floating_tags"`
	Interpreters []interpreter     `toml:"interpreter"`
	Managers     []manager         `toml:"manager"`
	Compiler     struct {
		Packages []string `toml:"packages"`
	} `toml:"compiler"`
	Download struct {
		Commands []string            `toml:"commands"`
		Words    map[string][]string `toml:"words"`
	} `toml:"download"`
	SecretName struct {
		Words  []string `toml:"words"`
		Except []string `toml:"except"`
	} `toml:"secret_name"`
	SecretFile struct {
		Names  []string `toml:"names"`
		Paths  []string `toml:"paths"`
		Except []string `toml:"except"`
	} `toml:"secret_file"`
	SecretTexts    []secretText `toml:"secret_text"`
	SinglePlatform struct {
		Prefixes []string `toml:"prefixes"`
		Suffixes []string `toml:"suffixes"`
	} `toml:"single_platform"`
}

// An interpreter runs what its stdin gives, unless an argument names a script.
type interpreter struct {
	Names  []string `toml:"names"`
	Script string   `toml:"script"` // flag whose argument is a program
	Other  []string `toml:"other"`  // further flags after which stdin is data
	Shell  bool     `toml:"shell"`
}

// A manager is a package manager of a distribution.
type manager struct {
	Names   []string `toml:"names"`
	Install []string `toml:"install"`
	Remove  []string `toml:"remove"`
	Group   []string `toml:"group"`
}

// A secretText is a form that only credentials have.
type secretText struct {
	Name    string `toml:"name"`
	Pattern string `toml:"pattern"`
	URL     string `toml:"url"`
	re      *regexp.Regexp
}

//go:embed knowledge.toml
var knowledgeTOML string

var known = sync.OnceValue(func() *knowledge {
	k, err := decodeKnowledge(knowledgeTOML)
	if err != nil {
		panic(err) // held by tests
	}
	return k
})

func decodeKnowledge(text string) (*knowledge, error) {
	k := new(knowledge)
	meta, err := toml.Decode(text, k)
	if err != nil {
		return nil, fmt.Errorf("decoding what the rules know: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("decoding what the rules know: unknown keys %v", extra)
	}
	for i := range k.SecretTexts {
		if k.SecretTexts[i].re, err = regexp.Compile(k.SecretTexts[i].Pattern); err != nil {
			return nil, fmt.Errorf("decoding what the rules know: %w", err)
		}
	}
	return k, nil
}

func (k *knowledge) interpreter(name string) (interpreter, bool) {
	i := slices.IndexFunc(k.Interpreters, func(in interpreter) bool { return slices.Contains(in.Names, name) })
	if i < 0 {
		return interpreter{}, false
	}
	return k.Interpreters[i], true
}

func (k *knowledge) manager(name string) (manager, bool) {
	i := slices.IndexFunc(k.Managers, func(m manager) bool { return slices.Contains(m.Names, name) })
	if i < 0 {
		return manager{}, false
	}
	return k.Managers[i], true
}

// downloads reports whether a command with these arguments reaches a server.
func (k *knowledge) downloads(name string, args []string) bool {
	if !slices.Contains(k.Download.Commands, name) {
		return false
	}
	words, some := k.Download.Words[name]
	return !some || slices.ContainsFunc(args, func(a string) bool { return slices.Contains(words, a) })
}

// secretName reports whether a variable's name asks for a secret.
func (k *knowledge) secretName(name string) bool {
	words := strings.Split(strings.ToLower(name), "_")
	has := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	return has(k.SecretName.Words) && !has(k.SecretName.Except)
}

// secretFile reports whether a file holds secrets by its name.
func (k *knowledge) secretFile(file string) bool {
	file = strings.TrimPrefix(path.Clean("/"+file), "/")
	base := path.Base(file)
	if anyMatch(k.SecretFile.Except, strings.ToLower(base)) {
		return false
	}
	for _, p := range k.SecretFile.Paths {
		if file == p || strings.HasSuffix(file, "/"+p) || strings.Contains("/"+file+"/", "/"+p+"/") {
			return true
		}
	}
	return anyMatch(k.SecretFile.Names, base)
}

// secretIn names the kind of credential that a text holds, or "".
func (k *knowledge) secretIn(text string) string {
	for _, s := range k.SecretTexts {
		if s.re.MatchString(text) {
			return s.Name
		}
	}
	return ""
}

func anyMatch(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok })
}
