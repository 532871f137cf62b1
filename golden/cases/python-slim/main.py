"""An HTTP service that shows what its image holds: a native wheel, the outgoing TLS
trust store, and a time zone."""

import os
import ssl
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import numpy as np


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Berlin"))
        roots = ssl.create_default_context().cert_store_stats()["x509_ca"]
        norm = np.linalg.norm(np.array([3.0, 4.0]))
        body = f"norm {norm:.1f}, noon UTC is {noon:%H:%M %Z}, trusted roots: {'yes' if roots else 'no'}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"listening on :8000, uid {os.getuid()}", flush=True)
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
