// Package policy holds Dockerfiles, generated or hand-written, to rules.
//
// The model: a [Policy] (policy.toml, with what it extends) says what an organisation
// demands; each [Rule] looks at one thing in a Dockerfile, as BuildKit's own parser reads it,
// and says what it found where; [Policy.Judge] collects the findings and marks those that a
// [Waiver] accepts today; a [Report] is written in one of [Formats]. Images are looked up in
// package bases; what the rules know of commands, packages and secrets is data,
// knowledge.toml. One more rule is one value in one of the lists of [Rules], with its two
// examples, which a test runs and from which the docs are made.
//
// Limits: nothing is built, run or fetched. Arguments have their defaults, and the platform
// is linux/amd64. What a base brings along is known only as far as the catalog knows the
// base; whether a digest is an index's is not known. Shell text is read, not run: commands
// that are put together from variables are not seen. A Dockerfile is read up to
// [MaxDockerfile] bytes. No message holds the value of a secret.
package policy
