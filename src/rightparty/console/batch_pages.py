# SPDX-License-Identifier: Apache-2.0
"""The staff's pages of batches of contact data: their trials, what stopped them, and the two people who let them on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from rightparty.console.course import course_chart
from rightparty.dispatch.operations.agree_to_go_on import agree_to_go_on
from rightparty.dispatch.operations.ask_to_go_on import ask_to_go_on
from rightparty.dispatch.operations.stop_batch import BatchError, stop_batch
from rightparty.dispatch.queries import batch_course, batch_story, list_batches

STATES: Final[Mapping[str, Promise]] = {
    "on_trial": _("on trial"),
    "trusted": _("trusted"),
    "stopped": _("stopped"),
    "withdrawn": _("withdrawn"),
}

CAUSES: Final[Mapping[str, Promise]] = {
    "new": _("a new load"),
    "first_load": _("the first load of this installation"),
    "small": _("no larger than a sample"),
    "before_trials": _("in use before there were trials"),
    "clean": _("its sample stayed without reports"),
    "reports": _("more reports than predicted"),
    "by_hand": _("stopped by hand"),
    "two_people": _("decided by two people"),
    "reverted": _("its load was reverted"),
}

TONES: Final = {"on_trial": "warn", "trusted": "good", "stopped": "bad", "withdrawn": ""}


@require_GET
@login_required
def batches(request: HttpRequest) -> HttpResponse:
    """List batches, the stopped ones and those on trial first."""
    rows = [(story, STATES[story.batch.state], TONES[story.batch.state]) for story in list_batches(at=_now())]
    return render(request, "console/batches.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def batch(request: HttpRequest, load_id: int) -> HttpResponse:
    """Show one batch: its state, its sample, reports predicted and seen; stop it, ask that it go on, agree."""
    fault = ""
    if request.method == "POST":
        try:
            done = _act(request, load_id)
        except BatchError as error:
            fault = f"{error}. {error.remedy}"
        else:
            messages.success(request, done)
            return redirect("console:batch", load_id=load_id)
    story = batch_story(load_id, at=_now())
    if story is None:
        raise Http404
    course = batch_course(story.batch)
    name = request.user.get_username().casefold()
    context = {
        "story": story, "batch": story.batch, "load_id": load_id, "fault": fault,
        "state": STATES[story.batch.state], "tone": TONES[story.batch.state],
        "cause": CAUSES.get(story.batch.cause, story.batch.cause),
        "decisions": [(each, STATES[each.from_state], STATES[each.to_state]) for each in story.decisions],
        "course": course.reverse().to_dicts(), "chart": course_chart(course),
        "against": _percent(story.against), "proven": _percent(story.proven),
        "may_agree": request.user.has_perm("dispatch.decide_batch"),
        "asked_myself": story.asked is not None and story.asked.asked_by.casefold() == name,
    }  # fmt: skip
    return render(request, "console/batch.html", context)


def _act(request: HttpRequest, load_id: int) -> str:
    by, why, at = request.user.get_username(), request.POST.get("why", ""), _now()
    match request.POST.get("act"):
        case "stop":
            stop_batch(load_id=load_id, at=at, by=by, why=why)
            return gettext("The batch is stopped.")
        case "ask":
            ask_to_go_on(load_id=load_id, at=at, by=by, reason=why)
            return gettext("Somebody else has to agree now.")
        case "agree":
            if not request.user.has_perm("dispatch.decide_batch"):
                raise PermissionDenied
            agree_to_go_on(load_id=load_id, at=at, by=by)
            return gettext("The decision of two people is recorded.")
        case _:
            raise BatchError("nothing was asked for", remedy="Use one of the buttons.")


def _percent(share: float) -> int:
    return round(100 * min(max(share, 0.0), 1.0))


def _now() -> datetime:
    return datetime.now(tz=UTC)
