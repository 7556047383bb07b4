# SPDX-License-Identifier: Apache-2.0
"""The alarms of operations: what each says, what to do, and when a delivery that failed is tried again.

An alarm carries numbers and codes, never personal data, and says where to look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One thing that operations must hear of."""

    #: what has happened
    text: str
    #: what to do
    remedy: str
    #: where in the console to look; `{load}` is the load's number
    page: str
    #: how long after one no other of the kind is raised: what comes on and on must not drown the other alarms
    rest: timedelta = timedelta(0)


ALARMS: Final[Mapping[str, AlarmKind]] = {
    "batch_stopped": AlarmKind(
        _("A batch of contact data was stopped."),
        _("Nothing that it feeds goes out. Find out what is wrong with the load; two people can put it on trial."),
        "/console/batches/{load}/",
    ),
    "batch_asked": AlarmKind(
        _("Somebody asks that a batch of contact data go on."),
        _("A second person has to agree, or nothing changes."),
        "/console/batches/{load}/",
    ),
    "batch_agreed": AlarmKind(
        _("Two people have decided that a batch of contact data goes on."),
        _("Nothing, if you know of it."),
        "/console/batches/{load}/",
    ),
    "load_quarantined": AlarmKind(
        _("A load was quarantined; nothing of it is used."),
        _("Look at the findings; admit or refuse it."),
        "/console/loads/{load}/",
    ),
    "dispatch_halted": AlarmKind(
        _("All dispatch was halted."), _("Find out why; lift the halt when its cause is gone."), "/console/"
    ),
    "dispatch_resumed": AlarmKind(_("Dispatch goes on after a halt."), _("Nothing, if you know of it."), "/console/"),
    "reminder_set_aside": AlarmKind(
        _("The gate could not decide on some reminders and set them aside."),
        _("They do not go out. Report the kind of the fault that the log names; the next plan proposes them again."),
        "/console/messages/?state=withheld",
    ),
    "facts_without_effect": AlarmKind(
        _("Facts in the inbox could not take effect."),
        _("Whom they name is on hold; of those that name nobody nothing is. See them with: rightparty inbox."),
        "/console/",
        rest=timedelta(hours=1),
    ),
    "gate_failing": AlarmKind(
        _("The gate fails on whatever it is given; nothing goes out."),
        _("Look at the log for the kind of the fault and its places; the workers go on trying."),
        "/console/",
    ),
}
"""Kind -> what it says."""

MOST_ATTEMPTS: Final = 12
"""After so many an alarm counts as failed, stays visible, and can be asked for again."""


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: from half a minute, doubling, at most six hours."""
    return min(timedelta(seconds=30 * int(2 ** min(attempts - 1, 16))), timedelta(hours=6))


def page_of(kind: str, facts: Mapping[str, object], *, public_url: str) -> str:
    """Return the address at which to look."""
    return public_url + ALARMS[kind].page.format(load=facts.get("load", ""))
