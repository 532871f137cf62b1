//go:build unix

package profiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const head = "schema = 1\nname = \"x\"\nstack = \"go/modules\"\n"

// TestHostileText holds that no text keeps Parse busy. Before there were bounds, each of
// these took from ten seconds to hours.
func TestHostileText(t *testing.T) {
	var unknown strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&unknown, "k%d = 1\n", i)
	}
	for name, c := range map[string]struct {
		text string
		want Problem // the last one
		n    int
	}{
		"dotted key":    {"a" + strings.Repeat(".a", 30000) + " = 1\n", Problem{"f", 4, "nests deeper than 64 levels", "no key of a profile has more than four parts"}, 1},
		"quoted dots":   {`"a"` + strings.Repeat(`."a"`, 10000) + " = 1\n", Problem{"f", 4, "nests deeper than 64 levels", "no key of a profile has more than four parts"}, 1},
		"inline tables": {"a = " + strings.Repeat("{a=", 10000) + "1" + strings.Repeat("}", 10000) + "\n", Problem{"f", 4, "nests deeper than 64 levels", "no key of a profile has more than four parts"}, 1},
		"unknown keys":  {unknown.String(), Problem{File: "f", Msg: "has 4900 more problems", Hint: "is it the right file?"}, 101},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Parse("f", []byte(head+c.text))
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("Parse took %v", took)
			}
			var ps Problems
			if !errors.As(err, &ps) || len(ps) != c.n {
				t.Fatalf("Parse gives %d problems, want %d: %v", len(ps), c.n, err)
			}
			if d := cmp.Diff(c.want, ps[len(ps)-1]); d != "" {
				t.Errorf("last problem (-want +got):\n%s", d)
			}
		})
	}
}

// TestDeepStrings holds that dots and braces inside a string nest nothing.
func TestDeepStrings(t *testing.T) {
	arg := strings.Repeat("lib-1.2.3.jar:{", 100)
	p, err := Parse("f", []byte(head+"[runtime]\ncommand = [\"java\", \"-cp\", \""+arg+"\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"java", "-cp", arg}, p.Runtime.Command); d != "" {
		t.Errorf("command (-want +got):\n%s", d)
	}
}

func TestReadFileRefuses(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "project")
	for _, err := range []error{
		os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(top, "outside"), []byte("secret"), 0o644),
		os.WriteFile(filepath.Join(dir, "large"), make([]byte, 11), 0o644),
		os.Symlink("../outside", filepath.Join(dir, "link")),
		os.Symlink("large", filepath.Join(dir, "inside")),
		os.Symlink("loop", filepath.Join(dir, "loop")),
		os.Symlink("..", filepath.Join(dir, "up")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644),
		syscall.Mknod(filepath.Join(dir, "socket"), syscall.S_IFSOCK|0o644, 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]string{
		"link":       "link: is outside: a link or a .. leads out of the folder",
		"up/outside": "up/outside: is outside: a link or a .. leads out of the folder",
		"../outside": "../outside: is outside: a link or a .. leads out of the folder",
		"pipe":       "pipe: is no regular file",
		"socket":     "socket: is no regular file",
		".":          ".: is no regular file",
		"large":      "large: is larger than 10 bytes",
		"inside":     "inside: is larger than 10 bytes",
		"loop":       `reading "loop": too many levels of symbolic links`,
		"missing":    `reading "missing": no such file or directory`,
	} {
		data, err := ReadFile(root, name, 10)
		if data != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ReadFile(%q) = %q, %v; want the error %q", name, data, err, want)
		}
	}
}
