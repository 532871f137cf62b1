package bases

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKnow(t *testing.T) {
	for ref, want := range map[string]Known{
		"scratch": {Names: []string{"scratch", "scratch"}, Family: "scratch", Libc: "none", Shell: No, Packages: No},
		"docker.io/library/debian:trixie-slim": {Names: []string{"debian", "debian-slim"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"debian:12.10": {Names: []string{"debian", "debian"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}}, Frozen: "debian 12.10 was superseded by 12.15"},
		"alpine:3.21": {Names: []string{"alpine", "alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"alpine 3.21", "2026-11-01", "endoflife"}}},
		"alpine:3.99": {Names: []string{"alpine", "alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No},
		"node:24-alpine3.22": {Names: []string{"node", "node-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends:   []End{{"alpine 3.22", "2027-05-01", "endoflife"}, {"node 24", "2028-04-30", "endoflife"}},
			Frozen: "node is not built on alpine 3.22 any more"},
		"node:24.99.0-slim": {Names: []string{"node", "node-slim"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No, Ends: []End{{"node 24", "2028-04-30", "endoflife"}}},
		"node:23": {Names: []string{"node", "node"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: Yes, Ends: []End{{"node 23", "2025-06-01", "endoflife"}},
			Frozen: "node 23 is not built any more"},
		"python:3.10-slim-bookworm@sha256:0123": {Names: []string{"python", "python-slim", "python-slim-bookworm"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}, {"python 3.10", "2026-10-31", "endoflife"}}},
		"python:3.13.2-alpine3.99": {Names: []string{"python", "python-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"python 3.13", "2029-10-31", "endoflife"}}, Frozen: "python 3.13.2 was superseded by 3.13.15"},
		"eclipse-temurin:21-jre-alpine-3.20": {Names: []string{"eclipse-temurin", "temurin-jre-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends:   []End{{"alpine 3.20", "2026-04-01", "endoflife"}, {"eclipse-temurin 21", "2029-12-31", "endoflife"}},
			Frozen: "eclipse-temurin is not built on alpine 3.20 any more"},
		"gcr.io/distroless/static-debian12:debug-nonroot": {Names: []string{"gcr.io/distroless/static-debian12"}, Family: "distroless", Libc: "none", Shell: Yes, Packages: No, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}}},
		"gcr.io/distroless/base-debian13:nonroot": {Names: []string{"gcr.io/distroless/base-debian13", "distroless-base"}, Family: "distroless", Libc: "glibc", Shell: No, Packages: No, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"golang:1.99-alpine": {Names: []string{"golang", "golang-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: Yes},
		"eclipse-temurin:21.0.5_11": {Names: []string{"eclipse-temurin", "temurin-jdk"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"eclipse-temurin 21", "2029-12-31", "endoflife"}}, Frozen: "eclipse-temurin 21.0.5_11 was superseded by 21.0.12_8"},
		"php:8.2": {Names: []string{"php", "php"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: Yes,
			Ends: []End{{"php 8.2", "2026-12-31", "endoflife"}}},
		"php:8.4-fpm-alpine3.24": {Names: []string{"php", "php-fpm-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"alpine 3.24", "2028-06-01", "endoflife"}, {"php 8.4", "2028-12-31", "endoflife"}}},
		"rust:1.90": {Names: []string{"rust", "rust"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: Yes,
			Ends: []End{{"rust 1.90", "2025-10-30", "endoflife"}}, Frozen: "rust 1.90 is not built any more"},
		"nginx:1.30-alpine-slim": {Names: []string{"nginx", "nginx-alpine-slim"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No},
		"gcr.io/distroless/java21-debian13": {Names: []string{"gcr.io/distroless/java21-debian13", "distroless-java"}, Family: "distroless", Libc: "glibc", Shell: No, Packages: No, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"gcr.io/distroless/cc-debian13:debug-nonroot": {Names: []string{"gcr.io/distroless/cc-debian13", "distroless-cc", "distroless-cc-debug"}, Family: "distroless", Libc: "glibc", Shell: Yes, Packages: No, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"dhi.io/python:3.14":                   {Names: []string{"dhi.io/python", "dhi-python"}, Family: "hardened", Libc: "glibc", Shell: No, Packages: No, Compiler: No},
		"dhi.io/go:1-dev":                      {Names: []string{"dhi.io/go"}, Family: "hardened", Shell: Yes, Packages: Yes},
		"cgr.dev/chainguard/python:latest-dev": {Names: []string{"cgr.dev/chainguard/python", "chainguard-python"}, Family: "hardened", Libc: "glibc", Shell: Yes, Packages: Yes},
		"cgr.dev/chainguard/static":            {Names: []string{"cgr.dev/chainguard/static", "chainguard-static"}, Family: "hardened", Libc: "none", Shell: No, Packages: No, Compiler: No},
		"registry.access.redhat.com/ubi9/ubi-minimal:9.4": {Names: []string{"registry.access.redhat.com/ubi9/ubi-minimal"}, Family: "ubi", Libc: "glibc",
			Ends: []End{{"rhel 9", "2032-05-31", "endoflife"}}},
		"nvidia/cuda:12.2.0-runtime-ubuntu22.04": {Names: []string{"nvidia/cuda", "cuda-runtime"}, Family: "cuda", Libc: "glibc", Shell: Yes, Packages: Yes,
			Ends: []End{{"ubuntu 22.04", "2027-04-01", "endoflife"}}},
		"registry.example/some/x:v1": {Names: []string{"registry.example/some/x"}},
		"":                           {Names: []string{""}},
	} {
		t.Run(ref, func(t *testing.T) {
			if d := cmp.Diff(want, Embedded().Know(ref)); d != "" {
				t.Errorf("known (-want +got):\n%s", d)
			}
		})
	}
}

// TestNamesAreWhole holds the tables of names and of upstream to themselves: releases and
// versions stand newest first, a day is a day, and what one names the other has.
func TestNamesAreWhole(t *testing.T) {
	c := Embedded()
	for _, d := range c.Distributions {
		for i, r := range d.Releases {
			if i > 0 && compareVersions(d.Releases[i-1].Version, r.Version) <= 0 {
				t.Errorf("%s: %s stands before %s", d.Name, d.Releases[i-1].Version, r.Version)
			}
			if len(r.Names) == 0 || (d.Product != "") != (c.Ends[d.Product] != nil) {
				t.Errorf("%s %s: it has no names, or no product", d.Name, r.Version)
			}
		}
	}
	for product, ends := range c.Ends {
		for release, end := range ends {
			if _, err := time.Parse(time.DateOnly, end); err != nil {
				t.Errorf("%s %s: %v", product, release, err)
			}
		}
	}
	for _, im := range c.Images {
		if len(im.Newest) == 0 || im.Product != "" && c.Ends[im.Product] == nil {
			t.Errorf("%s: nothing of it is built, or its product %q has no ends", im.Name, im.Product)
		}
		for _, v := range im.Newest {
			if strings.Count(v, ".") < im.Line-1 {
				t.Errorf("%s: %s is less than a version line", im.Name, v)
			}
		}
	}
	for image, table := range c.Built {
		for _, b := range table {
			if _, ok := c.image(image); !ok || len(b.Tags) == 0 || len(b.Versions) == 0 || len(b.Platforms) == 0 {
				t.Errorf("built of %s: %+v: of no image, or nothing", image, b)
			}
		}
	}
	for _, o := range c.Origins {
		if _, _, err := c.on(o.On); err != nil {
			t.Errorf("%s: %v", o.Prefix, err)
		}
		if _, ok := c.Source(or(o.Source, c.origin(o.Prefix).Source)); !ok {
			t.Errorf("%s: no source", o.Prefix)
		}
	}
}
