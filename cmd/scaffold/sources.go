package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"scaffold/policy"
	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

// bases finds the images that the Dockerfile uses, holds the build to what the policy denies
// and, where asked, makes stand-ins.
func (a *app) bases(ctx context.Context, f verifyFlags, cache string, b *builder.Builder, r *verify.Request, under *policy.Policy) error {
	text, err := os.ReadFile(r.Dockerfile)
	if err != nil {
		return fmt.Errorf("reading the Dockerfile: %w", err)
	}
	refs, err := policy.References(text)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Dockerfile, err)
	}
	denials := under.Denials()
	if r.SourcePolicy, err = sourcePolicy(denials); err != nil {
		return err
	}
	for _, ref := range refs {
		base := verify.Base{Ref: ref.Ref, StandIn: f.standIns}
		if image := standsFor(under, ref.Ref); f.standIns && image != withoutDigest(ref.Ref) {
			base.Image = image
		}
		r.Bases = append(r.Bases, base)
	}
	if !f.standIns {
		return nil
	}
	platforms := r.Profile.Image.Platforms
	if f.platforms != nil {
		platforms = f.platforms
	}
	images, err := standin.Ensure(ctx, standin.Options{
		CacheDir: cache, Registry: b.Registry, Needs: needs(refs, under, platforms, b.Native), Log: a.stderr,
		Frontend: func(ctx context.Context, platform string) (string, error) {
			return builder.Tool(ctx, cache, "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend", platform, a.stderr)
		},
	})
	if err != nil {
		return err
	}
	standIn(r, under, denials, images, b.Registry)
	return nil
}

// needs are the stand-ins that references take, each once.
func needs(refs []policy.Reference, under *policy.Policy, platforms []string, native string) []standin.Need {
	var all []standin.Need
	for _, ref := range refs {
		n := standin.Need{Ref: standsFor(under, ref.Ref), Platforms: platforms}
		if ref.Platform == "$BUILDPLATFORM" {
			n.Platforms = []string{native}
		}
		if i := slices.IndexFunc(all, func(o standin.Need) bool { return o.Ref == n.Ref }); i >= 0 {
			all[i].Platforms = union(all[i].Platforms, n.Platforms)
			continue
		}
		all = append(all, n)
	}
	return all
}

// standsFor is the image whose stand-in a reference takes: without a digest, which no
// stand-in can have, and by its name before a rewrite.
func standsFor(p *policy.Policy, ref string) string {
	ref = withoutDigest(ref)
	if name := policy.Canonical(ref); p.Original(name) != name {
		return familiar(p.Original(name))
	}
	return ref
}

func withoutDigest(ref string) string { ref, _, _ = strings.Cut(ref, "@"); return ref }

// standIn has BuildKit take stand-ins: by their own names from the registry that mirrors all
// others, else, for a reference that is pinned or rewritten, by a conversion. An image that
// the policy denies is not converted, for then it would be let in by another name.
func standIn(r *verify.Request, under *policy.Policy, denials *policy.SourcePolicy, images []standin.Image, registry string) {
	var rules []*spb.Rule
	for i, base := range r.Bases {
		image := images[slices.IndexFunc(images, func(im standin.Image) bool { return im.Ref == standsFor(under, base.Ref) })]
		r.Bases[i].Digest = image.Digest
		told := slices.ContainsFunc(r.Bases[:i], func(b verify.Base) bool { return b.Ref == base.Ref })
		if told || image.Ref == base.Ref || denials.Denies(base.Ref) {
			continue
		}
		rules = append(rules, &spb.Rule{
			Action:   spb.PolicyAction_CONVERT,
			Selector: &spb.Selector{Identifier: policy.Identifier(base.Ref), MatchType: spb.MatchType_EXACT},
			Updates:  &spb.Update{Identifier: policy.Identifier(image.At)},
		})
	}
	if rules == nil {
		return
	}
	rules = append(rules, r.SourcePolicy.GetRules()...)
	rules = append(rules, &spb.Rule{
		Action:   spb.PolicyAction_ALLOW,
		Selector: &spb.Selector{Identifier: "^docker-image://" + regexp.QuoteMeta(registry) + "/", MatchType: spb.MatchType_REGEX},
	})
	r.SourcePolicy = &spb.Policy{Version: 1, Rules: rules}
}

// sourcePolicy is a source policy as BuildKit's client takes it; nil where it has no rule.
func sourcePolicy(s *policy.SourcePolicy) (*spb.Policy, error) {
	if len(s.Rules) == 0 {
		return nil, nil
	}
	p := new(spb.Policy)
	if err := json.Unmarshal(s.Text(), p); err != nil {
		return nil, fmt.Errorf("handing the policy to BuildKit: %w", err)
	}
	return p, nil
}
