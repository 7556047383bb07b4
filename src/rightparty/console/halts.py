# SPDX-License-Identifier: Apache-2.0
"""The red button on every page of staff, what it asks before it acts, and the banner while a halt is in force.

Anybody on staff may halt: to stop takes no right. To let dispatch go on takes one, and a reason.
"""

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rightparty.dispatch.operations.halt import halt as halt_dispatch
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.queries import current_halt, is_halted_by_file

RESUME = "dispatch.resume_dispatch"


def halt_in_force(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001 (a context processor's signature)
    """Tell a page of staff, if it asks, by whom and why dispatch is halted; other pages cost nothing by it."""
    return {"halt": SimpleLazyObject(current_halt), "halted_by_file": SimpleLazyObject(is_halted_by_file)}


@login_required
@require_http_methods(["GET", "POST"])
def halt(request: HttpRequest) -> HttpResponse:
    """Ask for a reason, then stop all dispatch."""
    if not request.user.is_staff:
        raise PermissionDenied
    why = request.POST.get("why", "").strip()[:300]
    if request.method == "POST" and why:
        halt_dispatch(at=datetime.now(tz=UTC), by=request.user.get_username(), why=why)
        messages.warning(request, _("Dispatch is halted."))
        return redirect("console:today")
    return render(request, "console/halt.html", {"asked": request.method == "POST"})


@login_required
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Ask for a reason, then lift the halt."""
    if not request.user.has_perm(RESUME):
        raise PermissionDenied
    why = request.POST.get("why", "").strip()[:300]
    if request.method == "POST" and why:
        lift_halt(at=datetime.now(tz=UTC), by=request.user.get_username(), why=why)
        messages.success(request, _("Dispatch goes on."))
        return redirect("console:today")
    return render(request, "console/resume.html", {"asked": request.method == "POST"})
