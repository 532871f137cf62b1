package standin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// database lays dpkg's own records, as if dpkg had installed the packages
// (deb-triggers(5), dpkg's doc of /var/lib/dpkg/info, format 1).
func database(l *layer, debs []*deb) error {
	const dir = "var/lib/dpkg/"
	for _, name := range []string{"info", "updates", "parts", "triggers", "alternatives"} {
		if err := l.dir(dir+name, 0o755); err != nil {
			return err
		}
	}
	var status strings.Builder
	triggers := map[string]string{}
	for _, d := range debs {
		status.WriteString(d.stanza() + "\n")
		d.interests(triggers)
		if err := d.layInfo(l, dir+"info/"+d.name()); err != nil {
			return err
		}
	}
	files := map[string]string{
		"status": status.String(), "available": "", "diversions": "", "statoverride": "", "lock": "",
		"info/format": "1\n", "triggers/Lock": "", "triggers/Unincorp": "",
	}
	for name, text := range triggers {
		files["triggers/"+name] = text
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := l.write(dir+name, 0o644, []byte(files[name])); err != nil {
			return err
		}
	}
	return nil
}

// stanza is the package's entry in the status file.
func (d *deb) stanza() string {
	head, rest, _ := strings.Cut(d.control, "\n")
	text := head + "\nStatus: install ok installed\n" + rest
	conffiles := ""
	for _, f := range slices.Sorted(maps.Keys(d.sums)) {
		if d.sums[f] != "" {
			conffiles += fmt.Sprintf(" %s %s\n", f, d.sums[f])
		}
	}
	if conffiles != "" {
		text += "Conffiles:\n" + conffiles
	}
	return text
}

func (d *deb) layInfo(l *layer, prefix string) error {
	list := "/.\n" + strings.Join(slices.DeleteFunc(d.list, func(p string) bool { return p == "/" }), "\n") + "\n"
	if err := l.write(prefix+".list", 0o644, []byte(list)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(d.info)) {
		mode := int64(0o644)
		if script[name] {
			mode = 0o755
		}
		if err := l.write(prefix+"."+name, mode, d.info[name]); err != nil {
			return err
		}
	}
	return nil
}

var script = map[string]bool{"preinst": true, "postinst": true, "prerm": true, "postrm": true, "config": true}

// interests adds the package's triggers to dpkg's index of them: File for paths, a file each for names.
func (d *deb) interests(index map[string]string) {
	for line := range strings.Lines(string(d.info["triggers"])) {
		f := strings.Fields(line)
		if len(f) != 2 || !strings.HasPrefix(f[0], "interest") {
			continue
		}
		who := d.name()
		if f[0] == "interest-noawait" {
			who += "/noawait"
		}
		if strings.HasPrefix(f[1], "/") {
			index["File"] += f[1] + " " + who + "\n"
		} else {
			index[f[1]] += who + "\n"
		}
	}
}

// layStatusD lays the records that distroless has instead of dpkg's: a folder for scanners.
func layStatusD(l *layer, debs []*deb) error {
	for _, d := range debs {
		file := "var/lib/dpkg/status.d/" + d.field("Package")
		if err := l.write(file, 0o644, []byte(d.control)); err != nil {
			return err
		}
		if err := l.write(file+".md5sums", 0o644, d.info["md5sums"]); err != nil {
			return err
		}
	}
	return nil
}

// layAlternatives makes the links of update-alternatives(1) whose target is there, and its records.
func layAlternatives(l *layer, all []alternative) error {
	for _, a := range all {
		if !l.has(a.Target) || l.has(a.Link) {
			continue
		}
		record := fmt.Sprintf("auto\n%s\n\n%s\n%d\n\n", a.Link, a.Target, a.Priority)
		links := []struct{ Name, Link string }{{a.Name, a.Link}}
		if a.Slave.Name != "" {
			record = fmt.Sprintf("auto\n%s\n%s\n%s\n\n%s\n%d\n%s\n\n", a.Link, a.Slave.Name, a.Slave.Link, a.Target, a.Priority, a.Target)
			links = append(links, a.Slave)
		}
		for _, n := range links {
			if err := l.link(n.Link, "/etc/alternatives/"+n.Name); err != nil {
				return err
			}
			if err := l.link("/etc/alternatives/"+n.Name, a.Target); err != nil {
				return err
			}
		}
		if err := l.write("var/lib/dpkg/alternatives/"+a.Name, 0o644, []byte(record)); err != nil {
			return err
		}
	}
	return nil
}
