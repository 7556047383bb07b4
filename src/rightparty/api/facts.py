# SPDX-License-Identifier: Apache-2.0
"""Facts of the lender's systems as they happen: many in one request, and pushed events with a signature."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from ninja import Router

from rightparty.api.bodies import BodyError, parse_facts, read_body
from rightparty.api.signatures import is_authentic, keys_of
from rightparty.intake.facts import MOST_FACTS, FactFault
from rightparty.intake.operations.answer_once import LONGEST_NAME, OtherContentError, answer_once
from rightparty.intake.operations.take_facts import FactsRefusedError, take_facts

router = Router()
events_router = Router(auth=None)

KEY_HEADER = "Idempotency-Key"


@router.post("/facts")
def facts(request: HttpRequest) -> JsonResponse:
    """Take up to a thousand facts, all or none, in their order."""
    return _answer(request, lambda: _take(request, read_body(request), scope="interface", header=KEY_HEADER))


@events_router.post("/events")
def events(request: HttpRequest) -> JsonResponse:
    """Take what a core-banking system pushes, if it is signed; a stranger learns nothing."""

    def take() -> dict[str, Any]:
        body = read_body(request)
        keys = keys_of(cast("list[str]", settings.RIGHTPARTY["EVENTS_KEYS"]))
        if not is_authentic(body, request.headers, keys):
            raise BodyError("not authentic", remedy="Sign it as docs/reference/api.md says.", status=401)
        return _take(request, body, scope="webhook", header="webhook-id")

    return _answer(request, take)


def take_one(request: HttpRequest, fact: dict[str, Any], *, tell: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Take one fact that came in a request of its own; `tell` turns the outcome into that request's answer."""

    def take() -> dict[str, Any]:
        return _once(
            request, request.path.encode() + b"\0" + request.body, scope="interface", header=KEY_HEADER,
            act=lambda: tell(_take_facts([fact], is_one=True)),
        )  # fmt: skip

    return _answer(request, take)


def _take(request: HttpRequest, body: bytes, *, scope: str, header: str) -> dict[str, Any]:
    given = parse_facts(body, most=MOST_FACTS)
    return _once(request, body, scope=scope, header=header, act=lambda: _take_facts(given, is_one=False))


def _take_facts(given: Sequence[object], *, is_one: bool) -> dict[str, Any]:
    try:
        taken = take_facts(given, at=datetime.now(UTC))
    except FactsRefusedError as refused:
        raise _RefusedError(refused.faults, is_one=is_one) from refused
    outcomes = [taken.outcomes[place] for place in range(len(given))]
    return {"taken": len(given), "outcomes": outcomes, "cancelled": taken.cancelled}


def _once(
    request: HttpRequest, content: bytes, *, scope: str, header: str, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    name = request.headers.get(header, "")
    if not name:
        return act()
    if len(name) > LONGEST_NAME or not name.isprintable():
        fault = FactFault(
            place=0, field=header, fault="longer than 128 characters or not printable", remedy="Take a shorter name."
        )
        raise _RefusedError([fault], is_one=True)
    try:
        return answer_once(scope=scope, name=name, content=content, at=datetime.now(UTC), act=act)
    except OtherContentError:
        fault = FactFault(
            place=0, field=header, fault="was used before with other content", remedy=OtherContentError.remedy,
            status=409,
        )  # fmt: skip
        raise _RefusedError([fault], is_one=True) from None


class _RefusedError(Exception):
    """Nothing was taken; the faults as the interface tells them."""

    def __init__(self, faults: Sequence[FactFault], *, is_one: bool) -> None:
        super().__init__("refused")
        # one that is malformed weighs more than one that names what is not known here
        self.status = max(fault.status for fault in faults)
        self.errors = [
            {"field": _field(fault, is_one=is_one), "fault": fault.fault, "remedy": fault.remedy} for fault in faults
        ]


def _field(fault: FactFault, *, is_one: bool) -> str:
    if is_one:
        return fault.field.removeprefix("data.")
    return f"facts.{fault.place}.{fault.field}".rstrip(".")


def _answer(request: HttpRequest, take: Callable[[], dict[str, Any]]) -> JsonResponse:  # noqa: ARG001
    try:
        return JsonResponse(take())
    except _RefusedError as refused:
        return JsonResponse({"errors": refused.errors}, status=refused.status)
    except BodyError as unread:
        error = {"field": "", "fault": str(unread), "remedy": unread.remedy}
        return JsonResponse({"errors": [error]}, status=unread.status)
