package fleettest

import "fmt"

func goProject(p *project) {
	add(&p.profile.top, "stack  = \"go/modules\"")
	module := "git.example/" + p.name
	require, sum := "\tgithub.com/go-chi/chi/v5 v5.2.3\n", "github.com/go-chi/chi/v5 v5.2.3 h1:WQIt9uxdsAbgIYgid+BpYc+liqQZGMHRaUwp0JUcvdE=\n"
	cgo := p.chance(8)
	if cgo {
		require += "\tgithub.com/mattn/go-sqlite3 v1.14.32\n"
		sum += "github.com/mattn/go-sqlite3 v1.14.32 h1:JD12Ag3oLy1zQA+BNn74xRgaBbdhbNIDYvQUEuuErjs=\n"
	}
	p.files["go.mod"] = fmt.Sprintf("module %s\n\ngo 1.%d\n\nrequire (\n%s)\n", module, 24+p.rand.IntN(3), require)
	p.files["go.sum"] = sum
	p.files["cmd/"+p.name+"/main.go"] = "package main\n\nfunc main() {}\n"
	p.files["internal/store/store.go"] = "// Package store keeps rows.\npackage store\n"
	add(&p.profile.build, "target = \"./cmd/%s\"", p.name)
	switch {
	case p.chance(8):
		p.files["vendor/modules.txt"] = "# github.com/go-chi/chi/v5 v5.2.3\n## explicit; go 1.20\ngithub.com/go-chi/chi/v5\n"
		p.foreign("vendor/github.com/go-chi/chi/v5", files{"chi.go": "package chi\n"})
	case p.chance(15):
		add(&p.profile.build, "secrets = [{ id = \"netrc\", target = \"/root/.netrc\" }]")
	}
	switch {
	case p.chance(10):
		add(&p.profile.runtime, "base = \"slim\"")
	case p.chance(15):
		add(&p.profile.runtime, "base = \"distroless\"")
	case p.chance(10) && !cgo:
		add(&p.profile.runtime, "prefer = \"size\"")
	}
	p.serves(8080)
}

func pythonProject(p *project) {
	add(&p.profile.top, "stack  = \"python/pip/fastapi\"")
	packages := []string{"fastapi==0.121.2", "uvicorn==0.38.0", "httpx==0.28.1"}
	for _, extra := range []string{"numpy==2.3.5", "pydantic==2.12.4", "redis==7.0.1", "sqlalchemy==2.0.44", "psycopg2-binary==2.9.11", "jinja2==3.1.6"} {
		if p.chance(30) {
			packages = append(packages, extra)
		}
	}
	text := ""
	for _, name := range packages {
		text += name + "\n"
	}
	p.files["requirements.txt"] = text
	if p.chance(20) {
		p.files["requirements.txt"], p.files["requirements/base.txt"] = "-r requirements/base.txt\n", text
	}
	p.files["app/main.py"] = "from fastapi import FastAPI\n\napp = FastAPI()\n"
	p.files["app/__init__.py"] = ""
	distroless := p.chance(15)
	switch {
	case distroless:
		add(&p.profile.build, "version = \"3.13\"")
		add(&p.profile.runtime, "base = \"distroless\"")
	case p.chance(60):
		add(&p.profile.build, "version = \"3.%d\"", 12+p.rand.IntN(3))
	}
	add(&p.profile.runtime, `command = ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]`)
	if p.chance(20) && !distroless {
		add(&p.profile.runtime, "base = \"slim\"\npackages = [\"libpq5\"]")
	}
	switch {
	case p.chance(6):
		p.foreign("node_modules/left-pad", files{"package.json": "{\"name\": \"left-pad\"}\n", "index.js": "module.exports = s => s\n"})
	case p.chance(6):
		p.foreign(".venv/lib/python3.13/site-packages/idna", files{"core.py": "x = 1\n"})
	}
	p.serves(8000)
}

const pom = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
%s  <groupId>com.example</groupId>
  <artifactId>%s</artifactId>
  <version>%d.%d</version>
  <properties>
    <maven.compiler.release>%s</maven.compiler.release>
    <java.version>%[5]s</java.version>
  </properties>
  <build>
    <plugins>
%s    </plugins>
  </build>
</project>
`

const bootParent = `  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.5.7</version>
  </parent>
`

const bootPlugin = `      <plugin>
        <groupId>org.springframework.boot</groupId>
        <artifactId>spring-boot-maven-plugin</artifactId>
      </plugin>
`

const jarPlugin = `      <plugin>
        <artifactId>maven-jar-plugin</artifactId>
        <configuration>
          <archive>
            <manifest>
              <mainClass>com.example.Main</mainClass>
            </manifest>
          </archive>
        </configuration>
      </plugin>
`

func javaProject(p *project) {
	stack, parent, plugin := "java/maven", "", jarPlugin
	if p.chance(50) {
		stack, parent, plugin = "java/maven/spring-boot", bootParent, bootPlugin
	}
	add(&p.profile.top, "stack  = %q", stack)
	release := p.one([]string{"17", "21", "25"})
	p.files["pom.xml"] = fmt.Sprintf(pom, parent, p.name, 1+p.rand.IntN(3), p.rand.IntN(10), release, plugin)
	p.files["src/main/java/com/example/Main.java"] = "package com.example;\n\nclass Main {\n\tpublic static void main(String[] args) {}\n}\n"
	newest := p.chance(40)
	if newest {
		add(&p.profile.build, "version = \"25\"")
	}
	switch {
	case newest && p.chance(30):
		add(&p.profile.runtime, "base = \"alpine\"")
	case p.chance(10):
		add(&p.profile.runtime, "shell = true")
	}
	if p.chance(10) {
		p.foreign("target/classes/META-INF", files{"MANIFEST.MF": "Manifest-Version: 1.0\n"})
	}
	p.serves(8080)
}
