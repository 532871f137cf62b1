"""A web service that shows which of its dependencies the package manager installed."""

import os
from importlib.util import find_spec

import bottle

app = bottle.Bottle()


@app.get("/")
def index():
    return f"development dependencies: {'yes' if find_spec('pytest') else 'no'}\n"


if __name__ == "__main__":
    print(f"listening on :8000, uid {os.getuid()}", flush=True)
    bottle.run(app, server="waitress", host="0.0.0.0", port=8000)
