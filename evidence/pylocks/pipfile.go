package pylocks

import (
	"bytes"
	"encoding/json"
	"errors"

	"scaffold/evidence/markers"
)

// A pipfilePackage is one entry of Pipfile.lock.
type pipfilePackage struct {
	Version, Markers, Git, Path, File string
	Editable                          bool
}

// readPipfile reads Pipfile.lock: packages by their names in "default", without files.
func readPipfile(data []byte, _ Ask) (*Lock, error) {
	l := new(Lock)
	d := &jsonDocument{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	err := d.object(func(section string, _ int) error {
		switch section {
		case "_meta":
			return d.meta(l)
		case "default":
			return d.object(func(name string, line int) error { return d.pipfilePackage(l, name, line) })
		}
		return d.skip()
	})
	if err != nil {
		return nil, &SyntaxError{d.lineNow(), "it is no Pipfile.lock: " + err.Error()}
	}
	return l, l.check()
}

func (d *jsonDocument) pipfilePackage(l *Lock, name string, line int) error {
	if len(l.Packages) > maxPackages {
		return d.skip()
	}
	var e pipfilePackage
	if err := d.dec.Decode(&e); err != nil {
		return err
	}
	p := newPackage(line)
	p.Package, p.Bare = name, true
	if len(e.Version) > 2 {
		p.Version = e.Version[2:] // ==1.2.3
	}
	p.Where = markers.Where(e.Markers, markers.Chosen{})
	switch {
	case e.Git != "":
		p.From, p.VCS, p.Version = e.Git, true, ""
	case e.Path != "":
		p.From, p.Local, p.Version = e.Path, true, ""
	case e.File != "":
		p.From, p.Version = e.File, ""
	}
	l.Packages = append(l.Packages, p)
	return nil
}

func (d *jsonDocument) meta(l *Lock) error {
	var m struct {
		Requires struct {
			Version string `json:"python_version"`
		}
	}
	line := d.lineNow()
	if err := d.dec.Decode(&m); err != nil {
		return err
	}
	if v := m.Requires.Version; v != "" {
		l.Requires, l.Line = "=="+v+".*", line
	}
	return nil
}

// A jsonDocument walks through objects, and knows the lines of their keys.
type jsonDocument struct {
	data   []byte
	dec    *json.Decoder
	offset int
	line   int
}

// lineNow is the line of what was read last.
func (d *jsonDocument) lineNow() int {
	offset := int(d.dec.InputOffset())
	d.line += bytes.Count(d.data[d.offset:offset], newline)
	d.offset = offset
	return d.line
}

// object calls f for each key of the object that stands next; f reads the value.
func (d *jsonDocument) object(f func(key string, line int) error) error {
	t, err := d.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return errors.New("an object is missing")
	}
	for d.dec.More() {
		t, err := d.dec.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if err := f(key, d.lineNow()); err != nil {
			return err
		}
	}
	_, err = d.dec.Token()
	return err
}

func (d *jsonDocument) skip() error {
	var raw json.RawMessage
	return d.dec.Decode(&raw)
}
