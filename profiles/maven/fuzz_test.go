package maven

import (
	"io/fs"
	"testing"
)

// FuzzRead: no POM may crash or hang what is asked of it, as its own parent and module too.
func FuzzRead(f *testing.F) {
	f.Add("<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId><modules><module>m</module></modules>" +
		"<properties><java.version>${b}</java.version><b>${java.version}</b></properties></project>")
	f.Add("<project><packaging>war</packaging><build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId>" +
		"<configuration><mainClass>a.B</mainClass></configuration></plugin></plugins></build></project>")
	f.Fuzz(func(t *testing.T, text string) {
		read := func(name string) ([]byte, error) {
			if name == "pom.xml" || name == "m/pom.xml" {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
		top, err := Read(read, "pom.xml")
		if err != nil {
			return
		}
		modules, err := top.Modules(read)
		if err != nil {
			t.Fatalf("the text is a POM at the top and none in a module: %v", err)
		}
		for _, p := range append(modules, top) {
			p.Release()
			p.Dependencies()
			if b := p.Build(); b.Main.Text != "" && !className.MatchString(b.Main.Text) {
				t.Errorf("main class %q", b.Main.Text)
			}
		}
	})
}
