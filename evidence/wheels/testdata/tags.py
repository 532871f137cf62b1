"""Records which tags installers take, in their order, as the tests' truth.

    python3 -m venv v && v/bin/pip install packaging==26.3
    v/bin/python tags.py .

The interpreters of this machine are asked as they are (python3.N -m pip debug --verbose,
where pyenv has them); for other targets packaging.tags is told the libc and the machine
in place of asking the system. A file holds the platforms of its target once: a line
"cp313-cp313" stands for that interpreter and ABI on each of them, in their order, and
"py3-none-any" for itself.
"""
import contextlib
import datetime
import glob
import os
import subprocess
import sys
from unittest import mock

import packaging
from packaging import _manylinux, _musllinux, tags

TARGETS = [  # python, libc, version, machine
    (14, "glibc", (2, 41), "x86_64"), (13, "glibc", (2, 41), "aarch64"), (12, "glibc", (2, 39), "armv7l"),
    (11, "glibc", (2, 17), "i686"), (13, "glibc", (2, 36), "s390x"), (14, "glibc", (2, 41), "riscv64"),
    (13, "musl", (1, 2), "x86_64"), (10, "musl", (1, 2), "aarch64"), (12, "musl", (1, 1), "ppc64le"),
]


def told(minor, libc, version, machine):
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(_manylinux, "_have_compatible_abi", lambda *_: libc == "glibc"))
        stack.enter_context(mock.patch.object(_manylinux, "_get_glibc_version", lambda: version))
        musl = _musllinux._MuslVersion(*version) if libc == "musl" else None
        stack.enter_context(mock.patch.object(_musllinux, "_get_musl_version", lambda _: musl))
        platforms = [f"linux_{machine}", *_manylinux.platform_tags([machine]), *_musllinux.platform_tags([machine])]
    cp = f"cp3{minor}"
    yield from tags.cpython_tags((3, minor), abis=[cp], platforms=platforms)
    yield from tags.compatible_tags((3, minor), interpreter=cp, platforms=platforms)


def compress(all_tags):
    platforms, lines = [], []
    for t in all_tags:
        interpreter, abi, platform = t.split("-")
        if platform != "any" and platform not in platforms:
            platforms.append(platform)
    want = iter(all_tags)
    out = []
    for t in want:
        if t.endswith("-any"):
            out.append(t)
            continue
        head = t.rpartition("-")[0]
        rest = [next(want) for _ in platforms[1:]]
        assert [t, *rest] == [f"{head}-{p}" for p in platforms], t
        out.append(head)
    return platforms, out


def write(folder, name, source, all_tags):
    platforms, lines = compress([str(t) for t in all_tags])
    with open(os.path.join(folder, name + ".txt"), "w") as f:
        f.write(f"# {source}, read {datetime.date.today()}\nplatforms {' '.join(platforms)}\n" + "\n".join(lines) + "\n")


folder = sys.argv[1]
for minor, libc, version, machine in TARGETS:
    write(folder, f"3.{minor} {libc} {version[0]}.{version[1]} {machine}".replace(" ", "_"),
          f"packaging {packaging.__version__}, packaging.tags", told(minor, libc, version, machine))
for python in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.1*/bin/python"))):
    text = subprocess.run([python, "-m", "pip", "debug", "--verbose"], capture_output=True, text=True, check=True).stdout
    facts = subprocess.run([python, "-c", "import os,platform,sys;print(sys.version_info[1],os.confstr('CS_GNU_LIBC_VERSION'),platform.machine())"],
                           capture_output=True, text=True, check=True).stdout.split()
    listed = [line.strip() for line in text.partition("Compatible tags:")[2].splitlines()[1:]]
    version = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    write(folder, f"3.{facts[0]} {facts[1]} {facts[2]} {facts[3]} pip".replace(" ", "_"),
          f"python3.{facts[0]} -m pip debug --verbose, pip {version}", [t for t in listed if t])
