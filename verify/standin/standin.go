package standin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// revision changes when this package's code makes something else of the same recipe.
const revision = 2

// Need is a base image that a build asks for.
type Need struct {
	Ref       string   // as in the FROM line; a digest is ignored. Required.
	Platforms []string // "linux/amd64", "linux/arm64". Required.
}

// Image is a stand-in that the registry has.
type Image struct {
	Ref       string
	Digest    string // of the index
	At        string // where the registry has it: host:port/path:tag
	Platforms []string
}

// Options say what is needed and where it goes.
type Options struct {
	CacheDir string    // stand-ins and downloads are kept in its folder standins. Required.
	Registry string    // host:port of a registry without TLS. Required.
	Needs    []Need    // Required.
	Log      io.Writer // gets a line an image, in the order of Needs. Optional.
	CABundle string    // file of the certificates to trust; the host's own are found when it is empty. Optional.

	// Frontend returns the file of a static Dockerfile frontend for a platform. Required for docker/dockerfile.
	Frontend func(ctx context.Context, platform string) (path string, err error)
}

// architecture of a platform, as Debian and Go spell it.
var architecture = map[string]string{"linux/amd64": "amd64", "linux/arm64": "arm64", "linux/arm64/v8": "arm64"}

// Ensure sees to it that the registry has a stand-in for every need, building those that the cache lacks. Images
// are returned in the order of Needs. An error that a person can do something about has a Hint method.
// Any number of Ensures may run at once, in one process or many: each image is built once, and Prune waits for none
// of them but refuses.
func Ensure(ctx context.Context, o Options) ([]Image, error) {
	if err := supportedHost(); err != nil {
		return nil, err
	}
	jobs, err := plan(o)
	if err != nil {
		return nil, err
	}
	ca, err := readBundle(o.CABundle)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFile(ctx, inUse(o.CacheDir), shared)
	if err != nil {
		return nil, err
	}
	defer unlock()
	s := &shop{Options: o, dir: filepath.Join(o.CacheDir, "standins"), ca: ca, sources: hostSources("/")}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for i, j := range jobs {
		g.Go(func() error { return s.make(gctx, i, j) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return s.pushAll(ctx, jobs)
}

// job is one image of one platform.
type job struct {
	ref, platform string
	recipe        recipe
	need          int
	dir           string // where it lies, once made
}

func plan(o Options) ([]*job, error) {
	var jobs []*job
	for i, n := range o.Needs {
		r, ok := lookup(n.Ref)
		if !ok {
			return nil, errUnknown(n.Ref)
		}
		for _, p := range n.Platforms {
			if architecture[p] == "" {
				return nil, errPlatform(n.Ref, p)
			}
			jobs = append(jobs, &job{ref: n.Ref, platform: p, recipe: r, need: i})
		}
	}
	return jobs, nil
}

// shop is where one Ensure works.
type shop struct {
	Options
	dir     string
	ca      []byte
	sources sources
	lines   sequence
}

func (s *shop) make(ctx context.Context, i int, j *job) error {
	did, err := s.obtain(ctx, j)
	if err != nil {
		return fmt.Errorf("building stand-in %q for %s: %w", j.ref, j.platform, err)
	}
	if s.Log != nil {
		s.lines.put(s.Log, i, fmt.Sprintf("stand-in %s %s: %s\n", shorten(j.ref), j.platform, did))
	}
	return nil
}

// obtain finds the image in the cache or builds it, and says which.
func (s *shop) obtain(ctx context.Context, j *job) (did string, err error) {
	in, err := s.inputs(ctx, j)
	if err != nil {
		return "", err
	}
	key, err := in.key(j.recipe)
	if err != nil {
		return "", err
	}
	j.dir = filepath.Join(s.dir, key)
	if exists(j.dir) {
		return "cached", nil
	}
	unlock, err := lock(ctx, filepath.Join(s.dir, "locks", key))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(j.dir) {
		return "cached", nil
	}
	start, tmp := time.Now(), j.dir+".tmp"
	if err := os.RemoveAll(tmp); err != nil { // of a run that was killed
		return "", err
	}
	defer os.RemoveAll(tmp)
	b := &build{recipe: j.recipe, inputs: in, dir: tmp, archives: filepath.Join(s.dir, "apt"), native: runtime.GOARCH}
	size, err := b.run(ctx)
	if err != nil {
		return "", err
	}
	if err := os.Rename(tmp, j.dir); err != nil {
		return "", err
	}
	did = fmt.Sprintf("built in %.1fs (%d MB)", time.Since(start).Seconds(), size/1e6)
	if b.note != "" {
		did += ", " + b.note
	}
	return did, nil
}

func (s *shop) inputs(ctx context.Context, j *job) (in inputs, err error) {
	in = inputs{Arch: architecture[j.platform], Sources: s.sources, CA: s.ca}
	if slices.Contains(j.recipe.Steps, "golang") {
		in.Go, err = goVersion(ctx, s.dir, j.recipe.Version)
	}
	if slices.Contains(j.recipe.Steps, "node") || slices.Contains(j.recipe.Steps, "nodejs") {
		in.Node, err = nodeVersion(ctx, s.dir, j.recipe.Version)
	}
	if slices.Contains(j.recipe.Steps, "frontend") {
		if s.Frontend == nil {
			return in, fmt.Errorf("no Dockerfile frontend was given")
		}
		in.Frontend, err = s.Frontend(ctx, j.platform)
	}
	return in, err
}

// key is a hash over everything that goes in. The frontend is known by its size and time: hashing it would cost
// every run what hashing is to save.
func (in inputs) key(r recipe) (string, error) {
	h := sha256.New()
	if in.Frontend != "" {
		st, err := os.Stat(in.Frontend)
		if err != nil {
			return "", fmt.Errorf("reading the Dockerfile frontend: %w", err)
		}
		fmt.Fprintln(h, st.Size(), st.ModTime().UnixNano())
	}
	if err := json.NewEncoder(h).Encode([]any{revision, recipes().Alternative, r, in}); err != nil {
		return "", err
	}
	for _, tree := range r.Laid {
		err := fs.WalkDir(laid, "laid/"+tree, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := laid.ReadFile(name)
			fmt.Fprintf(h, "%s %d\n%s", name, len(data), data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

func (s *shop) pushAll(ctx context.Context, jobs []*job) ([]Image, error) {
	images := make([]Image, len(s.Needs))
	dirs := make([][]string, len(s.Needs))
	for _, j := range jobs {
		dirs[j.need] = append(dirs[j.need], j.dir)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, n := range s.Needs {
		g.Go(func() error {
			index, err := assemble(dirs[i])
			if err != nil {
				return err
			}
			digest, err := push(ctx, s.Registry, n.Ref, index)
			images[i] = Image{n.Ref, digest, at(s.Registry, n.Ref), n.Platforms}
			return err
		})
	}
	return images, g.Wait()
}

// sequence prints lines in their order, whatever the order they come in.
type sequence struct {
	mu    sync.Mutex
	next  int
	lines map[int]string
}

func (s *sequence) put(w io.Writer, i int, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = map[int]string{}
	}
	s.lines[i] = line
	for ; s.lines[s.next] != ""; s.next++ {
		io.WriteString(w, s.lines[s.next])
	}
}

func writeAtomic(file string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
