"""Ends by itself; shows a native wheel, and what the package manager left out."""

import os
from importlib.util import find_spec

from markupsafe import _speedups, escape

print(escape("<pdm>"), _speedups.__name__, "dev:", bool(find_spec("pytest")), "uid:", os.getuid())
