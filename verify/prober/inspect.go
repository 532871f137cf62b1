package prober

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Inspection is what inspect found in an image's files.
type Inspection struct {
	Bytes   int64    `json:"bytes"` // of all regular files, a file with several names once
	Files   int      `json:"files"`
	Partial bool     `json:"partial,omitempty"` // more files than inspect looks at
	ELF     ELF      `json:"elf"`
	CA      Finding  `json:"ca"`
	TZ      Finding  `json:"tz"`
	Program Program  `json:"program"`
	Shells  []string `json:"shells,omitempty"` // the first shells, by path
}

// Finding is whether something is there and works. Error says what was wrong with the
// likeliest place when it is not.
type Finding struct {
	OK    bool   `json:"ok"`
	Where string `json:"where,omitempty"`
	Count int    `json:"count,omitempty"`
	Error string `json:"error,omitempty"`
}

const maxFiles = 2_000_000

func inspectVerb(args []string) (any, error) {
	fs := newFlags("inspect")
	arch := fs.String("arch", "", "GOARCH that every ELF file must be of")
	certs := fs.String("ssl-cert-file", "", "SSL_CERT_FILE of the image")
	zones := fs.String("zoneinfo", "", "ZONEINFO of the image")
	program := fs.String("program", "", "first argument of the image's command")
	child := fs.String("child", "", "program that the command starts, where that is an init")
	search := fs.String("path", "", "PATH of the image")
	cwd := fs.String("cwd", "/", "working directory of the image")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() != 1 {
		return nil, errors.New("want one directory")
	}
	root, err := os.OpenRoot(fs.Arg(0))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	t := tree{root}
	w := walk{tree: t, arch: *arch, seen: map[inode]bool{}}
	w.run()
	in := w.found
	in.CA = t.certificates(*certs)
	in.TZ = t.zone(*zones, w.pythonZone, w.programs)
	in.Program = t.program(*program, *search, *cwd)
	if home := t.jvm(in.Program.Path); home != "" {
		in.CA, in.TZ = t.javaCertificates(home), t.javaZone(home)
	}
	for _, name := range []string{*program, *child} {
		if at := t.node(t.program(name, *search, *cwd).Path); at != "" {
			in.ofNode(t, at)
		}
	}
	return in, nil
}

// walk visits every file once.
type walk struct {
	tree
	arch       string
	seen       map[inode]bool
	found      Inspection
	pythonZone string   // the zone as Python's tzdata package ships it
	programs   []string // ELF programs, where Go may have embedded its zones
}

const maxPrograms = 1000

func (w *walk) run() {
	_ = fs.WalkDir(w.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil { // an unreadable folder is not the image's fault to answer for
			return nil
		}
		if w.found.Files >= maxFiles {
			w.found.Partial = true
			return fs.SkipAll
		}
		if isShell(d) && len(w.found.Shells) < maxShells {
			w.found.Shells = append(w.found.Shells, clip(path.Join("/", name), 200))
		}
		if d.Type().IsRegular() {
			w.file(name, d)
		}
		return nil
	})
}

const maxShells = 5

// shells are the names that shells have, and programs that are a shell among others.
var shells = []string{"ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "rbash", "sh", "tcsh", "toybox", "zsh"}

// isShell reports whether a file is a shell by its name: a link, or what may be executed.
func isShell(d fs.DirEntry) bool {
	if !slices.Contains(shells, d.Name()) {
		return false
	}
	info, err := d.Info()
	return err == nil && (d.Type() == fs.ModeSymlink || d.Type().IsRegular() && info.Mode()&0o111 != 0)
}

func (w *walk) file(name string, d fs.DirEntry) {
	info, err := d.Info()
	if err != nil {
		return
	}
	if id, ok := linked(info); ok {
		if w.seen[id] {
			return
		}
		w.seen[id] = true
	}
	w.found.Files++
	w.found.Bytes += info.Size()
	if strings.HasSuffix(name, "-packages/tzdata/zoneinfo/"+zoneName) {
		w.pythonZone = name
	}
	if info.Size() >= elfHeader && !prebuilt.MatchString(name) {
		w.elf(name, info)
	}
}

// prebuilt are the binaries that a Node package carries for every platform, to load the
// one that fits by its folder's or file's name (https://github.com/prebuild/node-gyp-build):
// those for other platforms are data.
var prebuilt = regexp.MustCompile(`(^|/)node_modules/(@[^/]+/)?[^/]+/prebuilds/[^/]+(/.*)?\.node$`)

// elf looks at the header only, so that a file of any size costs one small read.
func (w *walk) elf(name string, info fs.FileInfo) {
	head, err := w.read(name, elfHeader)
	if err != nil {
		return
	}
	m, ok := parseELF(head)
	if !ok {
		return
	}
	w.found.ELF.add(path.Join("/", name), m, w.arch)
	if info.Mode()&0o111 != 0 && len(w.programs) < maxPrograms {
		w.programs = append(w.programs, name)
	}
}
