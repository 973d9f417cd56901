"""A provider of texts that takes everything, as a program: the port is its only argument."""

import json
import sys
import time
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

ANSWERS_AFTER = 0.05
"""How long the provider takes, in seconds: what one sees of a server in another country."""


class Handler(BaseHTTPRequestHandler):
    """Take a text and say that it is queued."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer as the provider does, after a while."""
        length = int(self.headers.get("Content-Length", 0))
        form = parse_qs(self.rfile.read(length).decode())
        time.sleep(ANSWERS_AFTER)
        now = formatdate(usegmt=True).replace("GMT", "+0000")
        told = {
            "sid": "SM" + uuid.uuid4().hex,
            "status": "queued",
            "to": form["To"][0],
            "body": form["Body"][0],
            "direction": "outbound-api",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "error_code": None,
        }
        answer = json.dumps(told).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
