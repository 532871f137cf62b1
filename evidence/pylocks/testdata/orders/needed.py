"""Records what the package managers themselves install of the locks beside this file.

    python3 needed.py uv poetry pdm > needed.txt     # each a path of that program

Each exports what the project needs without its development group; packaging.markers
then says in which environments that is. "pylock" is uv's own export to that format.
The locks were made on 2026-11-21 with uv 0.13.9, poetry 2.5.1, pdm 2.29.3 and pipenv
2026.10.3, by "lock"; poetry's with [[tool.poetry.source]] set to the index's HTML form.
"""
import os
import subprocess
import sys

from packaging.requirements import Requirement

os.environ["UV_PYTHON_DOWNLOADS"] = "never"
uv, poetry, pdm = sys.argv[1:]
commands = {
    "uv.lock": [uv, "export", "--quiet", "--frozen", "--no-dev", "--no-hashes", "--no-emit-project"],
    "poetry.lock": [poetry, "export", "--only", "main", "--without-hashes"],
    "pdm.lock": [pdm, "export", "--prod", "--no-hashes"],
}
for name, command in commands.items():
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line or line.startswith("-"):
            continue
        r = Requirement(line)
        where = []
        for arch, machine in (("amd64", "x86_64"), ("arm64", "aarch64")):
            for minor in range(11, 16):
                env = {
                    "implementation_name": "cpython", "os_name": "posix", "platform_machine": machine, "platform_python_implementation": "CPython",
                    "platform_system": "Linux", "python_full_version": f"3.{minor}.50", "python_version": f"3.{minor}", "sys_platform": "linux", "extra": "",
                }
                if r.marker is None or r.marker.evaluate(env):
                    where.append(f"{arch}/3.{minor}")
        if where:
            print(name, r.name.lower(), str(r.specifier).removeprefix("=="), " ".join(where), sep="\t")
