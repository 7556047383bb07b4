# SPDX-License-Identifier: Apache-2.0
"""right_time: `rightparty policy check` judges a file of situations, says what differs, and guesses nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rightparty.cli.app import app
from tests.law.situations import raw_situations

VN_FIVE: dict[str, Any] = next(dict(raw) for raw in raw_situations() if raw["id"] == "VN-per_day-108")


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Result]:
    def run(*lines: object, options: tuple[str, ...] = ()) -> Result:
        file = tmp_path / "situations.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return CliRunner().invoke(app, ["policy", "check", str(file), *options])

    return run


def changed(**situation: Any) -> dict[str, Any]:
    return {**VN_FIVE, "situation": {**VN_FIVE["situation"], **situation}}


def test_every_situation_of_every_market_passes(check: Callable[..., Result]) -> None:
    done = check(*raw_situations())
    assert done.exit_code == 0, done.output
    assert done.output.strip() == f"{len(raw_situations())} passed, 0 failed"


def test_what_differs_is_told_with_its_reason_and_the_law(check: Callable[..., Result]) -> None:
    done = check(VN_FIVE, "", {**VN_FIVE, "id": "wrong", "expected": "permitted"}, options=("--json",))
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert (report["passed"], report["failed"]) == (1, 1)
    (wrong,) = [one for one in report["situations"] if not one["passed"]]
    assert (wrong["id"], wrong["verdict"], wrong["reasons"]) == ("wrong", "withheld", "right_time.person_daily_cap")
    assert wrong["citation"] == "Circular 43/2016/TT-NHNN art. 7 as amended by 18/2019/TT-NHNN (S)"


def test_a_no_for_another_reason_does_not_pass(check: Callable[..., Result]) -> None:
    done = check({**changed(history=[], flags=["deceased"]), "rule": "per_day"}, options=("--json",))
    assert done.exit_code == 1
    assert json.loads(done.output)["situations"][0]["reasons"] == "right_party.deceased"


def test_a_market_without_a_pack_is_withheld_but_by_no_law(check: Callable[..., Result]) -> None:
    done = check({**VN_FIVE, "market": "ZZ"}, options=("--json",))
    assert done.exit_code == 1
    assert "right_time.no_law_pack" in json.loads(done.output)["situations"][0]["reasons"]


def test_packs_are_read_as_they_stood_on_a_day(check: Callable[..., Result]) -> None:
    permitted = {**changed(history=[]), "expected": "permitted"}
    assert check(permitted).exit_code == 0
    assert check(permitted, options=("--known-on", "2026-03-31")).exit_code == 1
    assert check(permitted, options=("--known-on", "March")).exit_code == 2


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ("{", "not JSON"),
        ("[]", "field the whole"),
        ({**VN_FIVE, "situation": 5}, "field situation"),
        ({name: value for name, value in VN_FIVE.items() if name != "market"}, "field market"),
        ({**VN_FIVE, "expected": "maybe"}, "field expected"),
        (changed(clock_zone="Mars/Phobos"), "field situation.clock_zone"),
        (changed(at_local="tomorrow"), "field situation.at_local"),
        (changed(at_local="2026-11-24T08:00:00+07:00"), "field situation.at_local"),
        (changed(channel="pigeon"), "field situation.channel"),
        (changed(days_past_due="ten"), "field situation.days_past_due"),
        (changed(days_past_due=True), "field situation.days_past_due"),
        (changed(time_zones="Asia/Ho_Chi_Minh"), "field situation.time_zones"),
        (changed(flags=["opted:sms"]), "field situation.flags"),
        (changed(flags=["age:young"]), "field situation.flags"),
        (changed(flags=["preference:20:00-08:00"]), "field situation.flags"),
        (changed(consents=["hours:8-9"]), "field situation.consents"),
        (changed(consents=["days:someday"]), "field situation.consents"),
        (changed(history=[{"channel": "sms"}]), "field situation.history[0].outcome"),
        (
            changed(history=[{"channel": "sms", "outcome": "sent", "at_local": "x"}]),
            "field situation.history[0].at_local",
        ),
        (changed(histroy=[]), "field situation.histroy"),
    ],
)
def test_a_malformed_line_is_refused_by_line_and_field(
    check: Callable[..., Result], broken: object, field: str
) -> None:
    done = check(VN_FIVE, broken)
    assert done.exit_code == 2
    assert f"situations.jsonl, line 2: {field}" in done.output.replace("\n", "")


def test_an_unknown_zone_of_the_person_withholds_instead(check: Callable[..., Result]) -> None:
    for zones in ([], ["Mars/Phobos"], ["Asia/Ho_Chi_Minh", "Mars/Phobos"]):
        done = check({**changed(time_zones=zones, history=[]), "expected": "permitted"}, options=("--json",))
        assert done.exit_code == 1
        assert "right_time.unknown_local_time" in json.loads(done.output)["situations"][0]["reasons"]
