package detect

import "path"

// A marker is a file whose being there names a language, and its package manager.
type marker struct {
	file  string // a name, or a pattern of path.Match
	stack string // what it stands for; "" where only a provider knows
	hint  string // the way to a stack that there is a template for; optional
}

func (m marker) matches(name string) bool {
	ok, _ := path.Match(m.file, name)
	return ok
}

// markers are the files that are looked for, the more telling first.
var markers = []marker{
	{file: "go.mod"},
	{file: "pom.xml"},
	{file: "requirements.txt"},
	{file: "package.json"},
	{file: "package-lock.json"},
	{file: "npm-shrinkwrap.json"},
	{file: "yarn.lock"},
	{file: "pnpm-lock.yaml"},
	{file: "bun.lock"},
	{file: ".nvmrc"},
	{file: ".node-version"},
	{file: "go.work"},
	{file: ".python-version"},
	{file: ".java-version"},
	{file: ".sdkmanrc"},
	{file: "system.properties"},
	{file: ".tool-versions"},
	{file: "mise.toml"},
	{file: "runtime.txt"},
	{file: "Procfile"},
	{file: "poetry.lock"},
	{file: "uv.lock"},
	{file: "pdm.lock"},
	{file: "Pipfile.lock"},
	{file: "Pipfile", stack: "python without Pipfile.lock", hint: "pipenv lock makes it"},
	{file: "environment.yml", stack: "python with conda"},
	{file: "pyproject.toml", stack: "python without a lock or requirements.txt", hint: "uv lock, poetry lock or pdm lock makes a lock; for pip, pip freeze lists what requirements.txt may hold"},
	{file: "setup.py", stack: "python without requirements.txt", hint: "write the dependencies to requirements.txt; pip freeze lists them"},
	{file: "deno.json", stack: "deno"},
	{file: "build.gradle", stack: "java with gradle"},
	{file: "build.gradle.kts", stack: "java with gradle"},
	{file: "build.sbt", stack: "scala"},
	{file: "Cargo.toml", stack: "rust"},
	{file: "composer.json", stack: "php"},
	{file: "index.php", stack: "php"},
	{file: "Gemfile", stack: "ruby"},
	{file: "mix.exs", stack: "elixir"},
	{file: "*.csproj", stack: ".NET"},
	{file: "*.fsproj", stack: ".NET"},
	{file: "*.sln", stack: ".NET"},
	{file: "deno.jsonc", stack: "deno"},
	{file: "pubspec.yaml", stack: "dart"},
	{file: "Package.swift", stack: "swift"},
	{file: "stack.yaml", stack: "haskell"},
	{file: "project.clj", stack: "clojure"},
	{file: "deps.edn", stack: "clojure"},
	{file: "shard.yml", stack: "crystal"},
	{file: "gleam.toml", stack: "gleam"},
	{file: "build.zig", stack: "zig"},
	{file: "CMakeLists.txt", stack: "C or C++ with cmake"},
	{file: "meson.build", stack: "C or C++ with meson"},
	{file: "main.go", stack: "go without go.mod", hint: "go mod init NAME, then go mod tidy"},
	{file: "main.py", stack: "python without requirements.txt", hint: "write the dependencies to requirements.txt; an empty file says that there are none"},
	{file: "app.py", stack: "python without requirements.txt", hint: "write the dependencies to requirements.txt; an empty file says that there are none"},
	{file: "index.html", stack: "a static site"},
}
