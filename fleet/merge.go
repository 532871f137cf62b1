package fleet

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"scaffold/generator"
	"scaffold/merge"
	"scaffold/profiles"
)

// An Edit is what a person did to a generated file, beside what became of that file.
type Edit struct {
	Generated string           // what would be generated now
	Base      string           // the generated text that was edited
	Known     bool             // whether Base is known
	Conflicts []merge.Conflict // where the edit meets what changed from Base to Generated
}

// Conflict reports whether an edit cannot be merged with what would be generated now.
func (c Change) Conflict() bool {
	return c.Edit != nil && (!c.Edit.Known || len(c.Edit.Conflicts) > 0)
}

// keepEdit makes of a change to an edited file one that keeps the edit. New is then the
// merged text, the edit where the two conflict; where what was edited is not known, the
// file as it is.
func (p *Project) keepEdit(c *Change) {
	c.Edit = &Edit{Generated: c.New}
	text := c.Old
	if c.Edit.Base, c.Edit.Known = p.editBase(c); c.Edit.Known {
		text, c.Edit.Conflicts = merge.LinesBy(generator.LineKey, c.Edit.Base, c.Old, c.Edit.Generated)
	}
	c.New = generator.Restamp(text, c.Edit.Generated)
}

// editBase is the generated text that a file was edited from: one in the lock or, where the
// lock is of another day, the one that would be generated now. The file's header tells which.
func (p *Project) editBase(c *Change) (string, bool) {
	if text, ok := p.written(*c); ok {
		return endsOf(c.Old, text), true
	}
	if p.Lock != nil && generator.Stated(c.Edit.Generated) == generator.Stated(c.Old) {
		return c.Edit.Generated, true
	}
	return "", false
}

// written is the text in the lock that the file's header states.
func (p *Project) written(c Change) (string, bool) {
	stated := generator.Stated(c.Old)
	for _, text := range p.Lock.Texts(c.Path) {
		if generator.Stated(text) == stated {
			return text, true
		}
	}
	return "", false
}

// interim is the lock that is put in place before edits are merged, "" where none are: it
// holds the texts that the files are of now and those they are of next, so that wherever a
// run is killed, what each file was edited from is there.
func (plan *Plan) interim(mode Mode) string {
	if plan.Project.Lock == nil || mode == Force {
		return ""
	}
	lock := *plan.Project.Lock
	lock.Digests = plan.Lock.Digests // a bot's are in the files next
	for _, c := range plan.Changes {
		if c.Edit == nil || !c.writes(mode) {
			continue
		}
		if f := (profiles.File{Path: c.Path, Text: lf(c.Edit.Generated)}); !slices.Contains(lock.Files, f) {
			lock.Files = append(slices.Clip(lock.Files), f)
		}
	}
	if len(lock.Files) == len(plan.Project.Lock.Files) {
		return ""
	}
	if plan.Project.crlf {
		return crlf(string(lock.Render()))
	}
	return string(lock.Render())
}

// endsOf gives a generated text the line ends that most lines of the text on disk have.
func endsOf(old, text string) string {
	text = lf(text)
	if 2*strings.Count(old, "\r\n") > strings.Count(old, "\n") {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// draftChange is a profile that is still to be written, beside one that is there already.
func (p *Project) draftChange(root *os.Root) (Change, error) {
	c := Change{Path: profiles.FileName, Drift: DriftNew, New: string(p.draft)}
	data, err := profiles.ReadFile(root, profiles.FileName, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return c, rename(err, profiles.FileName, p.Path(profiles.FileName))
	default:
		c.Exists, c.Old = true, string(data)
	}
	return c, nil
}
