# SPDX-License-Identifier: Apache-2.0
"""Twilio's resources Message and Call as its published description has them (version 2010-04-01), on this machine."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator

from tests.peers.http_peer import Peer, Seen, Wire

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass
class TwilioPeer:
    """Answers like the service: 201 with the resource, or an error with code, message, more_info and status."""

    peer: Peer
    #: number -> (HTTP status, error code)
    errors: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: what was taken, by sid
    taken: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.peer.handler = self.answer

    def answer(self, seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if seen.headers.get("authorization") != expected:
            return self.error(401, 20003)
        if seen.headers.get("content-type") != "application/x-www-form-urlencoded":
            return self.error(400, 20001)
        form = {name: values[0] for name, values in parse_qs(seen.body.decode(), keep_blank_values=True).items()}
        resources = {
            f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json": ("SM", ("To", "Body"), ("From", "MessagingServiceSid")),
            f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json": ("CA", ("To", "From"), ("Url", "Twiml")),
        }
        if seen.method != "POST" or urlsplit(seen.path).path not in resources:
            return self.error(404, 20404)
        prefix, needed, one_of = resources[urlsplit(seen.path).path]
        if not all(form.get(name) for name in needed) or not any(form.get(name) for name in one_of):
            return self.error(400, 21604)
        if form["To"] in self.errors:
            return self.error(*self.errors[form["To"]])
        sid = f"{prefix}{len(self.taken):032x}"
        self.taken[sid] = form
        resource = {
            "sid": sid, "account_sid": ACCOUNT, "to": form["To"], "from": form.get("From"), "status": "queued",
            "api_version": "2010-04-01", "date_created": "Wed, 25 Nov 2026 02:00:00 +0000", "error_code": None,
            "error_message": None, "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }  # fmt: skip
        return 201, {"Content-Type": "application/json"}, json.dumps(resource).encode()

    @staticmethod
    def error(status: int, code: int) -> tuple[int, dict[str, str], bytes]:
        told = {
            "code": code, "message": "The 'To' number +15005550001 is not valid", "status": status,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
        }  # fmt: skip
        return status, {"Content-Type": "application/json"}, json.dumps(told).encode()

    @staticmethod
    def signature(url: str, form: dict[str, str]) -> str:
        return str(RequestValidator(TOKEN).compute_signature(url, form))
