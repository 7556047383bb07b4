# SPDX-License-Identifier: Apache-2.0
"""Staff pages on who is one human: the questions, two records side by side, and the acts that can be undone.

Whoever may decide sees the records in full; others see them masked and decide nothing.
"""

from datetime import UTC, datetime
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from rightparty.console.link_words import (
    ACTS,
    KINDS,
    STATES,
    VERDICTS,
    contradictions_in_words,
    percents,
    points_of_both,
    reasons_in_words,
    side_by_side,
)
from rightparty.parties.linked.changes import LinkError
from rightparty.parties.linked.queries import find_review, history_of, links_in_force, list_reviews
from rightparty.parties.operations.decide_link import answer_review
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from rightparty.parties.operations.undo_change import undo_change
from rightparty.parties.queries import find_party, ids_of_person

PAGE: Final = 50
RIGHT: Final = "parties.decide_link"
LONGEST_ID: Final = 64
LONGEST_REASON: Final = 300


@require_GET
@login_required
def reviews(request: HttpRequest) -> HttpResponse:
    """List the questions in a state, those that hold messages first."""
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    page = _page(request)
    found = list_reviews(state=state, skip=page * PAGE, most=PAGE + 1).to_dicts()
    rows = [
        {
            **row, "told": KINDS[row["kind"]], "percents": percents(row),
            "against": contradictions_in_words(row["contradictions"]),
        }
        for row in found[:PAGE]
    ]  # fmt: skip
    context = {
        "rows": rows, "state": state, "wanted": {"state": state}, "states": STATES.items(), "page": page,
        "previous": page - 1 if page else None, "next": page + 1 if len(found) > PAGE else None,
    }  # fmt: skip
    return render(request, "console/link_reviews.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show what a question is about, and take the answer."""
    found = find_review(review_id)
    if found.is_empty():
        raise Http404
    may_decide = request.user.has_perm(RIGHT)
    fault = ""
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        try:
            answer_review(
                review_id=review_id, verdict=request.POST.get("verdict", ""), by=request.user.get_username(),
                reason=_reason(request), at=datetime.now(tz=UTC),
            )  # fmt: skip
        except LinkError as error:
            fault = f"{error}. {error.remedy}"
        else:
            messages.success(request, _("The decision is recorded."))
            return redirect("console:link_reviews")
    row = found.row(0, named=True)
    context = {
        "review": row, "told": KINDS[row["kind"]], "state": STATES[row["state"]], "fault": fault,
        "percents": percents(row), "reasons": reasons_in_words(row["reasons"]), "may_decide": may_decide,
        "against": contradictions_in_words(row["contradictions"]), "fields": side_by_side(row, in_full=may_decide),
        "points": points_of_both(row, in_full=may_decide), "answerable": row["state"] in ("open", "upheld"),
        "one_id": row["kind"] == "one_id",
    }  # fmt: skip
    return render(request, "console/link_review.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def persons(request: HttpRequest) -> HttpResponse:
    """Show which ids are one human, why, and every act that made it so; merge, split and undo."""
    may_decide = request.user.has_perm(RIGHT)
    wanted = request.GET.get("party", "").strip()[:LONGEST_ID]
    fault = ""
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        try:
            _act(request, wanted)
        except LinkError as error:
            fault = f"{error}. {error.remedy}"
        else:
            messages.success(request, _("The decision is recorded."))
            return redirect(request.get_full_path())
    known = bool(wanted) and find_party(wanted) is not None
    ids = ids_of_person(wanted) if known else []
    links = [
        {**row, "told": VERDICTS[row["verdict"]], "reasons": reasons_in_words(row["reasons"])}
        for row in links_in_force(party_ids=ids).sort("id").head(PAGE).to_dicts()
    ]
    acts = [{**row, "told": ACTS[row["kind"]]} for row in history_of(ids).head(PAGE).to_dicts()]
    context = {
        "wanted": wanted, "known": known, "ids": ids, "links": links, "acts": acts, "fault": fault,
        "may_decide": may_decide,
    }  # fmt: skip
    return render(request, "console/linked_person.html", context)


def _act(request: HttpRequest, party: str) -> None:
    by, reason, at = request.user.get_username(), _reason(request), datetime.now(tz=UTC)
    deed, act = request.POST.get("deed", ""), request.POST.get("act", "")
    if deed == "merge":
        other = request.POST.get("other", "").strip()[:LONGEST_ID]
        merge_persons(left_id=party, right_id=other, by=by, reason=reason, at=at)
    elif deed == "split":
        split_person(party_ids=request.POST.getlist("ids")[:LONGEST_REASON], by=by, reason=reason, at=at)
    elif deed == "undo" and act.isdecimal() and len(act) < 16:
        undo_change(change_id=int(act), by=by, reason=reason, at=at)
    else:
        raise LinkError(_("nothing was chosen"), remedy=_("Choose what is to be done."))


def _reason(request: HttpRequest) -> str:
    return request.POST.get("why", "").strip()[:LONGEST_REASON]


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "0")
    return int(text) if text.isdecimal() and len(text) < 5 else 0
