# SPDX-License-Identifier: Apache-2.0
"""right_time: what is unknown or contradicts itself withholds with a name of its own, in both readers; no row stops.

Each case stands beside a lawful one in the same frame, so that one bad row is seen not to stop the portfolio.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.comparing import SHIPPED, SILENT_HOUSE, THRESHOLDS, readers
from tests.oracle.drafts import LONG_AGO, write_pack
from tests.oracle.judge import judge
from tests.oracle.production import verdicts
from tests.oracle.situation import Contact, Situation
from tests.oracle.test_the_comparison_can_fail import NEEDED, statement

BOTH = readers(SHIPPED)
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
IN_MOSCOW = {"market": "RU", "zones": ("Europe/Moscow",), "at": NOON + timedelta(hours=5)}


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"zones": ("Mars/Olympus",)}, "right_time.unknown_local_time"),
        ({"zones": ("Asia/Shanghai", "Mars/Olympus")}, "right_time.unknown_local_time"),
        ({"zones": ()}, "right_time.unknown_local_time"),
        ({"zones": None}, "right_time.unknown_local_time"),
        ({"at": None}, "right_time.unknown_local_time"),
        ({"market": "XX"}, "right_time.no_law_pack"),
        ({"market": None}, "right_time.no_law_pack"),
        ({**IN_MOSCOW, "born": None}, "right_party.age_unknown"),
        ({**IN_MOSCOW, "born": date(2026, 11, 25)}, "right_party.age_unknown"),
        ({"roles": ("debtor", "emergency_contact")}, "right_party.roles_contradict"),
        ({"roles": ()}, "right_party.not_liable"),
        ({"past": (Contact(NOON + timedelta(minutes=6), "sms", "sent", "B"),)}, "right_time.clock_contradiction"),
        ({"past": (Contact(None, "sms", "sent", "B"),)}, "right_time.clock_contradiction"),
        ({"days_past_due": None}, "right_debt.ledger_inconsistent"),
        ({"at": datetime(1999, 6, 1, 4, tzinfo=UTC)}, "right_time.rules_gap"),
    ],
)
def test_bad_input_withholds_with_a_name(odd: dict[str, Any], reason: str) -> None:
    bad, lawful = Situation(**{"at": NOON, "person": "bad", **odd}), Situation(at=NOON, person="lawful")
    told = verdicts([bad, lawful], BOTH.engine)
    assert told == [judge(situation, BOTH.oracle, THRESHOLDS) for situation in (bad, lawful)]
    assert reason in told[0]
    assert told[1] == set()


@pytest.mark.parametrize(("day", "is_gap"), [(15, False), (16, True), (17, True), (18, False)])
def test_a_gap_between_versions_withholds_on_its_days_only(tmp_path: Path, day: int, is_gap: bool) -> None:
    always = statement(NEEDED[0])
    before = {**always, "effective_to": date(2026, 11, 16)}
    after = {**always, "effective_from": date(2026, 11, 18), "recorded_from": LONG_AGO}
    write_pack(tmp_path, "CN", [before, after, *(statement(needed) for needed in NEEDED[1:])])
    both = readers(tmp_path, house=SILENT_HOUSE)
    situation = Situation(at=datetime(2026, 11, day, 4, tzinfo=UTC))
    told = verdicts([situation], both.engine)
    assert told == [judge(situation, both.oracle, THRESHOLDS)] == [{"right_time.rules_gap"} if is_gap else set()]
