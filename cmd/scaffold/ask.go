package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/core"
	"github.com/AlecAivazis/survey/v2/terminal"

	"scaffold/profiles"
	"scaffold/profiles/detect"
)

// errInterrupted ends the questions on Ctrl-C or at the end of the input. Nothing has
// been written by then.
var errInterrupted = errors.New("interrupted; nothing was written")

// toldHere is where an answer comes from.
const toldHere = "told"

// A question asks for one key of the profile. The answer is parsed as --set's value.
type question struct {
	key     string
	message string
	none    string // what an answer that is not there means; shown as help
	unset   string // the default to offer where nothing was detected; answering it sets nothing
	asked   func(*profiles.Draft) bool
}

var questions = []question{
	{key: "name", message: "Name"},
	{key: "stack", message: "Stack"},
	{key: "build.version", message: "Toolchain version", none: "empty: the newest supported one that fits"},
	{key: "runtime.command", message: "Start command", asked: needsCommand},
	{key: "runtime.port", message: "Port", none: "0: it listens at none", unset: "0"},
}

// ask puts the questions of init on a terminal: what was detected is the default, and
// enter takes it with its origin. What --set told is not asked. The only file that
// knows survey, which is archived.
func ask(r *detect.Result, in, out *os.File) error {
	core.DisableColor = os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	stdio := survey.WithStdio(in, out, out)
	if err := askTarget(r, stdio); err != nil {
		return err
	}
	for _, q := range questions {
		if e, _ := r.Draft.Get(q.key); e.Told() || q.asked != nil && !q.asked(r.Draft) {
			continue
		}
		if err := q.ask(r.Draft, stdio); err != nil {
			return err
		}
	}
	return askPlatforms(r.Draft, stdio)
}

// needsCommand reports whether the language has no binary to run by its name.
func needsCommand(d *profiles.Draft) bool {
	language, _, _ := profiles.SplitStack(d.Text("stack"))
	return slices.ContainsFunc(profiles.Languages, func(l profiles.Language) bool { return l.Name == language && l.Command != "" })
}

func askTarget(r *detect.Result, stdio survey.AskOpt) error {
	if e, ok := r.Draft.Get("build.target"); ok && e.Told() || len(r.Choices) == 0 {
		return nil
	}
	prompt := &survey.Select{Message: "Which " + r.What + "?"}
	for _, c := range r.Choices {
		prompt.Options = append(prompt.Options, c.Value)
	}
	prompt.Description = func(_ string, i int) string { return profiles.OneLine(r.Choices[i].From) }
	var target string
	if err := survey.AskOne(prompt, &target, stdio); err != nil {
		return interrupted(err)
	}
	r.Choose(target, toldHere)
	return nil
}

func (q question) ask(d *profiles.Draft, stdio survey.AskOpt) error {
	found, ok := d.Get(q.key)
	shown := q.unset
	if ok {
		shown = showAnswer(found.Value)
	}
	prompt := &survey.Input{Message: q.message, Default: shown, Help: q.help(found)}
	var answer string
	check := survey.WithValidator(func(a any) error { return q.check(a.(string), d) })
	if err := survey.AskOne(prompt, &answer, stdio, check); err != nil {
		return interrupted(err)
	}
	if answer == shown {
		return nil
	}
	path, value, err := profiles.ParseSet(q.key + "=" + typed(q.key, answer))
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(value, found.Value) {
		d.Tell(path, value, toldHere)
	}
	return nil
}

func (q question) help(found profiles.Entry) string {
	var parts []string
	if found.From != "" {
		parts = append(parts, "found: "+profiles.OneLine(found.From))
	}
	if q.none != "" {
		parts = append(parts, q.none)
	}
	return strings.Join(parts, "; ")
}

// check says what is wrong with an answer while it can still be mended.
func (q question) check(answer string, d *profiles.Draft) error {
	if answer == "" && q.none != "" {
		return nil
	}
	if answer == "" {
		return errors.New("this is needed")
	}
	_, value, err := profiles.ParseSet(q.key + "=" + typed(q.key, answer))
	var wrong *profiles.SetError
	if errors.As(err, &wrong) {
		return errors.New(strings.TrimSuffix(wrong.Msg+"; "+wrong.Hint(), "; "))
	}
	if stack, ok := value.(string); ok && q.key == "stack" {
		was, _, _ := profiles.SplitStack(d.Text("stack"))
		if now, _, _ := profiles.SplitStack(stack); now != was {
			return fmt.Errorf("the files here were read as %s; scaffold init --set stack=%s reads them anew", was, stack)
		}
	}
	return err
}

func askPlatforms(d *profiles.Draft, stdio survey.AskOpt) error {
	if _, ok := d.Get("image.platforms"); ok {
		return nil
	}
	all := []string{"linux/amd64", "linux/arm64"}
	prompt := &survey.MultiSelect{Message: "Platforms", Options: all, Default: all}
	var chosen []string
	if err := survey.AskOne(prompt, &chosen, stdio, survey.WithValidator(survey.MinItems(1))); err != nil {
		return interrupted(err)
	}
	if !slices.Equal(chosen, all) {
		d.Tell([]string{"image", "platforms"}, chosen, toldHere)
	}
	return nil
}

// interrupted tells Ctrl-C from a terminal that is broken.
func interrupted(err error) error {
	if errors.Is(err, terminal.InterruptErr) || errors.Is(err, io.EOF) {
		return errInterrupted
	}
	return fmt.Errorf("asking on the terminal: %w", err)
}

// showAnswer is a value as a person would type it.
func showAnswer(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case []string:
		if !slices.ContainsFunc(v, func(w string) bool { return w == "" || strings.ContainsAny(w, " \t\n\"'\\[") }) {
			return strings.Join(v, " ")
		}
		return profiles.Inline(v)
	}
	return fmt.Sprint(v)
}

// typed is an answer as --set takes it: a command may be typed as words.
func typed(key, answer string) string {
	if key != "runtime.command" || strings.HasPrefix(answer, "[") {
		return answer
	}
	return profiles.Inline(strings.Fields(answer))
}
