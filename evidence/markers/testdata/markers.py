"""Records where packaging.markers finds the markers of real locks true.

    python3 -m venv v && v/bin/pip install packaging==26.3
    v/bin/python markers.py LOCK... > markers.txt

LOCK are uv.lock, poetry.lock and pdm.lock files; those of which markers.txt was made are
of projects with numpy, pandas, torch, jupyterlab, fastapi and mypy. The patch is a late
one, as in an image. Markers that ask for an extra, or for a patch, are left out: the
answer to them is not one of the environment alone.
"""
import datetime
import re
import sys

import packaging
from packaging.markers import Marker

found = set()
for name in sys.argv[1:]:
    text = open(name).read()
    for quoted in re.findall(r'^\s*(?:markers? = |.*\bmarkers? = )"((?:[^"\\]|\\.)*)"', text, re.M):
        found.add(quoted.replace('\\"', '"'))
    for block in re.findall(r"resolution-markers = \[(.*?)\]", text, re.S):
        found.update(re.findall(r'"([^"]*)"', block))
machines = {"amd64": "x86_64", "arm64": "aarch64"}
print(f"# packaging {packaging.__version__}, packaging.markers, read {datetime.date.today()}")
for marker in sorted(found):
    if "extra" in marker or re.search(r"'3\.\d+\.\d+'", marker):
        continue
    true = []
    for arch, machine in machines.items():
        for minor in range(10, 16):
            env = {
                "implementation_name": "cpython", "implementation_version": f"3.{minor}.50", "os_name": "posix", "platform_machine": machine,
                "platform_python_implementation": "CPython", "platform_release": "6.1", "platform_system": "Linux", "platform_version": "1",
                "python_full_version": f"3.{minor}.50", "python_version": f"3.{minor}", "sys_platform": "linux", "extra": "",
            }
            if Marker(marker).evaluate(env):
                true.append(f"{arch}/3.{minor}")
    print(marker, " ".join(true) or "nowhere", sep="\t")
