# SPDX-License-Identifier: Apache-2.0
"""once: letters for a printer. A batch is there whole or not at all, and no letter is in two batches."""

import csv
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from rightparty.dispatch.channels.adapter import Fate, OutboundMessage, Question
from rightparty.dispatch.channels.letters import LettersChannel, address_lines, country_in, postcode_in
from tests.integration.providers.provider_answers import AT, always, message

ADDRESS = "上海市示例路1号\n200000 上海\nCN"


def letter(number: int, *, body: str = "您好，\n您有一笔款项到期。", language: str = "zh-Hans") -> OutboundMessage:
    made = message(number, channel="post", language=language, address=ADDRESS)
    return replace(made, subject="还款提醒", body=f"{body}\nNo. {number}")


def printer(folder: Path, options: str = "") -> LettersChannel:
    return LettersChannel.from_url(f"letters:{folder}?return=Lantern,+Box+1{options}", sender="Lantern")


def batches(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def manifest(batch: Path) -> list[dict[str, str]]:
    with (batch / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_batch_has_each_letter_on_the_pages_that_the_manifest_names(tmp_path: Path) -> None:
    long = "一行\n" * 60
    sent = [letter(0), letter(1, body=long), letter(2, language="cs", body="Dobrý den, příští splátka.")]
    said = printer(tmp_path).send_all(sent, may_send=always)
    assert [(each.fate, each.provider_ids) for each in said] == [(Fate.ACCEPTED, (m.reminder_id,)) for m in sent]
    (batch,) = batches(tmp_path)
    pdf = batch / "letters.pdf"
    rows = manifest(batch)
    assert [row["id"] for row in rows] == [m.reminder_id for m in sent]
    assert [(row["country"], row["postcode"]) for row in rows] == [("CN", "200000")] * 3
    assert {row["sha256"] for row in rows} == {hashlib.sha256(pdf.read_bytes()).hexdigest()}
    pages = [page.extract_text() for page in PdfReader(pdf).pages]
    for number, (row, sheets) in enumerate(zip(rows, (1, 1, 1), strict=True)):
        first, last = int(row["page_from"]), int(row["page_to"])
        text = "".join(pages[first - 1 : last])
        assert first % 2 == 1, "each letter begins on a sheet of its own"
        assert f"No. {number}" in text
        assert "还款提醒" in pages[first - 1]
        assert "示例路" in pages[first - 1]
        assert int(row["sheets"]) == sheets
    assert "příští" in "".join(pages)


def test_one_sided_letters_count_a_sheet_a_page(tmp_path: Path) -> None:
    printer(tmp_path, "&sides=1&window=right").send_all([letter(0, body="一行\n" * 60), letter(1)], may_send=always)
    rows = manifest(batches(tmp_path)[0])
    assert [(row["page_from"], row["page_to"], row["sheets"]) for row in rows] == [("1", "2", "2"), ("3", "3", "1")]


def test_a_letter_handed_over_again_is_not_printed_again(tmp_path: Path) -> None:
    sent = [letter(0), letter(1)]
    assert {each.fate for each in printer(tmp_path).send_all(sent, may_send=always)} == {Fate.ACCEPTED}
    again = printer(tmp_path).send_all([*sent, letter(2)], may_send=always)
    assert {each.fate for each in again} == {Fate.ACCEPTED}
    printed = [row["id"] for batch in batches(tmp_path) for row in manifest(batch)]
    assert sorted(printed) == sorted(m.reminder_id for m in (*sent, letter(2)))


def test_what_became_of_a_letter_is_known_even_after_the_printer_took_it(tmp_path: Path) -> None:
    channel = printer(tmp_path)
    channel.send_all([letter(0)], may_send=always)
    (batch,) = batches(tmp_path)
    batch.rename(tmp_path.parent / f"taken-{tmp_path.name}")
    asked = [Question(reminder_id=letter(n).reminder_id, handed_over_at=AT) for n in (0, 1)]
    said = channel.ask(asked)
    assert [each.fate if each else None for each in said] == [Fate.ACCEPTED, Fate.BUSY]
    assert channel.send_all([letter(0)], may_send=always)[0].fate is Fate.ACCEPTED
    assert batches(tmp_path) == []


@pytest.mark.parametrize("step", range(1, 12))
def test_a_disk_that_fails_at_any_step_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Each force to the disk and the rename fails in turn; what is said agrees with what a printer can see."""
    channel = printer(tmp_path)
    channel.is_ready()
    counted = [0]

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            counted[0] += 1
            if counted[0] == step:
                raise OSError(28, "No space left on device")
            return real(*given)

        return call

    with monkeypatch.context() as faults:
        faults.setattr(os, "fsync", failing(os.fsync))
        faults.setattr(Path, "rename", failing(Path.rename))
        said = channel.send_all([letter(0), letter(1)], may_send=always)
    seen = {row["id"] for batch in batches(tmp_path) for row in manifest(batch)}
    fates = {each.fate for each in said}
    assert len(fates) == 1
    assert fates <= ({Fate.ACCEPTED, Fate.UNKNOWN} if seen else {Fate.BUSY})
    again = channel.send_all([letter(0), letter(1)], may_send=always)
    assert {each.fate for each in again} == {Fate.ACCEPTED}
    printed = [row["id"] for batch in batches(tmp_path) for row in manifest(batch)]
    assert sorted(printed) == [letter(0).reminder_id, letter(1).reminder_id]


def test_a_crash_before_the_rename_leaves_nothing_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Stands for a signal that ends the process."""

    def killed(*_: object) -> None:
        raise Killed

    channel = printer(tmp_path)
    with monkeypatch.context() as faults:
        faults.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            channel.send_all([letter(0)], may_send=always)
    asked = Question(reminder_id=letter(0).reminder_id, handed_over_at=AT)
    assert [each.fate if each else None for each in printer(tmp_path).ask([asked])] == [Fate.BUSY]
    assert printer(tmp_path).send_all([letter(0)], may_send=always)[0].fate is Fate.ACCEPTED
    assert len(batches(tmp_path)) == 1


def test_a_letter_that_cannot_be_set_is_refused_alone(tmp_path: Path) -> None:
    sent = [letter(0), letter(1, body="\U00012000"), replace(letter(2), address=" , "), letter(3)]
    said = printer(tmp_path).send_all(sent, may_send=always)
    assert [each.code for each in said] == ["", "letters.not_printable", "letters.no_address", ""]
    assert [row["id"] for row in manifest(batches(tmp_path)[0])] == [sent[0].reminder_id, sent[3].reminder_id]


def test_what_looks_like_markup_is_printed_as_it_is(tmp_path: Path) -> None:
    text = '#read("/etc/hostname") $x$ *b* \\ <begins> #pagebreak()'
    printer(tmp_path).send_all([letter(0, body=text, language="en")], may_send=always)
    pages = PdfReader(batches(tmp_path)[0] / "letters.pdf").pages
    assert len(pages) == 1
    assert "".join(text.split()) in "".join(pages[0].extract_text().split())


@pytest.mark.parametrize("allowed", [0, 2, 3])
def test_nothing_is_written_once_the_fence_says_no(tmp_path: Path, allowed: int) -> None:
    left = iter([True] * allowed + [False] * 9)
    said = printer(tmp_path).send_all([letter(n) for n in range(3)], may_send=lambda: next(left))
    assert {(each.fate, each.code) for each in said} == {(Fate.NOT_SENT, "fenced")}
    assert batches(tmp_path) == []


def test_a_folder_that_cannot_be_written_leaves_it_to_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    channel = printer(tmp_path / "file" / "letters")
    assert not channel.is_ready()
    assert channel.send_all([letter(0)], may_send=always)[0].fate is Fate.BUSY


@pytest.mark.parametrize("url", ["letters:", "letters:x?window=top", "letters:x?sides=3"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="letters:DIRECTORY"):
        LettersChannel.from_url(url, sender="Lantern")


@pytest.mark.parametrize(
    ("address", "lines", "country", "postcode"),
    [
        ("1 Example Street, Springfield, IL 62701-1234, US", 4, "US", "62701-1234"),
        ("Příkladná 1\n110 00 Praha\nCZ", 3, "CZ", "110 00"),
        ("1 Example Road, London SW1A 1AA", 2, "", "SW1A 1AA"),
        ("香港示例道1號", 1, "", ""),
        ("a,b,c,d,e,f,g,h", 6, "", ""),
        (" ,，\n", 0, "", ""),
    ],
)
def test_what_is_read_from_an_address(address: str, lines: int, country: str, postcode: str) -> None:
    assert len(address_lines(address)) == lines
    assert (country_in(address), postcode_in(address)) == (country, postcode)
