package markers

import (
	"os"
	"strings"
	"testing"

	"scaffold/evidence/wheels"
)

func TestWhere(t *testing.T) {
	chosen := Chosen{Extras: []string{"Web_App"}, Groups: []string{"default"}}
	for marker, want := range map[string]string{
		"":                        "*/*",
		"sys_platform == 'linux'": "*/*",
		"sys_platform == 'win32'": "",
		"sys_platform != 'win32' and sys_platform != 'emscripten'":                    "*/*",
		"os_name == 'nt' or platform_system == 'Darwin'":                              "",
		"'linux' in sys_platform":                                                     "*/*",
		"sys_platform in 'linux linux2'":                                              "*/*",
		"sys_platform not in 'win32 darwin'":                                          "*/*",
		"implementation_name == 'cpython'":                                            "*/*",
		"platform_python_implementation == 'PyPy'":                                    "",
		"platform_machine == 'aarch64'":                                               "arm64,386,arm/v7/*",
		"platform_machine == 'x86_64' and python_version < '3.11'":                    "amd64,386,arm/v7/3.10",
		"platform_machine == 'AMD64'":                                                 "386,arm/v7/*",
		"python_version == '3.13'":                                                    "*/3.13",
		"python_version >= '3.12' and python_version < '3.14'":                        "*/3.12,3.13",
		"python_version != '3.13.*' and python_version <= '3.14'":                     "*/3.10,3.11,3.12,3.14",
		"'3.11' > python_version":                                                     "*/3.10",
		"python_version in '3.11, 3.12'":                                              "*/3.11,3.12",
		"python_version ~= '3.16'":                                                    "*/3.16,3.17",
		"python_version < '3'":                                                        "",
		"python_version < '4'":                                                        "*/*",
		"python_full_version == '3.13.*'":                                             "*/3.13",
		"python_full_version < '3.11.5'":                                              "*/3.10,3.11",
		"python_full_version >= '3.11.5' and python_full_version < '3.12'":            "*/3.11",
		"python_full_version >= '3.16'":                                               "*/3.16,3.17",
		"(python_version < '3.11' or python_version > '3.16') and os_name == 'posix'": "*/3.10,3.17",
		"python_version < '3.11' or python_version > '3.16' and os_name == 'nt'":      "*/3.10",
		"extra == 'web-app'":                                                          "*/*",
		"extra == 'docs'":                                                             "",
		"extra != 'docs'":                                                             "*/*",
		"'web_app' in extras and 'dev' not in dependency_groups":                      "*/*",
		"'dev' in dependency_groups or 'docs' in extras":                              "",
		`platform_release >= "6" and python_version == "3.10"`:                        "*/3.10",
		"platform_version == 'x' or sys_platform == 'win32'":                          "*/*",
		"sys_platform == 'win32' and platform_version == 'x'":                         "",
		"sys_platform == 'win32' and colour == 'blue'":                                "", // an unknown variable is open
		"python_version < '3.13rc1' and python_version == '3.12'":                     "*/3.12",
		// What is no marker may hold everywhere.
		"sys_platform = 'win32'":            "*/*",
		"sys_platform == 'win32":            "*/*",
		"(sys_platform == 'win32'":          "*/*",
		"sys_platform == 'win32')":          "*/*",
		"'a' == 'b'":                        "*/*",
		"os_name == sys_platform":           "*/*",
		"sys_platform":                      "*/*",
		"sys_platform == 'win32' and":       "*/*",
		"sys_platform == 'win32' ; os_name": "*/*",
		strings.Repeat("(", 60) + "os_name == 'nt'" + strings.Repeat(")", 60): "*/*",
		strings.Repeat("os_name == 'nt' or ", 9_000) + "os_name == 'nt'":      "*/*",
	} {
		name := marker
		if len(name) > 80 {
			name = name[:80]
		}
		if got := Where(marker, chosen).String(); got != want {
			t.Errorf("%q holds in %q, want %q", name, got, want)
		}
	}
}

// TestPackagingSays compares with packaging.markers: testdata/markers.txt has a marker a
// line, and the environments in which that evaluates it to true (markers.py wrote it).
func TestPackagingSays(t *testing.T) {
	data, err := os.ReadFile("testdata/markers.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		marker, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		n++
		got := Where(marker, Chosen{})
		for _, arch := range []string{"amd64", "arm64"} {
			for python := 10; python <= 15; python++ {
				is := strings.Contains(want, wheels.In(arch, python).String())
				if has := got.Has(arch, python); is != has {
					t.Errorf("%s on %s/3.%d: %t, and packaging says %t", marker, arch, python, has, is)
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("%d markers were compared", n)
	}
}

func FuzzWhere(f *testing.F) {
	f.Add("python_version >= '3.9' and (sys_platform == 'linux' or extra == \"x\")")
	f.Add("'a' not in extras")
	f.Fuzz(func(t *testing.T, marker string) {
		if w := Where(marker, Chosen{}); w&^wheels.Everywhere != 0 {
			t.Errorf("%q holds in %x", marker, w)
		}
	})
}
