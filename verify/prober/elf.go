package prober

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"strings"
)

// ELF is a summary of an image's programs and shared libraries.
type ELF struct {
	Count   int      `json:"count"`
	Foreign int      `json:"foreign"`         // of another machine than wanted
	Files   []string `json:"files,omitempty"` // the first foreign ones, "/app: x86-64, want aarch64"
}

const maxForeign = 5

func (e *ELF) add(name string, m machine, arch string) {
	e.Count++
	want, known := machines[arch]
	if !known || m == want {
		return
	}
	e.Foreign++
	if len(e.Files) < maxForeign {
		e.Files = append(e.Files, fmt.Sprintf("%s: %s, want %s", clip(name, 200), m, want))
	}
}

// machine is what tells one ELF architecture from another.
type machine struct {
	id  elf.Machine
	big bool // byte order, which tells ppc64 from ppc64le
}

// machines are those of GOARCH values.
var machines = map[string]machine{
	"386":      {id: elf.EM_386},
	"amd64":    {id: elf.EM_X86_64},
	"arm":      {id: elf.EM_ARM},
	"arm64":    {id: elf.EM_AARCH64},
	"loong64":  {id: elf.EM_LOONGARCH},
	"mips64le": {id: elf.EM_MIPS},
	"ppc64le":  {id: elf.EM_PPC64},
	"riscv64":  {id: elf.EM_RISCV},
	"s390x":    {id: elf.EM_S390, big: true},
}

// String is the name that file(1) and uname -m give.
func (m machine) String() string {
	switch m.id {
	case elf.EM_X86_64:
		return "x86-64"
	}
	name := strings.ToLower(strings.TrimPrefix(m.id.String(), "EM_"))
	if m.id == elf.EM_PPC64 && !m.big {
		return "ppc64le"
	}
	return name
}

// elfHeader is how much of a file parseELF needs.
const elfHeader = 20

// parseELF reads the machine of a program or shared library. Object files are none: they
// never run, and packages ship them for other machines (eBPF, firmware).
func parseELF(head []byte) (machine, bool) {
	if len(head) < elfHeader || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return machine{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	big := elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB
	if big {
		order = binary.BigEndian
	}
	switch elf.Type(order.Uint16(head[16:])) {
	case elf.ET_EXEC, elf.ET_DYN:
		return machine{elf.Machine(order.Uint16(head[18:])), big}, true
	}
	return machine{}, false
}

// Program is what the image's command names.
type Program struct {
	Path   string `json:"path,omitempty"`   // empty where there is no such file
	Loader string `json:"loader,omitempty"` // the ELF interpreter or #! program that it needs
	Lacks  bool   `json:"lacks,omitempty"`  // Loader is not in the image
	Mode   string `json:"mode,omitempty"`
	Exec   bool   `json:"exec,omitempty"` // somebody may execute it
}

// program looks up the command as execvp(3) does.
func (t tree) program(name, search, cwd string) Program {
	var places []string
	switch {
	case name == "":
		return Program{}
	case strings.HasPrefix(name, "/"):
		places = []string{name}
	case strings.Contains(name, "/"):
		places = []string{path.Join("/", cwd, name)}
	default:
		for dir := range strings.SplitSeq(search, ":") {
			places = append(places, path.Join("/", dir, name))
		}
	}
	for _, at := range places {
		f, info, err := t.open(at)
		if err != nil {
			continue
		}
		defer f.Close()
		p := Program{Path: clip(at, 500), Mode: info.Mode().String(), Exec: info.Mode()&0o111 != 0, Loader: loader(f)}
		if p.Loader != "" {
			_, err := t.resolve(p.Loader)
			p.Lacks = err != nil
		}
		return p
	}
	return Program{}
}

// loader is the program that the kernel starts in f's place.
func loader(f io.ReaderAt) string {
	head := make([]byte, 256)
	n, _ := f.ReadAt(head, 0)
	line, isScript := bytes.CutPrefix(head[:n], []byte("#!"))
	if isScript {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		if words := strings.Fields(string(line)); len(words) > 0 {
			return words[0]
		}
		return ""
	}
	file, err := elf.NewFile(f)
	if err != nil {
		return ""
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			data, _ := io.ReadAll(io.LimitReader(p.Open(), 4096))
			return strings.TrimRight(string(data), "\x00")
		}
	}
	return ""
}
