package policy

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// secretRules are about secrets. No message holds a value.
var secretRules = []Rule{
	{
		ID: "secrets/arg-env", Name: "No ARG or ENV asks for a secret",
		Description: "The values of ARG and ENV stand in the image's history and provenance. A secret is mounted: RUN --mount=type=secret. Found by the variable's name, with the words of BuildKit's check SecretsUsedInArgOrEnv; *_FILE and *_PATH name no secret.",
		URL:         "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
		Good:        "FROM debian:trixie-slim\nENV DB_PASSWORD_FILE=/run/secrets/db\nRUN --mount=type=secret,id=token,env=TOKEN true\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nARG VERSION=1\nENV LANG=C.UTF-8 \\\n    DB_PASSWORD=swordfish\nUSER 65532\n", Line: 4,
		Level: always(Error), Check: secretsArgEnv,
	},
	{
		ID: "secrets/literal", Name: "No credential stands in the Dockerfile",
		Description: "Texts that are credentials by their form: cloud keys, tokens of code hosts and package registries, private keys, passwords in URLs; wherever they stand, in comments too. Only the kind and the line are told, never the text.",
		URL:         "https://docs.docker.com/build/building/secrets/",
		Good:        "FROM debian:trixie-slim\nRUN --mount=type=secret,id=aws,target=/root/.aws/config true\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nRUN true && \\\n    echo AKIAIOSFODNN7EXAMPLE >/id\nUSER 65532\n", Line: 3,
		Level: always(Error), Check: secretsLiteral,
	},
	{
		ID: "secrets/copied", Name: "No file of secrets is copied",
		Description: "COPY and ADD of .env, .npmrc, .netrc, SSH keys, *.pem, *.key, cloud credentials and their like leave them in a layer, also where a later step deletes them. Found by name: of a copied folder it is not seen what is in it, and a *.pem whose name says cert, ca, chain or public is taken for one.",
		URL:         "https://docs.docker.com/build/building/secrets/",
		Good:        "FROM debian:trixie-slim\nCOPY .env.example /app/\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc true\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nCOPY .env /app/\nUSER 65532\n", Line: 2,
		Level: always(Error), Check: secretsCopied,
	},
}

func secretsArgEnv(j *judgement) {
	for _, a := range j.file.globals {
		j.argNames(a.Args, step{Command: &a, line: firstLine(a.Location()), end: lastLine(a.Location())})
	}
	every(j, func(_ *stage, c *instructions.ArgCommand, at step) { j.argNames(c.Args, at) })
	every(j, func(_ *stage, c *instructions.EnvCommand, at step) {
		for _, kv := range c.Env {
			if key := strings.Trim(kv.Key, `"'`); known().secretName(key) && kv.Value != "" {
				j.report(j.file.lineOf(at, key), "ENV %s asks for a secret", key)
			}
		}
	})
}

func (j *judgement) argNames(args []instructions.KeyValuePairOptional, at step) {
	for _, a := range args {
		if known().secretName(a.Key) {
			j.report(j.file.lineOf(at, a.Key), "ARG %s asks for a secret", a.Key)
		}
	}
}

func secretsLiteral(j *judgement) {
	for i, line := range j.file.lines {
		if kind := known().secretIn(line); kind != "" {
			j.report(i+1, "the line holds %s", kind)
		}
	}
}

// public are the folders whose certificates and keys anybody may read.
var public = []string{"/etc/ssl/", "/usr/share/ca-certificates/", "/usr/local/share/ca-certificates/", "/etc/pki/"}

func secretsCopied(j *judgement) {
	every(j, func(_ *stage, c *instructions.CopyCommand, at step) { j.copied("COPY", &c.SourcesAndDest, at) })
	every(j, func(_ *stage, c *instructions.AddCommand, at step) { j.copied("ADD", &c.SourcesAndDest, at) })
}

func (j *judgement) copied(verb string, c *instructions.SourcesAndDest, at step) {
	files := slices.Clone(c.SourcePaths)
	if !strings.HasSuffix(c.DestPath, "/") {
		files = append(files, c.DestPath)
	}
	for _, file := range files {
		isPublic := slices.ContainsFunc(public, func(folder string) bool {
			return strings.HasPrefix(file, folder) || strings.HasPrefix(c.DestPath, folder)
		})
		isCA := j.policy.Trust.CA != "" && strings.HasSuffix("/"+j.policy.Trust.CA, "/"+strings.TrimPrefix(file, "./"))
		if known().secretFile(file) && !isPublic && !isCA {
			j.report(j.file.lineOf(at, file), "%s of %s, which holds secrets", verb, file)
			return
		}
	}
}
