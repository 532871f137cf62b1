package generator_test

import (
	"errors"
	"strings"
	"testing"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/generator"
	"scaffold/profiles"
)

var sqlite = profiles.Fact{Key: evidence.GoCgo, Value: "m", Text: "m needs cgo", Path: "go.mod", Line: 7}

// TestCross holds which C toolchain and libraries a cgo program is built with.
func TestCross(t *testing.T) {
	const both = "platforms = [\"linux/amd64\", \"linux/arm64\"]"
	for name, c := range map[string]struct {
		lines    string
		facts    []profiles.Fact
		has, not []string
	}{
		"off": {"", nil, []string{"CGO_ENABLED=0 GOOS=$TARGETOS"}, []string{"crossbuild", "CC="}},
		"on by evidence": {"", []profiles.Fact{sqlite}, []string{"ARG TARGETOS TARGETARCH\nRUN apt-get", "      \"crossbuild-essential-$TARGETARCH\" \\\n      dpkg-dev \\\n",
			"dpkg-architecture -a \"$TARGETARCH\" -q DEB_HOST_GNU_TYPE", "ENV CGO_ENABLED=1 CC=target-gcc CXX=target-g++\n", "    GOOS=$TARGETOS GOARCH=$TARGETARCH \\\n"},
			[]string{"CGO_ENABLED=0", "add-architecture", "PKG_CONFIG", "/target\n", "GOARM"}},
		"off by the person": {"[build]\ncgo = \"off\"", []profiles.Fact{sqlite}, []string{"CGO_ENABLED=0"}, []string{"crossbuild"}},
		"libraries and tools": {"[build]\ncgo = \"on\"\npackages = [\"protobuf-compiler\", \"libpq-dev\", \"libfoo-dev=1.2-3\"]", nil,
			[]string{"RUN dpkg --add-architecture \"$TARGETARCH\"\nRUN apt-get", "      \"libpq-dev:$TARGETARCH\" \\\n", "      \"libfoo-dev:$TARGETARCH=1.2-3\" \\\n", "      protobuf-compiler \\\n",
				"DEB_HOST_MULTIARCH)/pkgconfig\" /usr/lib/target-pkgconfig", "ENV PKG_CONFIG_LIBDIR=/usr/lib/target-pkgconfig:/usr/share/pkgconfig\n"}, nil},
		"tools alone": {"[build]\ncgo = \"on\"\npackages = [\"protobuf-compiler\"]", nil, []string{"      protobuf-compiler \\\n"}, []string{"add-architecture", "PKG_CONFIG"}},
		"Debian's other names": {"[build]\ncgo = \"on\"\npackages = [\"libpq-dev\"]\n[image]\nplatforms = [\"linux/amd64\", \"linux/arm/v7\", \"linux/ppc64le\", \"linux/s390x\"]", nil,
			[]string{"ARG TARGETOS TARGETARCH TARGETVARIANT\n", "      arm) echo armhf ;; \\\n      ppc64le) echo ppc64el ;; \\\n      *) echo \"$TARGETARCH\" ;; \\\n    esac >/target\n",
				"dpkg --add-architecture \"$(cat /target)\"\n", "\"crossbuild-essential-$(cat /target)\" \\", "\"libpq-dev:$(cat /target)\" \\", "GOARM=${TARGETVARIANT#v}"}, []string{"386)", "s390x)"}},
		"on slim": {"[build]\ncgo = \"on\"\n[runtime]\npackages = [\"libpq5\"]\n[image]\n" + both, nil,
			[]string{"crossbuild-essential-$TARGETARCH", "FROM debian:trixie-slim\n", "      libpq5 \\\n"}, []string{"libpq5:"}},
	} {
		text := dockerfile(t, "go", c.lines, c.facts...)
		for _, s := range c.has {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is not in\n%s", name, s, text)
			}
		}
		for _, s := range c.not {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is in\n%s", name, s, text)
			}
		}
	}
}

// TestDebug holds where the debug stage gets its shell, and where there is none.
func TestDebug(t *testing.T) {
	for lines, want := range map[string]string{
		"":                                   "FROM busybox:1.37-musl AS shell\n",
		"[runtime]\nbase = \"distroless\"\n": "FROM gcr.io/distroless/static-debian13:debug AS shell\n",
		"[build]\ncgo = \"on\"\n":            "FROM gcr.io/distroless/base-debian13:debug AS shell\n",
		"[runtime]\nbase = \"gcr.io/distroless/cc-debian13:latest\"\n": "FROM gcr.io/distroless/cc-debian13:debug AS shell\n",
	} {
		plain, debug := dockerfile(t, "go", lines), dockerfile(t, "go", lines+"[image]\ndebug = true\n")
		if strings.Contains(plain, "AS app") || strings.Contains(plain, "busybox") {
			t.Errorf("%q: a debug stage that nobody asked for:\n%s", lines, plain)
		}
		if !strings.Contains(debug, want) || !strings.HasSuffix(debug, "\nFROM app\n") || strings.Count(debug, "FROM app") != 2 {
			t.Errorf("%q: want %q, and the stages app, debug, app:\n%s", lines, want, debug)
		}
	}
	for lines, want := range map[string]string{
		"[runtime]\nbase = \"slim\"\n":                 "image.debug has no effect: debian:trixie-slim has a shell",
		"[runtime]\nbase = \"registry.example/x:1\"\n": "image.debug: scaffold does not know what registry.example/x:1 holds",
	} {
		p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"go\"\n"+lines+"[image]\ndebug = true\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = generator.Generate(generator.Input{Profile: p, Facts: facts["go"], AsOf: "2026-11-21", Catalog: bases.Embedded()})
		var key *generator.KeyError
		if !errors.As(err, &key) || key.Msg != want || key.Key != "image.debug" || key.Hint == "" {
			t.Errorf("%q: error is %v, want %q", lines, err, want)
		}
	}
}

// TestPythonStages holds how a virtual environment gets into the final stage.
func TestPythonStages(t *testing.T) {
	const one = "[runtime]\ncommand = [\"x\"]\n[image]\nplatforms = [\"linux/amd64\"]\n"
	const two = "[runtime]\ncommand = [\"x\"]\n"
	slim := func(lines string) string { return strings.Replace(lines, "[runtime]", "[runtime]\nbase = \"slim\"", 1) }
	for lines, want := range map[string][]string{
		one:       {"ln -s /usr/local/bin/python /usr/bin/python", "/usr/bin/python -m venv", " install -r ", "--from=build /opt/venv", "FROM gcr.io/distroless/python3-debian13:nonroot\n"},
		two:       {"ln -s /usr/local/bin/python /usr/bin/python", " install --no-compile -r ", "AS bytecode\nCOPY --link --from=build /opt/venv", "--from=bytecode /opt/venv"},
		slim(one): {"RUN python -m venv", " install -r ", "--from=build /opt/venv", "FROM python:3.13-slim-trixie\n"},
		slim(two): {"RUN python -m venv", " install --no-compile -r ", "--from=bytecode /opt/venv", "FROM python:3.13-slim-trixie\n"},
	} {
		text := dockerfile(t, "python", lines)
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%q: %q is not in\n%s", lines, s, text)
			}
		}
	}
}
