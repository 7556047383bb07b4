# SPDX-License-Identifier: Apache-2.0
"""The agents' pages: the calls that wait, one call with its script and outcome, and its recording.

Nothing personal is shown before the gate has released the call, and the number only to the agent who opened it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import wraps
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.console.story import cited_reasons, decided_on, seen_facts
from rightparty.dispatch.calls.outcomes import BY_CODE, OUTCOMES, REACHED_TEXTS, Detail
from rightparty.dispatch.calls.queries import (
    CallStory,
    call_backs,
    earliest_call,
    find_call,
    unfinished_calls,
    waiting_calls,
)
from rightparty.dispatch.channels.dialler import Dialler
from rightparty.dispatch.operations.attach_recording import attach_recording
from rightparty.dispatch.operations.dial_call import dial_call
from rightparty.dispatch.operations.enter_outcome import OutcomeDetails
from rightparty.dispatch.operations.fetch_recording import fetch_recording
from rightparty.dispatch.operations.identify_person import identify_person
from rightparty.dispatch.operations.open_call import open_call
from rightparty.dispatch.operations.plan_call import CallError, plan_call
from rightparty.dispatch.queries import explain_reminder, is_halted
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.identifiers import show_code
from rightparty.kernel.money import MoneyError, parse_money
from rightparty.planning.drafts.queries import installed_packs

type View = Callable[..., HttpResponseBase]

STATES: Final = {
    "planned": _("waits"), "claimed": _("waits"), "released": _("being made"), "handed_over": _("made"),
    "delivered": _("reached the person"), "withheld": _("held back"), "failed": _("reached nobody"),
    "unknown": _("outcome not entered"), "cancelled": _("cancelled"),
}  # fmt: skip
"""How the state of a call is said."""


def _now() -> datetime:
    return datetime.now(tz=UTC)


def for_agents(view: View) -> View:
    """Let in who may make calls."""
    return login_required(permission_required("dispatch.make_call", raise_exception=True)(view))


def told_why(view: View) -> View:
    """Say on the agent's next page why something could not be done."""

    @wraps(view)
    def telling(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **named)
        except CallError as error:
            messages.error(request, f"{gettext(str(error))} {gettext(error.remedy)}")
            call_id = named.get("call_id")
            known = call_id is not None and explain_reminder(call_id) is not None
            return redirect("console:call", call_id=call_id) if known else redirect("console:calls")

    return telling


@require_GET
@for_agents
def calls(request: HttpRequest) -> HttpResponse:
    """List the calls that wait, those permitted now first, and the agent's own without an outcome."""
    at = _now()
    context = {
        "waiting": waiting_calls(at=at), "halted": is_halted(), "call_backs": call_backs(agent=_agent(request), at=at),
        "unfinished": [(call, STATES[call.reminder.state]) for call in unfinished_calls(agent=_agent(request), at=at)],
    }  # fmt: skip
    return render(request, "console/calls.html", context)


@require_POST
@for_agents
@told_why
def ask(request: HttpRequest) -> HttpResponse:
    """Plan a call and open it: "call now" on a person's page."""
    at = _now()
    call_id = plan_call(
        account_id=request.POST.get("account", "")[:64], party_id=request.POST.get("party", "")[:64],
        by=_agent(request), at=at,
    )  # fmt: skip
    return _open(request, call_id, at)


@require_POST
@for_agents
@told_why
def press(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Click to call: the gate decides."""
    return _open(request, call_id, _now())


def _open(request: HttpRequest, call_id: UUID, at: datetime) -> HttpResponse:
    opened = open_call(call_id, agent=_agent(request), at=at)
    url = str(settings.RIGHTPARTY["DIALLER"])
    # once, by whoever opened it first: after a refusal the agent may be dialling by hand already
    if opened.state is ReminderState.RELEASED and not opened.repeated and url:
        dial_call(call_id, agent=_agent(request), dialler=Dialler.from_url(url))
    if opened.state is ReminderState.PLANNED:
        messages.warning(request, gettext("The call waits: all dispatch is halted, or the person is being contacted."))
        return redirect("console:calls")
    return redirect("console:call", call_id=call_id)


@require_GET
@for_agents
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show a call to its agent, or why it was held back and when it would be permitted."""
    story = find_call(call_id)
    if story is None:
        return _not_opened(request, call_id)
    mine = story.call.agent == _agent(request)
    groups = [
        (REACHED_TEXTS[reached], list(codes)) for reached, codes in groupby(OUTCOMES, key=lambda each: each.reached)
    ]
    context = {
        "story": story, "call": story.call, "reminder": story.reminder, "call_id": call_id, "mine": mine,
        "state": STATES[story.reminder.state], "halted": is_halted(), "groups": groups, "details": Detail,
        "code": show_code(story.reminder.code or ""), "last": story.outcomes[-1] if story.outcomes else None,
        "outcomes": [(each, BY_CODE[each.outcome]) for each in story.outcomes],
        "may_hear": request.user.has_perm("dispatch.hear_recording"), "today": _now().date().isoformat(),
        "currency": story.reminder.currency, "page": f"{settings.RIGHTPARTY['PUBLIC_URL']}/",
        "may_enter": mine and story.is_open, "being_made": story.is_being_made(at=_now()),
    }  # fmt: skip
    return render(request, "console/call.html", context)


def call_history(call_id: UUID) -> dict[str, object]:
    """Return what a reminder's story shows of a call; nothing if it is none."""
    story = find_call(call_id)
    if story is None:
        return {}
    outcomes = [(each, BY_CODE[each.outcome]) for each in story.outcomes]
    return {"call": story.call, "outcomes": outcomes, "recordings": story.recordings}


def _not_opened(request: HttpRequest, call_id: UUID) -> HttpResponse:
    told = explain_reminder(call_id)
    if told is None or told.reminder.channel != "call":
        raise Http404
    held = told.reminder.state == ReminderState.WITHHELD
    context = {
        "call_id": call_id, "state": STATES[told.reminder.state], "held": held, "reminder": told.reminder,
        "reasons": cited_reasons(told, installed_packs(known_on=decided_on(seen_facts(told)))),
        "earliest": earliest_call(call_id, at=_now()) if held else None,
    }  # fmt: skip
    return render(request, "console/call_held.html", context)


@require_POST
@for_agents
@told_why
def identify(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The agent has checked whom he speaks to."""
    identify_person(call_id, agent=_agent(request), at=_now())
    return redirect("console:call", call_id=call_id)


@require_POST
@for_agents
@told_why
def outcome(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Take what came of a call."""
    story = find_call(call_id)
    if story is None or story.call.agent != _agent(request):
        raise CallError("This is not your call.", remedy="Choose one from your list.")
    corrects = request.POST.get("corrects", "0")
    take_call_outcome(
        call_id=call_id, outcome=request.POST.get("outcome", ""), by=_agent(request), at=_now(),
        details=_details(request, story), corrects=int(corrects) if corrects.isdecimal() and len(corrects) < 4 else 0,
    )  # fmt: skip
    messages.success(request, gettext("The outcome is recorded."))
    wants_recording = story.duties.record and not story.recordings
    stays = wants_recording or corrects != "0"
    return redirect("console:call", call_id=call_id) if stays else redirect("console:calls")


@require_POST
@for_agents
@told_why
def recording(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Attach a recording."""
    file = request.FILES.get("sound")
    if file is None:
        raise CallError("This is no recording that can be kept.", remedy="Attach WAV, MP3, M4A, Ogg, WebM or FLAC.")
    attach_recording(call_id, sound=file.chunks(), by=_agent(request), at=_now())
    messages.success(request, gettext("The recording is attached."))
    return redirect("console:call", call_id=call_id)


@require_POST
@login_required
@permission_required("dispatch.hear_recording", raise_exception=True)
@told_why
def hear(request: HttpRequest, call_id: UUID, number: int) -> HttpResponseBase:
    """Hand out a recording; the access is recorded first, so that this is no GET."""
    fetched = fetch_recording(call_id, number, by=_agent(request), at=_now())
    return StreamingHttpResponse(
        fetched.sound,
        content_type=fetched.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{fetched.filename}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _details(request: HttpRequest, story: CallStory) -> OutcomeDetails:
    chosen = BY_CODE.get(request.POST.get("outcome", ""))
    asks = chosen.asks if chosen else None
    if asks is Detail.PROMISE:
        return OutcomeDetails(
            promised_on=_day(request.POST.get("promised_on", "")),
            promised_minor=_amount(request.POST.get("promised", ""), story.reminder.currency),
        )
    if asks is Detail.CALL_BACK:
        return OutcomeDetails(
            call_back_on=_day(request.POST.get("call_back_on", "")),
            call_back_at=_clock(request.POST.get("call_back_at", "")),
        )
    return OutcomeDetails(words=request.POST.get("words", "")) if asks is Detail.WORDS else OutcomeDetails()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _amount(text: str, currency: str) -> int | None:
    if not text.strip():
        return None
    try:
        return parse_money(text, currency).minor
    except MoneyError:
        raise CallError(
            "This is no amount that can be promised.", remedy="Correct the amount, or leave it out."
        ) from None


def _agent(request: HttpRequest) -> str:
    return request.user.get_username()
