# SPDX-License-Identifier: Apache-2.0
"""How a decision is told to staff: reasons with their citations, facts with readable names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from rightparty.dispatch.queries import ReminderStory
from rightparty.kernel.reasons import Reason
from rightparty.policy.citations import citation_of
from rightparty.policy.facts import FACTS
from rightparty.policy.pack import LawPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedReason:
    """A reason and what stands behind it in the recipient's market."""

    reason: Reason
    citation: str


def cited_reasons(story: ReminderStory, packs: LawPacks) -> list[CitedReason]:
    """Return the reasons of a reminder with the articles of its market."""
    seen = seen_facts(story)
    market, day = str(seen.get("market", "")), local_day(seen)
    return [
        CitedReason(
            reason=reason,
            citation=citation_of(reason.code, market=market, channel=story.reminder.channel, packs=packs, on=day),
        )
        for reason in story.reasons
    ]


def seen_facts(story: ReminderStory) -> Mapping[str, object]:
    """Return the facts that the gate saw, as its record in the log has them; empty before the gate."""
    seen = story.leaf.facts.get("facts") if story.leaf else None
    return seen if isinstance(seen, dict) else {}


def local_day(facts: Mapping[str, object]) -> date | None:
    """Return the recipient's local day at the decision, whose law counted; None before the gate."""
    said = facts.get("local_date_min")
    return date.fromisoformat(str(said)) if said else None


def decided_on(facts: Mapping[str, object]) -> date | None:
    """Return the day of the decision, on which the law packs were known as they then stood; None before the gate."""
    said = facts.get("at")
    return date.fromisoformat(str(said)[:10]) if said else None


def facts_shown(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the rules' facts in their documented order, then the others."""
    order = [name for name in FACTS if name in facts] + sorted(set(facts) - set(FACTS))
    return [(name.replace("_", " "), _shown(facts[name])) for name in order]


def _shown(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)
