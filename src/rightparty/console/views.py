# SPDX-License-Identifier: Apache-2.0
"""Staff pages: the day, the messages, a person, the cases, the loads. Thin: one query or one operation a view."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from rightparty.casework.operations.close_case import CaseDecisionError, close_case
from rightparty.casework.queries import actions_of, count_cases, find_case, list_cases
from rightparty.console.audits import audit_shown
from rightparty.console.calls import call_history
from rightparty.console.figures import bar_chart
from rightparty.console.loads import STATES, shown_findings
from rightparty.console.story import cited_reasons, decided_on, facts_shown, seen_facts
from rightparty.console.waterfalls import add_pictures, waterfalls_of_party
from rightparty.dispatch.queries import batch_story, explain_reminder, list_reminders, reminder_states
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.intake.errors import IntakeError
from rightparty.intake.operations.decide_load import admit_load, refuse_load
from rightparty.intake.queries import find_load, latest_audit, list_loads, rejected_rows
from rightparty.kernel.promises import Promise
from rightparty.kernel.reasons import BY_CODE, promise_mask, reasons_in
from rightparty.planning.drafts.queries import installed_packs
from rightparty.planning.queries import entries_of_plan, find_plan, find_portrait, latest_plan

PAGE: Final = 50
"""Rows a page shows: what a person scans without losing the place."""

LONGEST_SEARCH: Final = 64
"""A party id is no longer than its column."""


def _now() -> datetime:
    return datetime.now(tz=UTC)


@require_GET
@login_required
def today(request: HttpRequest) -> HttpResponse:
    """Show the latest plan, where its reminders are, and what held the others back."""
    plan = latest_plan()
    states = reminder_states(plan_id=plan.id if plan else 0)
    by_reason: dict[str, int] = plan.summary.get("withheld_by_reason", {}) if plan else {}
    held = {p.value: sum(n for code, n in by_reason.items() if code.startswith(f"{p}.")) for p in Promise}
    context = {
        "plan": plan,
        "funnel": bar_chart(_funnel(plan.summary if plan else {}, states)),
        "held": bar_chart(held),
        "reasons": [(BY_CODE[code], count) for code, count in sorted(by_reason.items(), key=lambda item: -item[1])],
        "open_cases": count_cases("open"),
    }
    return render(request, "console/today.html", context)


def _funnel(summary: dict[str, int], states: dict[str, int]) -> dict[str, int]:
    released = sum(states[s] for s in ("released", "handed_over", "delivered", "failed", "unknown"))
    return {
        _("considered"): summary.get("considered", 0),
        _("proposed"): summary.get("proposed", 0),
        _("released"): released,
        _("delivered"): states["delivered"],
    }


@require_GET
@login_required
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show what a plan says of each account, by reason."""
    found = find_plan(plan_id)
    if found is None:
        raise Http404
    reason = BY_CODE.get(request.GET.get("reason", ""))
    page = _page(request)
    entries = entries_of_plan(plan_id, mask=reason.mask if reason else 0, skip=page * PAGE, most=PAGE + 1)
    rows = [(entry, reasons_in(entry.reasons_mask)) for entry in entries[:PAGE]]
    context = {"plan": found, "rows": rows, "reason": reason, **_pages(page, more=len(entries) > PAGE)}
    return render(request, "console/plan.html", context)


@require_GET
@login_required
def messages_list(request: HttpRequest) -> HttpResponse:
    """Show the outbox, filtered by state, promise and channel."""
    wanted = {name: request.GET.get(name, "") for name in ("state", "channel", "promise")}
    if wanted["state"] not in list(ReminderState):
        wanted["state"] = ""
    mask = promise_mask(Promise(wanted["promise"])) if wanted["promise"] in list(Promise) else 0
    page = _page(request)
    found = list_reminders(
        state=wanted["state"], channel=wanted["channel"], reasons_mask=mask, skip=page * PAGE, most=PAGE + 1
    )
    context = {
        "rows": [(reminder, reasons_in(reminder.reasons_mask)) for reminder in found[:PAGE]],
        "wanted": wanted,
        "states": list(ReminderState),
        "promises": list(Promise),
        **_pages(page, more=len(found) > PAGE),
    }
    return render(request, "console/messages.html", context)


@require_GET
@login_required
def message(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    """Explain one reminder: timeline, reasons with citations, the facts the gate saw, the text."""
    story = explain_reminder(reminder_id)
    if story is None:
        raise Http404
    facts = facts_shown(seen_facts(story))
    context = {
        **call_history(reminder_id),
        "story": story,
        "reminder": story.reminder,
        "reasons": cited_reasons(story, installed_packs(known_on=decided_on(seen_facts(story)))),
        "facts": facts,
    }
    return render(request, "console/message.html", context)


@require_GET
@login_required
def person(request: HttpRequest) -> HttpResponse:
    """Show a person: contact points with attribution, accounts, holds, messages."""
    wanted = request.GET.get("party", "").strip()[:LONGEST_SEARCH]
    at = _now()
    portrait = find_portrait(wanted, at=at) if wanted else None
    if portrait:
        add_pictures(portrait.points, waterfalls_of_party(wanted, at=at))
    sent = list_reminders(party_id=wanted, most=PAGE) if portrait else []
    context = {"wanted": wanted, "portrait": portrait, "sent": sent}
    return render(request, "console/person.html", context)


@require_GET
@login_required
def cases(request: HttpRequest) -> HttpResponse:
    """List cases, those due first at the top."""
    state = request.GET.get("state", "open")
    shown = list_cases(None if state == "all" else state)
    return render(request, "console/cases.html", {"cases": shown, "state": state, "now": _now()})


@login_required
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case and take the decision on it."""
    found = find_case(case_id)
    if found is None:
        raise Http404
    fault = ""
    if request.method == "POST":
        try:
            close_case(
                case_id=case_id,
                decision=request.POST.get("decision", ""),
                by=request.user.get_username(),
                at=_now(),
            )
        except CaseDecisionError as error:
            fault = str(error)
        else:
            messages.success(request, _("The case is closed and its author is told."))
            return redirect("console:cases")
    return render(request, "console/case.html", {"case": found, "actions": actions_of(case_id), "fault": fault})


@require_GET
@login_required
def loads(request: HttpRequest) -> HttpResponse:
    """List the loads and reverts."""
    listed = [{**row, "shown": STATES.get(row["state"], row["state"])} for row in list_loads().to_dicts()]
    return render(request, "console/loads.html", {"loads": listed})


@login_required
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest, load_id: int) -> HttpResponse:
    """Show what screening found in a load and the rows it could not take; decide on a quarantined one."""
    found = find_load(load_id)
    if found is None:
        raise Http404
    may_decide = request.user.has_perm("intake.decide_load")
    fault = ""
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        try:
            _decide_load(load_id, request)
        except IntakeError as error:
            fault = f"{error}. {error.remedy}"
        else:
            messages.success(request, _("The decision on the load is recorded."))
            return redirect("console:load", load_id=load_id)
    context = {
        "load_id": load_id, "load": found, "state": STATES.get(found.state, found.state), "fault": fault,
        "findings": shown_findings(found.summary), "may_decide": may_decide,
        "has_batch": batch_story(load_id, at=_now()) is not None,
        "rows": rejected_rows(load_id).head(PAGE * 4).to_dicts(),
    }  # fmt: skip
    return render(request, "console/load.html", context)


@require_GET
@login_required
@permission_required("intake.decide_load", raise_exception=True)
def audit(request: HttpRequest) -> HttpResponse:
    """Show what the latest audit of the whole portfolio found, and as of when."""
    latest = latest_audit()
    return render(request, "console/audit.html", audit_shown(latest.report) if latest else {})


def _decide_load(load_id: int, request: HttpRequest) -> None:
    by, reason = request.user.get_username(), request.POST.get("why", "")
    if request.POST.get("decision") == "admit":
        admit_load(load_id, by=by, reason=reason, at=_now())
    else:
        refuse_load(load_id, by=by, reason=reason, at=_now())


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "0")
    return min(int(text), 10_000) if text.isdecimal() and len(text) < 6 else 0


def _pages(page: int, *, more: bool) -> dict[str, object]:
    return {"page": page, "previous": page - 1 if page else None, "next": page + 1 if more else None}
