# SPDX-License-Identifier: Apache-2.0
"""right_words: the lender's own texts: two people, never changed once proposed, said at the gate once approved."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from rightparty.cli.app import app
from rightparty.dispatch.models import MessageText, OwnWording
from rightparty.dispatch.operations.approve_wording import approve_wording
from rightparty.dispatch.operations.propose_wordings import propose_wordings
from rightparty.dispatch.operations.release import release
from rightparty.dispatch.queries import explain_reminder, list_own_wordings, texts_in_force, wording_of
from rightparty.dispatch.wording import shipped_wordings
from rightparty.dispatch.wording_lint import Wording, WordingError
from rightparty.evidence.models import Leaf
from rightparty.evidence.queries import find_leaf, verify_log
from tests.integration.dispatch.lender import add_person, claimed, enqueue, only
from tests.integration.dispatch.test_races import in_thread

pytestmark = pytest.mark.django_db
SHIPPED = shipped_wordings()["due", "zh-Hans", "sms", "amount", ""]
OURS = replace(SHIPPED, text=SHIPPED.text.replace("请及时还款", "请您方便时还款"))


def propose(at: datetime, *texts: Wording, by: str = "ann") -> list[int]:
    return propose_wordings(texts or (OURS,), at=at, by=by)


def in_force(at: datetime, *texts: Wording) -> list[Wording]:
    return [approve_wording(number, at=at, by="bob") for number in propose(at, *texts)]


def said_to_the_debtor(at: datetime) -> str:
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    release(claimed(at), at=at, worker="w1")
    return MessageText.objects.get().body


def test_a_text_is_said_once_a_second_person_has_approved_it(at: datetime) -> None:
    (text,) = in_force(at)
    body = said_to_the_debtor(at)
    assert "请您方便时还款" in body
    reminder = only()
    assert reminder.template_version == text.version == f"own-{OwnWording.objects.get().id}"
    leaf = find_leaf(reminder.evidence_index)
    assert leaf.facts["words"]["template_version"] == text.version


def test_a_draft_is_not_said(at: datetime) -> None:
    propose(at)
    assert "请您方便时还款" not in said_to_the_debtor(at)
    assert only().template_version == SHIPPED.version


def test_a_text_for_the_recipients_market_is_said_and_its_version_is_recorded(at: datetime) -> None:
    elsewhere = replace(OURS, market="US", text=OURS.text + " STOP")
    here = replace(OURS, market="CN", text=OURS.text.replace("方便时", "得便时"))
    _general, _american, chinese = in_force(at, OURS, elsewhere, here)
    assert "请您得便时还款" in said_to_the_debtor(at)
    assert only().template_version == chinese.version
    assert find_leaf(only().evidence_index).facts["words"]["template_version"] == chinese.version


@pytest.mark.parametrize("by", ["ann", "Ann", " ANN ", "", "  "])
def test_who_proposed_cannot_approve_and_nobody_is_nameless(at: datetime, by: str) -> None:
    (number,) = propose(at)
    with pytest.raises(WordingError):
        approve_wording(number, at=at, by=by)
    assert OwnWording.objects.get().approved_at is None
    assert texts_in_force().wordings == shipped_wordings()


def test_the_store_refuses_one_person_twice_and_half_an_approval(at: datetime) -> None:
    propose(at)
    halves = ({"approved_by": "ANN"}, {"approved_by": ""})
    for half in halves:
        with pytest.raises(IntegrityError), transaction.atomic():
            OwnWording.objects.update(approved_at=at, approved_index=0, **half)
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnWording.objects.update(approved_by="bob")


@pytest.mark.parametrize(
    "change",
    [
        {"text": "x"}, {"subject": "x"}, {"template": "x"}, {"language": "en"}, {"channel": "email"}, {"market": "US"},
        {"disclosure": "limited_content"}, {"digest": "x"}, {"proposed_by": "eve"},
    ],
)  # fmt: skip
def test_the_store_refuses_to_change_the_words_of_a_draft(at: datetime, change: dict[str, str]) -> None:
    propose(at)
    with pytest.raises(DatabaseError, match="keeps its words"), transaction.atomic():
        OwnWording.objects.update(**change)
    assert wording_of(OwnWording.objects.get()).text == OURS.text


@pytest.mark.parametrize(
    "change",
    [{"text": "x"}, {"approved_by": "eve"}, {"approved_by": "", "approved_at": None, "approved_index": None}],
)
def test_the_store_refuses_to_change_an_approved_text(at: datetime, change: dict[str, Any]) -> None:
    in_force(at)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        OwnWording.objects.update(**change)
    assert wording_of(OwnWording.objects.get()).text == OURS.text


def test_the_store_refuses_to_delete_a_text(at: datetime) -> None:
    propose(at)
    for _ in range(2):
        with pytest.raises(DatabaseError, match="keeps its words"), transaction.atomic():
            OwnWording.objects.all().delete()
        if OwnWording.objects.get().approved_at is None:
            approve_wording(OwnWording.objects.get().id, at=at, by="bob")


def test_both_steps_leave_evidence_without_the_names_in_the_clear(at: datetime) -> None:
    approve_wording(propose(at, by="ann.smith")[0], at=at, by="bob")
    draft = OwnWording.objects.get()
    leaves = list(Leaf.objects.filter(kind__startswith="wording.").order_by("index"))
    assert [leaf.kind for leaf in leaves] == ["wording.proposed", "wording.approved"]
    assert leaves[1].index == draft.approved_index
    for leaf in leaves:
        assert draft.digest in leaf.payload
        assert "ann.smith" not in leaf.payload
        assert "bob" not in leaf.payload
    assert find_leaf(draft.approved_index).private == {"proposed_by": "ann.smith", "approved_by": "bob"}
    assert verify_log().intact


def test_a_text_is_approved_once_and_only_if_there_is_one(at: datetime) -> None:
    in_force(at)
    for number in (OwnWording.objects.get().id, 10_000):
        with pytest.raises(WordingError, match="there is no draft"):
            approve_wording(number, at=at, by="cid")


def test_a_file_with_one_bad_text_is_refused_whole(at: datetime) -> None:
    bad = replace(OURS, language="zh-Hant", text="【{sender}】{amount}{due_date}{link}{code} TD 法院")
    with pytest.raises(WordingError, match="法院"):
        propose(at, OURS, bad)
    assert OwnWording.objects.count() == 0
    assert Leaf.objects.count() == 0


def test_what_is_proposed_twice_is_refused(at: datetime) -> None:
    with pytest.raises(WordingError, match="twice"):
        propose(at, OURS, OURS)
    propose(at)
    with pytest.raises(WordingError, match="proposed already"):
        propose(at, by="cid")


def test_a_text_for_one_market_needs_one_for_all(at: datetime) -> None:
    ours = replace(SHIPPED, template="our_step", market="CN")
    (number,) = propose(at, ours)
    with pytest.raises(WordingError, match="there is none for all"):
        approve_wording(number, at=at, by="bob")
    in_force(at, replace(ours, market=""))
    assert approve_wording(number, at=at, by="bob").market == "CN"


def test_a_number_in_a_text_needs_one_of_the_lender(at: datetime, settings: Any) -> None:
    calls = replace(OURS, text=OURS.text + " {phone}")
    with pytest.raises(WordingError, match="RIGHTPARTY_PHONE"):
        propose(at, calls)
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "PHONE": "95000 1234"}
    in_force(at, calls)
    assert said_to_the_debtor(at).endswith(" 95000 1234")


def test_a_text_whose_number_is_no_longer_configured_withholds(at: datetime, settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "PHONE": "95000 1234"}
    (text,) = in_force(at, replace(OURS, text=OURS.text + " {phone}"))
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "PHONE": ""}
    (account,) = add_person(101, at)
    enqueue([(account, 101)], at)
    assert release(claimed(at), at=at, worker="w1").withheld == 1
    story = explain_reminder(only().id)
    assert [reason.code for reason in story.reasons] == ["right_words.render_failed"]
    assert story.leaf.facts["words"]["template_version"] == text.version


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_does(at: datetime) -> None:
    (number,) = propose(at)
    start, outcomes = threading.Barrier(2), []

    def approve(by: str) -> None:
        start.wait(10)
        try:
            outcomes.append(approve_wording(number, at=at, by=by).version)
        except WordingError:
            outcomes.append("refused")

    threads = [in_thread(lambda by=by: approve(by)) for by in ("bob", "cid")]
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == [f"own-{number}", "refused"]
    assert Leaf.objects.filter(kind="wording.approved").count() == 1
    assert verify_log().intact


def test_the_later_approval_counts_not_the_later_draft(at: datetime) -> None:
    first, second = propose(at, OURS)[0], propose(at, replace(OURS, text=OURS.text + " "))[0]
    approve_wording(second, at=at, by="bob")
    approve_wording(first, at=at + timedelta(hours=1), by="bob")
    key = "due", "zh-Hans", "sms", "amount", ""
    assert texts_in_force().wordings[key].version == f"own-{first}"
    assert [row.id for row in list_own_wordings()] == [first, second]


def test_an_approval_that_is_rolled_back_is_not_said(at: datetime) -> None:
    (number,) = propose(at)
    with pytest.raises(RuntimeError), transaction.atomic():
        approve_wording(number, at=at, by="bob")
        assert texts_in_force().wordings["due", "zh-Hans", "sms", "amount", ""].version == f"own-{number}"
        raise RuntimeError
    assert texts_in_force().wordings == shipped_wordings()


def test_the_texts_cost_the_gate_one_query(at: datetime, django_assert_num_queries: CaptureQueriesContext) -> None:
    with django_assert_num_queries(1):
        texts_in_force()
    in_force(at)
    kept = texts_in_force()
    with django_assert_num_queries(1):
        assert texts_in_force() is kept


def test_an_approved_text_that_a_later_rule_forbids_is_not_said(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(at)
    monkeypatch.setattr("rightparty.dispatch.queries.lint", lambda _text: ["forbidden since"])
    texts_in_force.__globals__["_texts_up_to"].cache_clear()
    assert texts_in_force().wordings == shipped_wordings()
    texts_in_force.__globals__["_texts_up_to"].cache_clear()


FILE = """
disclosure = "amount"
[en.sms]
text = "{sender}: {amount} was due on {due_date}. Pay, ask, or not you? {link} code {code}. Reply STOP to stop."
"""


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["wording", *words])
    return done.exit_code, done.output


def test_the_way_of_a_text_on_the_command_line(at: datetime, tmp_path: Path) -> None:
    file = tmp_path / "due.toml"
    file.write_text(FILE)
    assert run("lint", str(file)) == (0, run("lint", str(file))[1])
    status, said = run("preview", "due", "--file", str(file))
    assert (status, "USD 1,234.50 was due on 2026-11-08" in said, "GSM-7" in said) == (0, True, True)
    assert run("propose", str(file), "--by", "ann")[0] == 0
    number = OwnWording.objects.get().id
    assert "draft" in run("list")[1]
    assert run("approve", str(number), "--by", "ann")[0] == 2
    status, said = run("approve", str(number), "--by", "bob")
    assert (status, f"own-{number}" in said) == (0, True)
    assert "in force" in run("list")[1]
    assert f"own-{number}" in run("show", "due", "--language", "en")[1]
    assert "was due on" in run("preview", "due")[1]
    assert run("lint")[0] == 0


def test_lint_tells_every_finding_and_ends_with_status_1(tmp_path: Path) -> None:
    file = tmp_path / "due.toml"
    file.write_text(FILE.replace("Pay, ask", "Pay or meet us in court {sender.__class__}"))
    status, said = run("lint", str(file), "--json")
    assert (status, "is no variable" in said) == (1, True)
    file.write_text(FILE.replace("Pay, ask", "Pay or meet us in court at www.evil.example"))
    status, said = run("lint", str(tmp_path), "--json")
    assert (status, "court" in said, "www." in said) == (1, True, True)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "no_such"), ("preview", "due", "--level", "everything"), ("preview", "due", "--language", "tlh"),
        ("lint", "no/such/file.toml"), ("propose", "no/such/file.toml", "--by", "ann"), ("approve", "7", "--by", "bob"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_a_remedy(words: tuple[str, ...]) -> None:
    status, said = run(*words)
    assert (status, "do:" in said) == (2, True)
