# SPDX-License-Identifier: Apache-2.0
"""House rules and strategies change by two people: proposed, checked, approved, recorded, never altered afterwards."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import DatabaseError, connection, transaction

from rightparty.dispatch.wording import available_wordings
from rightparty.evidence.queries import read_leaf, verify_log
from rightparty.planning.drafts.kinds import DraftError, DraftKind
from rightparty.planning.drafts.queries import (
    find_draft,
    installed_packs,
    installed_strategy,
    list_drafts,
)
from rightparty.planning.operations.approve_draft import approve_draft
from rightparty.planning.operations.propose_draft import propose_draft
from rightparty.planning.strategy import StrategyError, read_strategy_file
from rightparty.policy.errors import PackError
from rightparty.policy.pack import read_house_file
from rightparty.policy.toml_lines import TomlText, parse_toml

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


def house(old: str = "grace_days = 2", new: str = "grace_days = 5") -> TomlText:
    shipped = read_house_file(None)
    assert old in shipped.text
    return parse_toml("ours.toml", f'markets = ["CN", "US", "VN", "CZ"]\n{shipped.text.replace(old, new)}')


def propose(source: TomlText, *, kind: DraftKind = DraftKind.HOUSE, by: str = "ann") -> int:
    return propose_draft(kind, source, wordings=available_wordings(), at=AT, by=by, reason="to see")


def approve(number: int, *, by: str = "bob", at: datetime = LATER) -> DraftKind:
    return approve_draft(number, wordings=available_wordings(), at=at, by=by)


def test_a_draft_is_used_from_its_approval_on() -> None:
    number = propose(house())
    assert installed_packs().house.promise_grace_days == 2
    assert approve(number) is DraftKind.HOUSE
    assert installed_packs().house.promise_grace_days == 5
    assert installed_packs() is installed_packs(), "they are not read anew for every message"
    assert installed_packs(at=AT).house.promise_grace_days == 2, "as of before the approval the old rules hold"


def test_the_newest_approval_counts_and_one_can_go_back() -> None:
    approve(propose(house()))
    approve(propose(house(new="grace_days = 9")), at=LATER + timedelta(hours=1))
    assert installed_packs().house.promise_grace_days == 9
    approve(propose(house()), at=LATER + timedelta(hours=2))
    assert installed_packs().house.promise_grace_days == 5
    assert [draft.id for draft in list_drafts()] == sorted((draft.id for draft in list_drafts()), reverse=True)


def test_both_steps_are_records_of_the_log() -> None:
    draft = find_draft(propose(house()))
    assert draft is not None
    approve(draft.id)
    draft.refresh_from_db()
    first, second = (read_leaf(index) for index in (draft.proposed_index, draft.approved_index or -1))
    assert (first.kind, second.kind) == ("policy.proposed", "policy.approved")
    assert first.facts["draft"] == second.facts["draft"] == draft.digest
    assert verify_log().intact


@pytest.mark.parametrize("name", ["ann", " Ann ", ""])
def test_who_proposed_cannot_approve(name: str) -> None:
    number = propose(house())
    with pytest.raises(DraftError):
        approve(number, by=name)
    assert installed_packs().house.promise_grace_days == 2


def test_a_draft_is_approved_once_and_not_before_it_was_proposed() -> None:
    number = propose(house())
    with pytest.raises(DraftError, match="later"):
        approve(number, at=AT - timedelta(seconds=1))
    approve(number)
    with pytest.raises(DraftError, match="already"):
        approve(number, by="carl")
    with pytest.raises(DraftError, match="no draft"):
        approve(number + 1)


def test_what_the_planner_would_refuse_is_not_even_proposed() -> None:
    with pytest.raises(PackError, match=r"ours\.toml, line \d+: field caps\.messages_per_person_day"):
        propose(house("messages_per_person_day = 1", "messages_per_person_day = 6"))
    with pytest.raises(DraftError):
        propose(house(), by=" ")
    assert list_drafts() == []


def test_a_strategy_must_have_words_in_every_served_market() -> None:
    approve(propose(house()))
    shipped = read_strategy_file(None)
    ours = parse_toml("ours.toml", shipped.text.replace("every_days = 4", "every_days = 3"))
    without = pl.DataFrame(available_wordings().filter(pl.col("language") != "cs"))
    with pytest.raises(StrategyError, match=r"ours\.toml, line \d+: step due: field template: due .* in cs \(CZ\)"):
        propose_draft(DraftKind.STRATEGY, ours, wordings=without, at=AT, by="ann", reason="to see")
    approve(propose(ours, kind=DraftKind.STRATEGY), at=LATER + timedelta(hours=1))
    assert installed_strategy().steps[0].every_days == 3


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("update planning_policydraft set text = 'x' where id = %(id)s", {}),
    ("update planning_policydraft set proposed_by = 'x' where id = %(id)s", {}),
    ("update planning_policydraft set approved_by = 'carl' where id = %(id)s", {"approved": True}),
    ("update planning_policydraft set approved_by = 'ANN', approved_at = proposed_at, approved_index = 1", {}),
    ("update planning_policydraft set approved_by = 'bob' where id = %(id)s", {}),
    ("delete from planning_policydraft where id = %(id)s", {}),
    ("delete from planning_policydraft where id = %(id)s", {"approved": True}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "given"), CHANGES)
def test_the_database_refuses_every_other_change(statement: str, given: dict[str, Any]) -> None:
    number = propose(house())
    if given.get("approved"):
        approve(number)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, {"id": number})
    draft = find_draft(number)
    assert draft is not None
    assert draft.text == house().text


def test_the_settings_file_holds_until_a_draft_is_approved(tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(house(new="grace_days = 7").text, encoding="utf-8")
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "HOUSE_RULES_FILE": str(file)}
    assert installed_packs().house.promise_grace_days == 7
    approve(propose(house()))
    assert installed_packs().house.promise_grace_days == 5
