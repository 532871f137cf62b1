"""A web service that shows what its image holds: a native wheel, and which of the
dependencies the package manager installed."""

import os
from importlib.util import find_spec

import numpy as np
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


def index(_):
    norm = np.linalg.norm(np.array([3.0, 4.0]))
    tests = "yes" if find_spec("pytest") else "no"
    return PlainTextResponse(f"norm {norm:.1f}, development dependencies: {tests}\n")


app = Starlette(routes=[Route("/", index)])
print(f"starting as uid {os.getuid()}", flush=True)
