package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// places are where upstream's files are read: folders, or over the network where none are named.
type places struct {
	clone, saved        string // folders
	raw, api, endoflife string // URLs
}

var network = places{
	raw:       "https://raw.githubusercontent.com/docker-library/official-images/",
	api:       "https://api.github.com/repos/docker-library/official-images/commits/master",
	endoflife: "https://endoflife.date/api/v1/products/",
}

// A reader is an [upstream.Reader] of places.
type reader struct {
	ctx context.Context
	places
	commit string // that library files are read at
}

func newReader(ctx context.Context, from places) *reader { return &reader{ctx: ctx, places: from} }

// maxAnswer is far more than any of the files have.
const maxAnswer = 4 << 20

var sha = regexp.MustCompile(`^[0-9a-f]{40}$`)

func (r *reader) Library(image string) (string, error) {
	if r.clone != "" {
		text, err := r.file(r.clone, filepath.Join("library", image))
		return string(text), err
	}
	text, err := r.get(r.raw + r.commit + "/library/" + image)
	return string(text), err
}

func (r *reader) Product(name string) ([]byte, error) {
	if r.saved != "" {
		return r.file(r.saved, name+".json")
	}
	return r.get(r.endoflife + name + "/")
}

func (r *reader) Commit() (commit, day string, err error) {
	if r.clone != "" {
		out, err := exec.CommandContext(r.ctx, "git", "-C", r.clone, "log", "-1", "--format=%H %cs").Output()
		if err != nil {
			return "", "", fmt.Errorf("reading the commit of %s: %w", r.clone, err)
		}
		commit, day, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
		return commit, day, nil
	}
	text, err := r.get(r.api)
	if err != nil {
		return "", "", err
	}
	var answer struct {
		SHA    string `json:"sha"`
		Commit struct {
			Committer struct {
				Date time.Time `json:"date"`
			} `json:"committer"`
		} `json:"commit"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", "", fmt.Errorf("reading the commit of official-images: %w", err)
	}
	if !sha.MatchString(answer.SHA) {
		return "", "", fmt.Errorf("reading the commit of official-images: %q is none", answer.SHA)
	}
	r.commit = answer.SHA
	return answer.SHA, answer.Commit.Committer.Date.UTC().Format(time.DateOnly), nil
}

func (r *reader) file(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening a folder of upstream's: %w", err)
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading upstream's files in %s: %w", dir, err)
	}
	defer f.Close()
	return bounded(f, name)
}

func (r *reader) get(url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking upstream: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking upstream: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking upstream: %s answers %s", url, resp.Status)
	}
	return bounded(resp.Body, url)
}

func bounded(from io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("reading %s: it has more than %d MiB", name, maxAnswer>>20)
	}
	return text, nil
}
