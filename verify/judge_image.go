package verify

import (
	"context"
	"fmt"
	"strings"

	"scaffold/profiles"
	"scaffold/verify/prober"
)

func judgePlatform(_ context.Context, t *trial) Check {
	want := pbPlatform(t.platform)
	if t.config.OS != want.OS || t.config.Architecture != want.Architecture {
		return fail(fmt.Sprintf("the image says %s/%s, want %s", t.config.OS, t.config.Architecture, t.platform),
			"let the last FROM take the target platform: no --platform on it")
	}
	elf := t.look.ELF
	if elf.Foreign > 0 {
		files := make([]string, len(elf.Files))
		for i, f := range elf.Files {
			files[i] = bounded(clean(f), 300)
		}
		more := ""
		if n := elf.Foreign - len(files); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		return fail(strings.Join(files, "; ")+more,
			"build for $TARGETARCH (GOARCH=$TARGETARCH for Go), or copy from a stage of the target platform")
	}
	if t.look.Partial {
		return skip(fmt.Sprintf("the image has more than %d files", t.look.Files))
	}
	return pass(fmt.Sprintf("%d ELF files, all %s", elf.Count, want.Architecture))
}

func judgeCA(_ context.Context, t *trial) Check {
	f := t.look.CA
	if !f.OK {
		return fail("no CA certificates, so every TLS connection to outside would fail"+because(f),
			"install ca-certificates, or COPY --from=… /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ (a JVM reads lib/security/cacerts instead); where none are needed, take them out of runtime.needs")
	}
	if f.Count == 0 {
		return pass("certificates in " + quotedPath(f.Where) + ", which is encrypted")
	}
	return pass(fmt.Sprintf("%d certificates in %s", f.Count, quotedPath(f.Where)))
}

func judgeTZ(_ context.Context, t *trial) Check {
	f := t.look.TZ
	if !f.OK {
		return fail("no time zones: Europe/Berlin cannot be loaded"+because(f),
			"install tzdata, copy /usr/share/zoneinfo, or import time/tzdata (Go); where none are needed, take them out of runtime.needs")
	}
	return pass("Europe/Berlin from " + quotedPath(f.Where))
}

func because(f prober.Finding) string {
	if f.Error == "" {
		return ""
	}
	return " (" + oneLine(f.Error, 300) + ")"
}

func judgeSize(_ context.Context, t *trial) Check {
	limit, err := profiles.ParseSize(t.req.Profile.Verify.Size)
	if err != nil {
		return fail(err.Error(), "correct verify.size")
	}
	if t.look.Bytes > limit {
		return fail(fmt.Sprintf("the image's files take %s, the limit is %s", human(t.look.Bytes), human(limit)),
			"leave out what the program does not need, take a smaller base, or raise verify.size")
	}
	return pass(fmt.Sprintf("%s of at most %s", human(t.look.Bytes), human(limit)))
}
