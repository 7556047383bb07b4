# SPDX-License-Identifier: Apache-2.0
"""Asks a carrier's network interfaces about a number, silently: nothing rings, nobody is written to (right_party).

The interfaces are those of CAMARA (camaraproject.org): Number Recycling, Device Reachability Status, KYC Match.
Numbers, dates and names travel in the body of a request, never in its address. An answer that is not one of those
documented, or none at all, is unknown and never guessed.
"""

import json
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from rightparty.kernel.vocabulary import EventKind

ANSWER_SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024

STEPS: Final = ("status_lookup", "holder_lookup", "subscriber_lookup")

_PATHS: Final = {
    "status_lookup": "/device-reachability-status/v1/retrieve",
    "holder_lookup": "/number-recycling/v0.2/check",
    "subscriber_lookup": "/kyc-match/v0.3/match",
}


class LookupRefusedError(Exception):
    """The service does not take our credentials: no further question makes sense."""


class LookupBusyError(Exception):
    """The service asks us to wait `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about one number."""

    step: str
    number: str
    #: since when the lender has the number for the person
    since: date
    #: the person's name, for subscriber_lookup alone
    name: str = ""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the number to somebody we were not told of."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class LookupService:
    """One carrier aggregator."""

    def __init__(self, base: str, *, token: str, seconds: float = ANSWER_SECONDS) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._seconds = seconds
        self._opener = build_opener(_NoRedirect)

    @classmethod
    def from_url(cls, url: str) -> "LookupService":
        """Make the service of `https://TOKEN@host/base`.

        Raises:
            ValueError: not https, and not this very machine.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a look-up service is asked over https only")
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return cls(f"{parts.scheme}://{host}{parts.path}", token=unquote(parts.username or ""))

    def ask(self, question: Question) -> EventKind | None:
        """Return what the carrier says, as the kind of event it is; None if it says nothing we know.

        Raises:
            LookupRefusedError: 401 or 403.
            LookupBusyError: 429.
        """
        return _meaning(question.step, self._post(_PATHS[question.step], _body(question)))

    def _post(self, path: str, body: dict[str, object]) -> object:
        request = Request(  # noqa: S310 -- the scheme is checked in from_url
            self._base + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return json.loads(answer.read(MOST_BYTES))
        except HTTPError as error:
            error.close()
            if error.code in (401, 403):
                raise LookupRefusedError(str(error.code)) from error
            if error.code == 429:
                raise LookupBusyError(_seconds_of(error.headers.get("Retry-After"))) from error
            return None
        except (URLError, TimeoutError, HTTPException, ConnectionError, ValueError):
            return None


def _seconds_of(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else 60


def _body(question: Question) -> dict[str, object]:
    if question.step == "holder_lookup":
        return {"phoneNumber": question.number, "specifiedDate": question.since.isoformat()}
    if question.step == "subscriber_lookup":
        return {"phoneNumber": question.number, "name": question.name}
    return {"device": {"phoneNumber": question.number}}


def _meaning(step: str, answer: object) -> EventKind | None:
    if not isinstance(answer, dict):
        return None
    if step == "holder_lookup":
        # the field was renamed between versions of the interface
        changed = answer.get("phoneNumberRecycled", answer.get("phoneNumChanged"))
        if not isinstance(changed, bool):
            return None
        return EventKind.HOLDER_CHANGED if changed else EventKind.HOLDER_SAME
    if step == "subscriber_lookup":
        match = str(answer.get("nameMatch"))
        return {"true": EventKind.SUBSCRIBER_MATCHES, "false": EventKind.SUBSCRIBER_DIFFERS}.get(match)
    live = answer.get("reachable")
    # a handset that is switched off is no dead number: only "reachable" says something
    return EventKind.STATUS_LIVE if live is True else None
