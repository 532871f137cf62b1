"""A WSGI service that shows what its image holds: a pure Python package with a command of
its own, the outgoing TLS trust store, and a time zone."""

import os
import ssl
from datetime import datetime, timezone
from zoneinfo import ZoneInfo


def app(environ, start_response):
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Berlin"))
    roots = ssl.create_default_context().cert_store_stats()["x509_ca"]
    body = f"hello uid {os.getuid()}, noon UTC is {noon:%H:%M %Z}, trusted roots: {'yes' if roots else 'no'}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
