# SPDX-License-Identifier: Apache-2.0
"""Asks the lender's own dialler to call a number and connect the agent: one request, never repeated (once).

`POST base/calls` with `{"call", "number", "agent"}`; a dialler that knows the header `Idempotency-Key` (the call)
cannot dial twice. 2xx: it dials. 4xx but 409: it does not, and the agent dials by hand. Anything else, or no answer:
nobody knows.
"""

import json
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

ANSWER_SECONDS: Final = 5.0


class Dialling(StrEnum):
    """Who dials."""

    BY_HAND = "by_hand"
    DIALLER = "dialler"
    #: the dialler may be calling
    UNKNOWN = "unknown"


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the number to somebody we were not told of."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Dialler:
    """One dialler."""

    def __init__(self, base: str, *, token: str, seconds: float = ANSWER_SECONDS) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._seconds = seconds
        self._opener = build_opener(_NoRedirect)

    @classmethod
    def from_url(cls, url: str) -> "Dialler":
        """Make the dialler of `https://TOKEN@host/base`.

        Raises:
            ValueError: not https, and not this very machine.
        """
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not (parts.scheme == "https" or local) or not parts.hostname:
            raise ValueError("a dialler is asked over https only")
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return cls(f"{parts.scheme}://{host}{parts.path}", token=unquote(parts.username or ""))

    def dial(self, *, call: str, number: str, agent: str) -> Dialling:
        """Ask it to call a number for an agent; never raise for what it answers."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": call}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps({"call": call, "number": number, "agent": agent}).encode()
        request = Request(  # noqa: S310 -- the scheme is checked in from_url
            f"{self._base}/calls", data=body, headers=headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return Dialling.DIALLER if answer.status < 300 else Dialling.UNKNOWN
        except HTTPError as error:
            error.close()
            refused = 400 <= error.code < 500 and error.code != HTTPStatus.CONFLICT
            return Dialling.BY_HAND if refused else Dialling.UNKNOWN
        except ConnectionRefusedError:
            return Dialling.BY_HAND
        except URLError as error:
            return Dialling.BY_HAND if isinstance(error.reason, ConnectionRefusedError) else Dialling.UNKNOWN
        except (OSError, HTTPException):
            # what breaks off in the middle, TLS too
            return Dialling.UNKNOWN
