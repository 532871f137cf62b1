package policy

import "slices"

// A Severity says how much a finding weighs.
type Severity string

// The severities. A rule that is Off is not judged.
const (
	Off     Severity = "off"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// A Rule judges Dockerfiles by one thing.
type Rule struct {
	ID          string // family/thing
	Name        string // for people, a few words
	Description string // what it holds, why, and what it cannot see
	URL         string // where the field documents it
	Policy      string // the keys of a policy under which it judges the examples; empty: it needs none
	Good, Bad   string // Dockerfiles; Bad breaks this rule alone
	Line        int    // of Bad, on which it is found
	Level       func(*Policy) Severity
	Lift        func(*Policy)    // takes back what a policy demands by it; nil: it shapes nothing
	Check       func(*judgement) // nil: another part of scaffold judges it, as Description says
}

// Rules is every rule, in the order in which they are listed.
var Rules = slices.Concat(imageRules, finalRules, stepRules, secretRules, ownRules)

// RuleByID returns the rule called id.
func RuleByID(id string) (Rule, bool) {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return Rules[i], true
}

// level is the severity that a policy gives to a rule.
func (p *Policy) level(r Rule) Severity {
	if s, ok := p.Rules[r.ID]; ok {
		return Severity(s)
	}
	return r.Level(p)
}

func always(s Severity) func(*Policy) Severity {
	return func(*Policy) Severity { return s }
}

// asked is an error where a policy asks for it, and off elsewhere.
func asked(by func(*Policy) bool) func(*Policy) Severity {
	return func(p *Policy) Severity {
		if by(p) {
			return Error
		}
		return Off
	}
}

// usually is a warning that a policy can make an error, or turn off.
func usually(err, off func(*Policy) bool) func(*Policy) Severity {
	return func(p *Policy) Severity {
		switch {
		case err(p):
			return Error
		case off(p):
			return Off
		}
		return Warning
	}
}

func never(*Policy) bool { return false }

// ownRules are about the files themselves.
var ownRules = []Rule{
	{
		ID: "dockerfile/readable", Name: "The Dockerfile can be judged",
		Description: "A file that BuildKit's parser refuses, that is larger than 1 MB, or that a link takes out of the repository is judged by no rule.",
		URL:         "https://docs.docker.com/reference/dockerfile/",
		Good:        "FROM scratch\nCOPY app /app\nUSER 65532\nENTRYPOINT [\"/app\"]\n",
		Bad:         "FROMM scratch\nCOPY app /app\nUSER 65532\nENTRYPOINT [\"/app\"]\n", Line: 1,
		Level: always(Error),
	},
	{
		ID: "size/max", Name: "The image is not too large",
		Description: "size.max bounds the image's unpacked files. A Dockerfile does not tell its image's size: scaffold verify judges it, as its check image/size.",
		URL:         "https://docs.docker.com/build/building/best-practices/",
		Policy:      "size.max = \"250MB\"\n",
		Level:       asked(func(p *Policy) bool { return p.Size.Max != "" }),
	},
	{
		ID: "waiver/expired", Name: "No waiver is past its end",
		Description: "A waiver counts up to the day in until. From the next day on what it was for is found again, and so is the waiver. Found in the policy.",
		URL:         "https://csrc.nist.gov/glossary/term/plan_of_action_and_milestones",
		Level:       always(Error),
	},
	{
		ID: "waiver/expiring", Name: "No waiver ends within 30 days",
		Description: "A waiver that ends soon is told of in time. Found in the policy.",
		URL:         "https://csrc.nist.gov/glossary/term/plan_of_action_and_milestones",
		Level:       always(Warning),
	},
}
