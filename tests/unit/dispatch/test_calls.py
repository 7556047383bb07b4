# SPDX-License-Identifier: Apache-2.0
"""Outcome codes, scripts, recordings: every code has its end, and no line before identification tells of a debt."""

import random
from datetime import date
from io import BytesIO

import pytest

from rightparty.dispatch.calls.outcomes import BY_CODE, OUTCOMES, Reached, events_of
from rightparty.dispatch.calls.recording import media_type_of
from rightparty.dispatch.calls.script import call_duties, keep_until, script_lines, script_of
from rightparty.dispatch.calls.sealing import KEY_BYTES, PIECE, UnsealError, seal, unseal
from rightparty.dispatch.reminder_state import ReminderState, may_move
from rightparty.dispatch.word_lists import debt_word_in, threats_in
from rightparty.dispatch.wording import shipped_wordings
from rightparty.kernel.vocabulary import EventKind
from rightparty.policy.pack import load_packs
from rightparty.policy.verdict import duties_of

PACKS = load_packs()


def duties(market: str, on: date = date(2026, 11, 23)):
    return call_duties(duties_of(PACKS, market=market, channel="call", on=on))


def test_the_codes_of_the_trade_are_all_there() -> None:
    assert len(BY_CODE) == len(OUTCOMES)
    assert set(BY_CODE) >= {
        "right_party_contact", "third_party", "wrong_party", "no_answer", "busy", "voicemail_no_message",
        "voicemail_message", "disconnected", "promise_to_pay", "refused_to_pay", "dispute", "hardship",
        "cease_communication", "callback_requested", "attorney", "deceased", "language_barrier",
    }  # fmt: skip


@pytest.mark.parametrize("code", OUTCOMES, ids=lambda each: each.code)
def test_every_outcome_is_a_lawful_end_of_a_call_being_made_and_of_an_unknown_one(code) -> None:
    for state in (ReminderState.RELEASED, ReminderState.UNKNOWN):
        assert may_move(state, code.ends) or may_move(ReminderState.HANDED_OVER, code.ends)


@pytest.mark.parametrize("code", OUTCOMES, ids=lambda each: each.code)
def test_a_conversation_counts_only_where_the_person_was_reached(code) -> None:
    kinds = events_of(code, identified=True)
    assert (EventKind.ANSWERED in kinds) is (code.reached is Reached.PERSON)
    assert EventKind.NAME_AGREES not in events_of(code, identified=False)
    assert EventKind.NAME_AGREES not in kinds or code.reached is Reached.PERSON


@pytest.mark.parametrize("code", ["cease_communication", "dispute", "attorney", "no_more_calls", "wrong_party"])
def test_a_stop_an_objection_or_a_hold_needs_no_identity(code: str) -> None:
    assert not BY_CODE[code].needs_identity


def test_scripts_exist_in_every_language_in_which_a_call_may_be_released() -> None:
    spoken = {language for _, language, channel, _, _ in shipped_wordings() if channel == "call"}
    assert spoken == set(script_lines())


@pytest.mark.parametrize("language", sorted(script_lines()))
def test_only_the_collectors_statement_tells_of_a_debt(language: str) -> None:
    script = script_of(
        language=language, opening="", name="Mr {sender}", sender="Lantern", phone="+420 800 123 456", collector=True
    )
    for said in (script.ask, script.others, script.voicemail):
        assert debt_word_in(said, language) is None
        assert not threats_in(said, language)
    assert debt_word_in(script.collector, language)
    assert "Mr {sender}" in script.ask
    assert "Lantern" in script.voicemail


def test_without_a_number_to_call_back_no_message_is_left() -> None:
    script = script_of(language="en", opening="", name="N", sender="L", phone="", collector=False)
    assert (script.voicemail, script.collector) == ("", "")


@pytest.mark.parametrize(
    ("market", "record", "keep_days", "collector"),
    [("US", False, 1096, True), ("CN", True, None, False), ("RU", False, 1096, False), ("GB", False, None, False)],
)
def test_duties_come_from_the_markets_pack(market: str, record: bool, keep_days: int | None, collector: bool) -> None:
    found = duties(market)
    assert (bool(found.record), found.keep_days, found.collector) == (record, keep_days, collector)
    kept = keep_until(date(2026, 11, 23), found)
    assert kept == (date(2029, 11, 23) if keep_days else None)


def sealed(sound: list[bytes]) -> bytes:
    return b"".join(seal(sound, KEY))


KEY = bytes(range(KEY_BYTES))
LONG = random.Random(1).randbytes(2 * PIECE + 100)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, len(LONG)])
@pytest.mark.parametrize("cut", [7_001, PIECE, len(LONG)])
def test_what_is_sealed_is_heard_again_whatever_the_pieces(size: int, cut: int) -> None:
    pieces = [LONG[:size][start : start + cut] for start in range(0, size, cut)]
    assert b"".join(unseal(BytesIO(sealed(pieces)), KEY)) == LONG[:size]


def broken() -> dict[str, bytes]:
    file, piece = sealed([LONG]), PIECE + 16
    return {
        "the end is cut off": file[: 2 * piece], "a piece is left out": file[piece:], "a bit differs": file[:-1] + b"x",
        "pieces are swapped": file[piece : 2 * piece] + file[:piece] + file[2 * piece :], "nothing is left": b"",
        "something is added": file + file[-20:], "another key": b"".join(seal([LONG], bytes(KEY_BYTES))),
    }  # fmt: skip


@pytest.mark.parametrize("how", broken())
def test_what_is_not_what_was_sealed_is_not_heard(how: str) -> None:
    with pytest.raises(UnsealError):
        list(unseal(BytesIO(broken()[how]), KEY))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"), (b"ID3\x04", "audio/mpeg"), (b"\xff\xfb\x90", "audio/mpeg"),
        (b"OggS", "audio/ogg"), (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"), (b"fLaC", "audio/flac"),
        (b"\x1a\x45\xdf\xa3", "audio/webm"), (b"RIFF\x24\x00\x00\x00AVI ", None), (b"<html>", None), (b"", None),
        (b"\xff", None),
    ],
)  # fmt: skip
def test_only_sound_is_a_recording(head: bytes, kind: str | None) -> None:
    assert media_type_of(head) == kind
