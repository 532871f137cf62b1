package prober

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"
)

// zoneName is the zone whose presence stands for all of them.
const zoneName = "Europe/Berlin"

// zoneDirs are where Go looks, time/zoneinfo_unix.go; C libraries and Python look in the
// first.
var zoneDirs = []string{
	"/usr/share/zoneinfo",
	"/usr/share/lib/zoneinfo",
	"/usr/lib/locale/TZ",
	"/etc/zoneinfo",
}

const maxZone = 1 << 20

// zone looks for a zone that can be loaded: in given (ZONEINFO, a folder or a zip), the
// known folders, Python's tzdata package, and the Go programs of the image.
func (t tree) zone(given, python string, programs []string) Finding {
	var f Finding
	note := func(where string, err error) {
		if f.Error == "" && !errors.Is(err, fs.ErrNotExist) {
			f.Error = clip(where, 200) + ": " + reason(err, "")
		}
	}
	if given != "" {
		err := t.zoneZip(given)
		if err == nil || t.zoneFile(path.Join(given, zoneName)) == nil {
			return Finding{OK: true, Where: clip(given, 500)}
		}
		note(given, err)
	}
	places := zoneDirs
	if python != "" {
		places = append(places[:len(places):len(places)], path.Dir(path.Dir(path.Join("/", python))))
	}
	for _, dir := range places {
		err := t.zoneFile(path.Join(dir, zoneName))
		if err == nil {
			return Finding{OK: true, Where: clip(dir, 500)}
		}
		note(dir, err)
	}
	if where := t.embeddedZone(programs); where != "" {
		return Finding{OK: true, Where: clip(path.Join("/", where), 500) + " (time/tzdata)"}
	}
	return f
}

func (t tree) zoneFile(name string) error {
	data, err := t.read(name, maxZone)
	if err != nil {
		return err
	}
	return loadable(data)
}

func loadable(data []byte) error {
	_, err := time.LoadLocationFromTZData(zoneName, data)
	return err
}

// zoneZip reads the zone from a zip as Go ships it.
func (t tree) zoneZip(name string) error {
	f, info, err := t.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return err
	}
	entry, err := z.Open(zoneName)
	if err != nil {
		return fmt.Errorf("has no %s", zoneName)
	}
	defer entry.Close()
	data, err := io.ReadAll(io.LimitReader(entry, maxZone))
	if err != nil {
		return err
	}
	return loadable(data)
}

// maxScan bounds how much of the image's programs is searched for embedded zones.
const maxScan = 1 << 30

// embeddedZone returns the program that imports time/tzdata or was built with the tag
// timetzdata: such a program holds Go's zoneinfo.zip, uncompressed, as a string.
func (t tree) embeddedZone(programs []string) string {
	left := int64(maxScan)
	for _, name := range programs {
		f, info, err := t.open(name)
		if err != nil {
			continue
		}
		left -= info.Size()
		if left < 0 {
			f.Close()
			return ""
		}
		found := scanZone(f)
		f.Close()
		if found {
			return name
		}
	}
	return ""
}

// scanZone looks for the zip's local file header of the zone with loadable data behind it.
// It reads in windows that overlap by more than a header and a zone take.
func scanZone(r io.Reader) bool {
	const window, overlap = 1 << 20, 64 << 10
	buf := make([]byte, 0, window+overlap)
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if zoneIn(buf) {
			return true
		}
		if err != nil {
			return false
		}
		buf = append(buf[:0], buf[len(buf)-overlap:]...)
	}
}

func zoneIn(buf []byte) bool {
	const header = 30 // bytes of a zip local file header before the name
	for at := 0; ; {
		i := bytes.Index(buf[at:], []byte(zoneName+"TZif"))
		if i < 0 {
			return false
		}
		name := at + i
		data := name + len(zoneName)
		if name >= header && bytes.HasPrefix(buf[name-header:], []byte("PK\x03\x04")) {
			size := int(buf[name-header+22]) | int(buf[name-header+23])<<8
			if data+size <= len(buf) && loadable(buf[data:data+size]) == nil {
				return true
			}
		}
		at = data
	}
}
