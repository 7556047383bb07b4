# SPDX-License-Identifier: Apache-2.0
"""The recipient's pages (answerable). Whoever opens one may be a stranger.

So a page shows only what the author of the message knows anyway: sender, day, channel. Nothing depends on the person
the message was meant for, his accounts or his debts; a code that is malformed, unknown or never sent gives one page.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Concatenate

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from rightparty.casework.operations.open_complaint import open_complaint
from rightparty.casework.operations.open_dispute import open_dispute
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.casework.operations.request_correction import request_correction
from rightparty.casework.operations.stop_channel import stop_channel
from rightparty.casework.queries import actions_of, find_case_by_follow_token, find_sent_message
from rightparty.casework.sent import SentMessage
from rightparty.evidence.queries import find_leaf
from rightparty.kernel.identifiers import show_code
from rightparty.portal.deeds import DEEDS
from rightparty.portal.throttle import is_throttled, note_failure

TAKERS = {
    "not-me": report_wrong_party,
    "object": open_dispute,
    "correct": request_correction,
    "complain": open_complaint,
}
"""What takes each deed."""

LONGEST_WORDS = 2_000
"""Characters of a recipient's own words that a form takes."""


def private[**P](view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[
    Concatenate[HttpRequest, P], HttpResponse
]:  # fmt: skip
    """Keep the page out of caches and search engines."""

    @wraps(view)
    def kept_private(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return kept_private


@private
@require_safe
def entry(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a message."""
    return render(request, "portal/entry.html", _context())


@private
@require_GET
def look_up(request: HttpRequest) -> HttpResponse:
    """Go to the page of a typed code."""
    typed = request.GET.get("code", "").strip()[:40].replace("/", "-")
    return redirect("portal:message", code=typed) if typed else redirect("portal:entry")


@private
@require_safe
def message_page(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether the message is genuine, and what can be done about it."""
    about = _sent(request, code)
    if about is None:
        return not_confirmed(request)
    return render(request, "portal/message.html", {**_context(), **_shown(about), "deeds": DEEDS.values()})


@private
@require_safe
def record(request: HttpRequest, code: str) -> HttpResponse:
    """Give the record of a message to keep: what was sent when, and where it stands in the log."""
    about = _sent(request, code)
    if about is None:
        return not_confirmed(request)
    leaf = find_leaf(about.evidence_index)
    shown: dict[str, object] = {
        "sender": settings.RIGHTPARTY["SENDER_NAME"],
        "code": show_code(about.code),
        "channel": about.channel,
        "sent_at": about.released_at.astimezone(UTC).isoformat(),
        "text_sha256": about.text_digest,
        "log_index": about.evidence_index,
        "log_chain_hash": leaf.chain_hash if leaf else None,
    }
    response = JsonResponse(shown, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{show_code(about.code)}.json"'
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Stop this kind of message after a confirmation."""
    about = _sent(request, code)
    if about is None:
        return not_confirmed(request)
    is_done = request.method == "POST"
    if is_done:
        stop_channel(code=about.code, origin="portal", at=datetime.now(UTC))
    return render(request, "portal/stop.html", {**_context(), **_shown(about), "is_done": is_done})


@csrf_exempt
@private
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, code: str) -> HttpResponse:
    """Stop this kind of message at one click in a mail program (RFC 8058), which has no cookie and shows no page.

    The answer is the same for every code, so that it tells nobody which ones are ours; for that reason wrong codes are
    not counted either: mail providers speak for many recipients. A GET, as scanners of mails make, changes nothing.
    """
    if request.method != "POST":
        return redirect("portal:stop", code=code.replace("/", "-"))
    about = find_sent_message(code)
    if about is not None:
        stop_channel(code=about.code, origin="one_click", at=datetime.now(UTC))
    return HttpResponse("OK\n", content_type="text/plain; charset=utf-8")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, code: str, deed: str) -> HttpResponse:
    """Confirm and take a report, an objection, a complaint or a request to correct data."""
    if deed not in DEEDS:
        raise Http404
    about = _sent(request, code)
    if about is None:
        return not_confirmed(request)
    chosen = DEEDS[deed]
    # PostgreSQL keeps no text with the character NUL
    words = request.POST.get("words", "").replace("\0", "").strip()
    fault = ""
    if request.method == "POST":
        if len(words) > LONGEST_WORDS:
            fault = gettext("Please shorten your text to 2000 characters.")
        elif chosen.needs_words and not words:
            fault = gettext("Please write in a few words what it is about.")
        else:
            case = TAKERS[deed](code=about.code, origin="portal", words=words, at=datetime.now(UTC))
            return redirect("portal:case", token=case.follow_token)
    context = {**_context(), **_shown(about), "deed": chosen, "words": words, "fault": fault, "most": LONGEST_WORDS}
    return render(
        request, "portal/act.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    )


@private
@require_safe
def case_page(request: HttpRequest, token: str) -> HttpResponse:
    """Tell the author of a case what was done and by when it is answered."""
    case = find_case_by_follow_token(token)
    if case is None:
        return not_confirmed(request)
    link = str(settings.RIGHTPARTY["PUBLIC_URL"]).rstrip("/") + request.path
    actions = actions_of(case.id, shown_to_author=True)
    return render(request, "portal/case.html", {**_context(), "case": case, "actions": actions, "link": link})


def not_confirmed(request: HttpRequest) -> HttpResponse:
    """Return the one page for everything that is not a message of ours: nothing of the address asked for is in it."""
    return render(request, "portal/not_confirmed.html", {**_context(), "next": reverse("portal:entry")})


def _sent(request: HttpRequest, code: str) -> SentMessage | None:
    """Return the message of a code, or None also for a client who failed too often."""
    at = datetime.now(UTC)
    client = str(request.META.get("REMOTE_ADDR", ""))
    if is_throttled(cache, client=client, at=at):
        return None
    about = find_sent_message(code)
    if about is None:
        note_failure(cache, client=client, at=at)
    return about


def _context() -> dict[str, object]:
    return {"sender": settings.RIGHTPARTY["SENDER_NAME"]}


def _shown(about: SentMessage) -> dict[str, object]:
    """Return all that a page may show of a message: which, how and when."""
    return {
        "code": about.code,
        "code_shown": show_code(about.code),
        "channel": about.channel,
        "sent_at": about.released_at,
    }
