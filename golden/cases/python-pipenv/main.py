"""An HTTP service that shows a native wheel, and what the package manager left out."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

from markupsafe import _speedups, escape


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{escape('<pipenv>')}, {_speedups.__name__}, development dependencies: {bool(find_spec('pytest'))}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
