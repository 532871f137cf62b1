"""A Flask service that shows what its image holds: pure Python packages, the outgoing TLS
trust store, and a time zone."""

import os
import ssl
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Berlin"))
    roots = ssl.create_default_context().cert_store_stats()["x509_ca"]
    return f"hello uid {os.getuid()}, noon UTC is {noon:%H:%M %Z}, trusted roots: {'yes' if roots else 'no'}\n"
