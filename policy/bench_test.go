package policy

import "testing"

// BenchmarkJudge judges a Dockerfile as they are written.
func BenchmarkJudge(b *testing.B) {
	p, err := Parse("policy.toml", []byte(example))
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("# syntax=docker/dockerfile:1\nFROM golang:1.26-trixie AS build\nWORKDIR /src\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/go-build \\\n    CGO_ENABLED=0 go build -o /out/app . && \\\n    echo done\nFROM debian:trixie-slim\nRUN apt-get update && apt-get install -y --no-install-recommends tzdata && rm -rf /var/lib/apt/lists/*\nCOPY --from=build /out/app /app\nUSER 65532\nENTRYPOINT [\"/app\"]\n")
	for b.Loop() {
		p.Judge(Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: text, Today: today})
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("policy.toml", []byte(example)); err != nil {
			b.Fatal(err)
		}
	}
}
