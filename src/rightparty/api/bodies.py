# SPDX-License-Identifier: Apache-2.0
"""Reads the bodies of requests that carry many facts: larger than others, but bounded, and JSON."""

import json
from typing import Any, Final

from django.http import HttpRequest

MOST_BYTES: Final = 1024 * 1024
"""A thousand facts take some 300 KiB."""


class BodyError(Exception):
    """The body cannot be read; nothing was done."""

    def __init__(self, fault: str, *, remedy: str, status: int) -> None:
        super().__init__(fault)
        self.remedy = remedy
        self.status = status


def read_body(request: HttpRequest) -> bytes:
    """Return the body.

    Raises:
        BodyError: it is larger than MOST_BYTES.
    """
    # the stream itself: Django's own limit is that of the small bodies
    body: bytes = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise BodyError("the body is larger than 1 MiB", remedy="Send the facts in several requests.", status=413)
    return body


def parse_facts(body: bytes, *, most: int) -> list[Any]:
    """Return the facts of a body: {"facts": […]}, or one fact.

    Raises:
        BodyError: no JSON, no object, no facts or too many.
    """
    try:
        told = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BodyError("not JSON", remedy="Send one JSON object, encoded in UTF-8.", status=422) from None
    if not isinstance(told, dict):
        raise BodyError("not an object", remedy='Send {"facts": […]} or one fact.', status=422)
    if "facts" not in told:
        return [told]
    facts = told["facts"]
    if set(told) - {"facts", "id", "timestamp", "type"} or not isinstance(facts, list) or not facts:
        raise BodyError("facts is not a list of facts", remedy='Send {"facts": […]} with one or more.', status=422)
    if len(facts) > most:
        raise BodyError(f"more than {most:,} facts", remedy="Send them in several requests.", status=422)
    return facts


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
