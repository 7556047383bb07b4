# SPDX-License-Identifier: Apache-2.0
"""The simulated handsets and mailboxes, to see what recipients see and to answer as they would.

Served only for channels behind which no carrier stands.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rightparty.inbound.intent import Intent
from rightparty.simulation.operations.write_back import write_back
from rightparty.simulation.queries import find_conversation, list_handsets

LONGEST_REPLY = 1_000
"""Characters of a reply, about seven text messages."""


def simulated_channels() -> list[str]:
    """Return the channels that end at simulated handsets.

    Raises:
        Http404: none does.
    """
    ends = {"sms": settings.RIGHTPARTY["SMS_CHANNEL"], "email": settings.RIGHTPARTY["EMAIL_CHANNEL"]}
    channels = [channel for channel, end in ends.items() if "simulated" in end.split()]
    if not channels:
        raise Http404
    return channels


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def handsets(request: HttpRequest) -> HttpResponse:
    """List handsets and mailboxes. A search is posted: an address must not stand in the page's address."""
    channels = simulated_channels()
    holding = request.POST.get("holding", "").strip()[:100]
    given = request.GET.get("page", "1")
    page = max(int(given), 1) if given.isascii() and given.isdigit() and len(given) < 7 else 1
    found, has_more = list_handsets(channels, holding=holding, page=page)
    context = {
        "handsets": found, "has_more": has_more, "holding": holding, "page": page, "before": page - 1,
        "after": page + 1,
    }  # fmt: skip
    return render(request, "simulation/handsets.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, key: str) -> HttpResponse:
    """Show a conversation in its handset; a posted text is a reply."""
    talk = find_conversation(key, simulated_channels())
    if talk is None:
        raise Http404
    if request.method == "POST":
        body = request.POST.get("body", "").strip()[:LONGEST_REPLY]
        if body:
            result, case = write_back(channel=talk.channel, address=talk.address, body=body, at=datetime.now(UTC))
            messages.success(request, _heard(result.intent))
            if case is not None:
                messages.info(request, _opened(reverse("portal:case", args=[case.follow_token])))
        return redirect("simulation:conversation", key=key)
    return render(request, "simulation/conversation.html", {"talk": talk, "longest": LONGEST_REPLY})


def _opened(page: str) -> SafeString:
    """Return that a case was opened, with the link to its page."""
    told = gettext("A case was opened; its author follows it at %s").replace("%s", "{}")
    return format_html(told, format_html('<a href="{0}">{0}</a>', page))


def _heard(intent: Intent) -> str:
    """Return what the product understood, in the page's language."""
    heard = {
        Intent.STOP: gettext("Understood as: stop. No more messages of this kind go to this address."),
        Intent.WRONG_PARTY: gettext("Understood as: not me. This address is no longer used for that person."),
        Intent.PAID: gettext("Understood as: already paid."),
        Intent.DISPUTE: gettext("Understood as: an objection."),
        Intent.HELP: gettext("Understood as: a question. It was kept for staff."),
        Intent.NONE: gettext("Not understood as a request. It was kept for staff."),
    }
    return heard[intent]
