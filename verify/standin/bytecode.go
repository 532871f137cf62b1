package standin

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

// layBytecode lays __pycache__ beside the standard library and pip, as the official image has it: without it an
// emulated interpreter spends minutes on compiling what it imports. Bytecode knows no architecture, so the host's
// own build of the same interpreter compiles the layer's sources. A host that cannot run it makes a stand-in
// without bytecode and says so in its log line.
func layBytecode(ctx context.Context, b *build) (err error) {
	if !slices.Contains(slices.Collect(maps.Values(architecture)), b.native) {
		b.note = "without bytecode: no interpreter for " + b.native
		return nil
	}
	tmp, err := filepath.Abs(filepath.Join(b.dir, "bytecode"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }() // what is left would be kept with the image
	sources, err := extractSources(b.layer, b.Version, filepath.Join(tmp, "sources"))
	if err != nil {
		return fmt.Errorf("extracting Python sources: %w", err)
	}
	python, err := obtainInterpreter(ctx, b, filepath.Join(tmp, "interpreter"))
	if err != nil {
		return fmt.Errorf("obtaining an interpreter for bytecode: %w", err)
	}
	if err := python.compile(ctx, filepath.Join(tmp, "sources"), sources); err != nil {
		if ctx.Err() != nil {
			return err
		}
		b.note = "without bytecode: " + strings.ReplaceAll(err.Error(), "\n", " ")
		return nil
	}
	return layCompiled(b.layer, filepath.Join(tmp, "sources"))
}

// bulk is what few programs import, and no tool that a Dockerfile runs.
var bulk = regexp.MustCompile(`/(test|tests|idlelib|lib2to3|tkinter|turtledemo|pydoc_data)/`)

// compiled says whether a path is a module that gets bytecode in an image of a Python version.
func compiled(name, version string) bool {
	lib, pip := "usr/lib/python"+version+"/", "usr/local/lib/python"+version+"/site-packages/pip/"
	return strings.HasSuffix(name, ".py") && (strings.HasPrefix(name, lib) || strings.HasPrefix(name, pip)) && !bulk.MatchString(name)
}

// extractSources copies the modules that are in the layer so far into dir, and returns their sorted paths there.
func extractSources(l *layer, version, dir string) ([]string, error) {
	if err := l.flush(); err != nil {
		return nil, err
	}
	f, err := os.Open(l.file.Name())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var files []string
	err = eachEntry(f, func(h *tar.Header, r io.Reader) error {
		if h.Typeflag != tar.TypeReg || !compiled(h.Name, version) {
			return nil
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, h.Name)
		files = append(files, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o644)
	})
	slices.Sort(files)
	return files, err
}

// interpreter is an unpacked Python that is not installed: it is started through its own loader, so it needs
// neither root nor a chroot, and nothing of the host's libraries.
type interpreter struct {
	home    string // unpacked packages
	loader  string
	program string
}

func obtainInterpreter(ctx context.Context, b *build, dir string) (*interpreter, error) {
	r := recipe{Suite: b.Suite, Pockets: b.Pockets, parts: parts{Packages: []string{"python" + b.Version + "-minimal"}}}
	debs, err := b.apt(b.native).fetch(ctx, b.native, b.Sources.list(b.Pockets), r)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, file := range debs {
		if _, err := output(ctx, command(ctx, "dpkg-deb", "-x", file, dir)); err != nil {
			return nil, fmt.Errorf("unpacking package %q: %w", filepath.Base(file), err)
		}
	}
	for _, lib := range []string{"usr/lib", "lib"} { // bookworm's libc is not merged into /usr
		if found, _ := filepath.Glob(filepath.Join(dir, lib, "*-linux-gnu", "ld-linux-*.so.*")); len(found) > 0 {
			return &interpreter{dir, found[0], filepath.Join(dir, "usr/bin/python"+b.Version)}, nil
		}
	}
	return nil, errors.New("finding its loader: none in package libc6")
}

// compile makes a __pycache__ beside each of files, which are below root. Each of two processes compiles a fixed
// half in a fixed order: compileall's own workers take what comes, and what else a process has compiled shows in
// the references of its next file (github.com/python/cpython/issues/78274).
func (p *interpreter) compile(ctx context.Context, root string, files []string) error {
	g, ctx := errgroup.WithContext(ctx)
	half := len(files) / 2
	for _, part := range [][]string{files[:half], files[half:]} {
		g.Go(func() error {
			triplet := filepath.Base(filepath.Dir(p.loader))
			libraries := filepath.Join(p.home, "usr/lib", triplet) + ":" + filepath.Join(p.home, "lib", triplet)
			cmd := command(ctx, p.loader, "--library-path", libraries, p.program, "-B", "-S", "-m", "compileall",
				"-q", "--invalidation-mode", "unchecked-hash", "-s", root, "-p", "/", "-i", "-")
			cmd.Stdin = strings.NewReader(strings.Join(part, "\n") + "\n")
			cmd.Dir = root
			cmd.Env = []string{"PYTHONHOME=" + filepath.Join(p.home, "usr"), "PYTHONHASHSEED=0", "SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch.Unix(), 10), "LC_ALL=C.UTF-8"}
			out, err := output(ctx, cmd)
			if err != nil && len(out) > 0 { // compileall reports on standard output
				return fmt.Errorf("%w: %s", err, tail(string(out), 5))
			}
			return err
		})
	}
	return g.Wait()
}

// layCompiled lays the bytecode found below dir, in the order of its paths.
func layCompiled(l *layer, dir string) error {
	return filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(file) != ".pyc" {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return l.write(filepath.ToSlash(name), 0o644, data)
	})
}
