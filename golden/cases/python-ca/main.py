"""An HTTP service that says what it was installed with, and looks for the CA that only
build steps may trust."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import six


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        left = [name for _, _, names in os.walk("/app") for name in names if name.endswith(".pem")]
        body = f"six {six.__version__}, the company's CA is {left or 'not here'}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
