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

// locked are the facts of a project of which a lock was read.
func locked(manifest, lock string, more ...profiles.Fact) []profiles.Fact {
	return append([]profiles.Fact{{Key: evidence.PyManifest, Value: manifest, Path: manifest}, {Key: evidence.PyLock, Value: lock, Path: lock}}, more...)
}

func pythonProfile(t *testing.T, stack, lines string) *profiles.Profile {
	t.Helper()
	p, err := profiles.Parse("scaffold.toml", []byte("schema = 1\nname = \"x\"\nstack = \""+stack+"\"\n"+lines+"\n[runtime]\ncommand = [\"x\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPythonManagers holds the steps of each package manager.
func TestPythonManagers(t *testing.T) {
	uv, poetry := locked("pyproject.toml", "uv.lock"), locked("pyproject.toml", "poetry.lock")
	pkg := profiles.Fact{Key: evidence.PyPackage, Value: "true", Path: "pyproject.toml", Line: 3}
	one := "[image]\nplatforms = [\"linux/amd64\"]"
	for name, c := range map[string]struct {
		stack, lines string
		facts        []profiles.Fact
		want, not    []string
	}{
		"uv": {"python/uv", "", uv, []string{
			"python -m venv --without-pip /opt/venv\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install --no-compile uv==0.13.9\n",
			"ENV UV_PROJECT_ENVIRONMENT=/opt/venv \\\n    UV_LINK_MODE=copy \\\n    UV_PYTHON_DOWNLOADS=never \\\n    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\nCOPY pyproject.toml uv.lock ./\n",
			"RUN --mount=type=cache,target=/root/.cache/uv \\\n    uv sync --frozen --no-dev --no-install-project\n\n# Bytecode"}, []string{"requirements.txt", "--no-editable"}},
		"uv, another version": {"python/uv", "[build]\nmanager = \"0.9.1\"", uv, []string{"pip install --no-compile uv==0.9.1\n"}, nil},
		"uv, one platform":    {"python/uv", one, uv, []string{"--no-install-project --compile-bytecode\n", "COPY --link --from=build /opt/venv /opt/venv"}, []string{"AS bytecode"}},
		"uv, a package": {"python/uv", "", append(uv, pkg), []string{
			"--no-install-project\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/uv \\\n    uv sync --frozen --no-dev --no-editable\n\n# Bytecode"}, nil},
		"uv, a workspace": {"python/uv", "", append(uv, profiles.Fact{Key: evidence.PyLocal, Value: "lib"}), []string{"ENV UV", "\nCOPY . .\nRUN --mount", "--no-install-project --no-editable\n"}, []string{"COPY pyproject"}},
		"uv, settings":    {"python/uv", "", append(uv, profiles.Fact{Key: evidence.PyManifest, Value: "uv.toml", Path: "uv.toml"}), []string{"COPY pyproject.toml uv.lock uv.toml ./\n"}, nil},
		"uv, secrets": {"python/uv", "[build]\nssh = true\nsecrets = [{ id = \"index\", env = \"UV_INDEX_ACME_PASSWORD\" }]", append(uv, pkg), []string{
			"target=/root/.cache/pip \\\n    --mount=type=ssh,required=true \\\n    --mount=type=secret,id=index,env=UV_INDEX_ACME_PASSWORD,required=true \\\n    pip install --no-compile uv",
			"target=/root/.cache/uv \\\n    --mount=type=ssh,required=true \\\n    --mount=type=secret,id=index,env=UV_INDEX_ACME_PASSWORD,required=true \\\n    uv sync --frozen --no-dev --no-install",
			"required=true \\\n    uv sync --frozen --no-dev --no-editable\n"}, []string{"ENV UV_INDEX"}},
		"uv, a company's CA": {"python/uv", "[build]\nca = \"ca.pem\"", uv, []string{
			"--mount=type=bind,from=ca,source=/ca.pem,target=/etc/ssl/certs/ca-certificates.crt \\\n    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\\n    pip install --no-compile uv",
			"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\n", "target=/etc/ssl/certs/ca-certificates.crt \\\n    uv sync"}, nil},
		"poetry": {"python/poetry", "", poetry, []string{
			"\n\n# What is locked, as requirements: they are the same for every platform.\nFROM --platform=$BUILDPLATFORM python:3.13-slim-trixie AS requirements\nWORKDIR /app\nRUN --mount=type=cache,target=/root/.cache/pip \\\n",
			"    pip install --no-compile poetry==2.5.1 poetry-plugin-export==1.10.1\nCOPY pyproject.toml poetry.lock ./\nRUN poetry export --only main --output /requirements.txt\n\nFROM python:3.13-slim-trixie AS build\n",
			"COPY --link --from=requirements /requirements.txt /\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip --python /opt/venv/bin/python install --no-compile -r /requirements.txt\n\n# Bytecode"}, []string{"COPY . .\nCOPY"}},
		"poetry, a package": {"python/poetry", "", append(poetry, pkg), []string{"COPY . .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip --python /opt/venv/bin/python install --no-compile --no-deps .\n"}, nil},
		"poetry, a path": {"python/poetry", "", append(poetry, profiles.Fact{Key: evidence.PyLocal, Value: "lib"}), []string{
			"1.10.1\nCOPY . .\nRUN poetry export --only main --without-hashes --output /requirements.txt\n", "COPY . .\nCOPY --link --from=requirements /requirements.txt /\n"}, nil},
		"poetry, a repository": {"python/poetry", "[build]\npackages = [\"git\"]", append(poetry, profiles.Fact{Key: evidence.PyVCS, Value: "x"}), []string{"COPY pyproject.toml poetry.lock ./\nRUN poetry export --only main --without-hashes"}, nil},
		"poetry, a company's CA": {"python/poetry", "[build]\nca = \"ca.pem\"", poetry, []string{
			"    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\\n    pip install --no-compile poetry", "    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\\n    pip --python"}, nil},
		"pdm": {"python/pdm", one, locked("pyproject.toml", "pdm.lock"), []string{"pip install --no-compile 'pdm[locked]==2.29.3'\n", "PDM_LOCKFILE=pdm.lock\nCOPY pyproject.toml pdm.lock ./\nRUN pdm export --prod --output /requirements.txt\n",
			"    pip --python /opt/venv/bin/python install -r /requirements.txt\n\nFROM"}, []string{"AS bytecode"}},
		"pdm, pylock.toml": {"python/pdm", "", locked("pyproject.toml", "pylock.toml"), []string{"PDM_LOCKFILE=pylock.toml\n", "COPY pyproject.toml pylock.toml ./\n"}, nil},
		"pipenv":           {"python/pipenv", "", locked("Pipfile", "Pipfile.lock"), []string{"pip install --no-compile pipenv==2026.10.3\n", "COPY Pipfile Pipfile.lock ./\nRUN pipenv requirements --hash >/requirements.txt\n"}, nil},
		"pip, one platform": {"python/pip", one, facts["python"], []string{"COPY requirements.txt ./\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip --python /opt/venv/bin/python install -r requirements.txt\n"},
			[]string{"ENV VIRTUAL", "AS bytecode"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := generator.Generate(generator.Input{Profile: pythonProfile(t, c.stack, c.lines), Facts: c.facts, AsOf: "2026-11-21", Catalog: bases.Embedded()})
			if err != nil {
				t.Fatal(err)
			}
			text := out.Files[0].Text
			readBack(t, name, text)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("there is no %q in\n%s", w, text)
				}
			}
			for _, n := range append(c.not, "{", "\n\n\n", " \n") {
				if strings.Contains(text, n) {
					t.Errorf("there is %q in\n%s", n, text)
				}
			}
		})
	}
}

// TestManagerOfTheBase holds that a version of pip, which nothing would install, is refused.
func TestManagerOfTheBase(t *testing.T) {
	p := pythonProfile(t, "python/pip", "[build]\nmanager = \"25.1\"")
	_, err := generator.Generate(generator.Input{Profile: p, Facts: facts["python"], AsOf: "2026-11-21", Catalog: bases.Embedded()})
	var key *generator.KeyError
	if !errors.As(err, &key) || key.Key != "build.manager" || key.Hint == "" {
		t.Errorf("error is %v, want one about build.manager", err)
	}
}
