# SPDX-License-Identifier: Apache-2.0
"""Letters for a printer: batches of one PDF and its manifest, put into a folder whole or not at all (once).

A batch is a folder `DIRECTORY/NAME` with `letters.pdf` and `manifest.csv`. It is written beside under a hidden name,
forced to the disk, and renamed: whoever looks sees all of it or nothing. Before the rename each letter's id is noted
under `.handed`, with its batch: a letter that is handed over again is not printed again, and what became of one whose
answer was lost can be told even after the printer took the batch away.

The text is set by Typst with a font that has Latin, Cyrillic and Chinese letters, as PDF/A, so that it can be kept and
its text taken out. A letter with a sign that no font shows is refused, alone.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote

import structlog
import typst
from noto_cjk_sans_otc import FONT_PATH

from rightparty.dispatch.channels.adapter import (
    Capabilities,
    Fate,
    Handover,
    MaySend,
    OnUnknown,
    OutboundMessage,
    Question,
)
from rightparty.dispatch.channels.one_by_one import FENCED, OneWay

MOST_LETTERS: Final = 200
"""Letters in a batch: what is set and written within a lease, and what a crash leaves to be asked about."""
MOST_LINES: Final = 6
"""Of an address: what the window shows."""
COLUMNS: Final = ("id", "page_from", "page_to", "sheets", "country", "postcode", "sha256")
WINDOWS_MM: Final = {"left": 20, "right": 118}
STANDARD: Final = "a-2u"
log = structlog.get_logger(__name__)

_HANDED: Final = ".handed"
_UNFINISHED: Final = ".unfinished-"
_POSTCODE: Final = re.compile(r"(?<![\w-])(\d{4,7}|\d{3} ?\d{2}|\d{5}-\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?![\w-])")
"""As most countries write them; of several the last counts."""


class NotShownError(ValueError):
    """A letter has a sign that no font shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How letters look."""

    sender: str
    #: small, over the address: where undeliverable letters go
    return_line: str
    window: str = "left"
    #: printed on both sides: each letter begins on a sheet of its own
    duplex: bool = True
    #: folder of further fonts, for scripts that the shipped one lacks
    fonts: Path | None = None


class LettersChannel(OneWay):
    """A folder that a printer empties; what is in its notes is not printed again, and can be asked for."""

    name = "letters"
    capabilities = Capabilities(on_unknown=OnUnknown.ASK, receipts=False, window=MOST_LETTERS)

    def __init__(self, directory: Path, *, layout: Layout) -> None:
        self._directory = directory
        self._layout = layout
        self._fonts: typst.Fonts | None = None

    @classmethod
    def from_url(cls, url: str, *, sender: str) -> "LettersChannel":
        """Make the channel of `letters:DIRECTORY?return=Lantern,+Box+1,+Example&window=left&sides=2&fonts=FOLDER`.

        Raises:
            ValueError: no folder, or a window or number of sides that there is not.
        """
        path, _, query = url.removeprefix("letters:").partition("?")
        options = {name: values[-1] for name, values in parse_qs(query).items()}
        window, sides = options.get("window", "left"), options.get("sides", "2")
        if not path or window not in WINDOWS_MM or sides not in ("1", "2"):
            raise ValueError("letters:DIRECTORY, with window=left or right and sides=1 or 2")
        fonts = Path(options["fonts"]) if "fonts" in options else None
        layout = Layout(
            sender=sender, return_line=options.get("return", sender), window=window, duplex=sides == "2", fonts=fonts
        )
        return cls(Path(unquote(path)), layout=layout)

    def is_ready(self) -> bool:
        """Make the folders if need be; tell whether they can be written."""
        try:
            (self._directory / _HANDED).mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return os.access(self._directory, os.W_OK)

    def send_all(self, messages: Sequence[OutboundMessage], *, may_send: MaySend) -> list[Handover]:
        """Write batches of letters, each batch whole or not at all."""
        answers: dict[str, Handover] = {}
        for start in range(0, len(messages), MOST_LETTERS):
            answers |= self._send_batch(messages[start : start + MOST_LETTERS], may_send)
        return [answers[message.reminder_id] for message in messages]

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        """Tell from the notes whether a letter was put where the printer finds it."""
        return [self._standing(question.reminder_id) for question in questions]

    def _standing(self, letter_id: str) -> Handover | None:
        try:
            is_handed = self._is_handed(letter_id)
        except OSError:
            return None
        if is_handed:
            return Handover(fate=Fate.ACCEPTED, provider_ids=(letter_id,))
        return Handover(fate=Fate.BUSY, code="letters.never_written")

    def _is_handed(self, letter_id: str) -> bool:
        """Tell whether a letter is in a finished batch; one whose batch is still under its hidden name is not."""
        try:
            batch = (self._directory / _HANDED / letter_id).read_text()
        except FileNotFoundError:
            return False
        return not (self._directory / f"{_UNFINISHED}{batch}").exists()

    def _send_batch(self, messages: Sequence[OutboundMessage], may_send: MaySend) -> dict[str, Handover]:
        if not self.is_ready():
            return dict.fromkeys((m.reminder_id for m in messages), _busy("not_writable"))
        try:
            known = {m.reminder_id for m in messages if self._is_handed(m.reminder_id)}
        except OSError:
            return dict.fromkeys((m.reminder_id for m in messages), _busy("not_writable"))
        accepted = {key: Handover(fate=Fate.ACCEPTED, provider_ids=(key,)) for key in known}
        fresh = [m for m in messages if m.reminder_id not in known]
        going = [m for m in fresh if may_send()]
        fenced = {m.reminder_id: FENCED for m in fresh if m not in going}
        try:
            printable, refused = self._printable(going)
        except RuntimeError as fault:
            # a fault of the layout, not of a letter; the diagnostic may quote a text and stays out of the log
            log.error("letters.not_set", kind=type(fault).__name__)
            printable, refused = [], dict.fromkeys((m.reminder_id for m in going), _busy("not_set"))
        written = self._write(printable, may_send) if printable else None
        return {
            **accepted, **fenced, **refused,
            **{
                m.reminder_id: written or Handover(fate=Fate.ACCEPTED, provider_ids=(m.reminder_id,))
                for m in printable
            },
        }  # fmt: skip

    def _printable(self, messages: list[OutboundMessage]) -> tuple[list[OutboundMessage], dict[str, Handover]]:
        """Tell which letters can be set; each is tried alone only if not all can be set together."""
        no_place = {m.reminder_id: _refused("no_address") for m in messages if not address_lines(m.address)}
        rest = [m for m in messages if m.reminder_id not in no_place]
        if not rest or self._is_settable(rest):
            return rest, no_place
        good = [m for m in rest if self._is_settable([m])]
        return good, no_place | {m.reminder_id: _refused("not_printable") for m in rest if m not in good}

    def _is_settable(self, messages: Sequence[OutboundMessage]) -> bool:
        try:
            self.pdf_of(messages, name="")
        except NotShownError:
            return False
        return True

    def pdf_of(self, messages: Sequence[OutboundMessage], *, name: str) -> tuple[bytes, list[tuple[int, int]]]:
        """Return letters as one PDF and the first and last page of each, counted from 1.

        Raises:
            NotShownError: some sign cannot be shown.
            RuntimeError: the layout itself is at fault.
        """
        layout = self._layout
        batch = {
            "name": name, "sender": layout.sender, "return_line": layout.return_line, "duplex": layout.duplex,
            "window_mm": WINDOWS_MM[layout.window], "fonts": self._families(),
            "letters": [
                {
                    "language": m.language, "subject": m.subject, "body": m.body.replace("\r", ""),
                    "address_lines": address_lines(m.address),
                }
                for m in messages
            ],
        }  # fmt: skip
        compiler = typst.Compiler(
            str(files(__package__).joinpath("letters.typ")),
            font_paths=self._all_fonts(),
            sys_inputs={"batch": json.dumps(batch)},
        )
        try:
            pdf = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=int(messages[0].at.timestamp()))
        except typst.TypstError as fault:
            if "could not be displayed" in fault.message:
                raise NotShownError from None
            raise
        begins, ends = (_pages(str(compiler.query(f"<{label}>", field="value"))) for label in ("begins", "ends"))
        return bytes(pdf), [(begins[n], ends[n]) for n in range(len(messages))]  # type: ignore[arg-type]

    def _all_fonts(self) -> typst.Fonts:
        if self._fonts is None:
            more = [self._layout.fonts] if self._layout.fonts else []
            self._fonts = typst.Fonts(
                include_system_fonts=False, font_paths=[str(folder) for folder in (Path(str(FONT_PATH)).parent, *more)]
            )
        return self._fonts

    def _families(self) -> list[str]:
        own = self._layout.fonts
        if own is None:
            return []
        return sorted({f.family for f in self._all_fonts().fonts() if f.path and Path(f.path).is_relative_to(own)})

    def _write(self, messages: list[OutboundMessage], may_send: MaySend) -> Handover | None:
        """Write one batch; return None if the printer can see it, else what became of every letter of it."""
        ids = [m.reminder_id for m in messages]
        name = f"{messages[0].at:%Y%m%dT%H%M%S}-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"
        hidden, shown = self._directory / f"{_UNFINISHED}{name}", self._directory / name
        try:
            self._prepare(hidden, messages, name)
            if not may_send():
                shutil.rmtree(hidden)
                return FENCED
            for letter_id in ids:
                _forced(self._directory / _HANDED / letter_id, name.encode())
            _force_folder(self._directory / _HANDED)
            hidden.rename(shown)
        except OSError:
            # until the rename the printer sees nothing, and the notes name a batch that is still hidden
            if not shown.exists():
                with contextlib.suppress(OSError):
                    self._forget(ids, hidden)
                return _busy("not_written")
        try:
            _force_folder(self._directory)
        except OSError:
            return Handover(fate=Fate.UNKNOWN, code="letters.not_forced_to_disk")
        return None

    def _prepare(self, hidden: Path, messages: list[OutboundMessage], name: str) -> None:
        if hidden.exists():
            shutil.rmtree(hidden)
        hidden.mkdir()
        pdf, pages = self.pdf_of(messages, name=name)
        _forced(hidden / "letters.pdf", pdf)
        digest = hashlib.sha256(pdf).hexdigest()
        rows = [
            {
                "id": m.reminder_id, "page_from": first, "page_to": last,
                "sheets": (last - first) // 2 + 1 if self._layout.duplex else last - first + 1,
                "country": country_in(m.address), "postcode": postcode_in(m.address), "sha256": digest,
            }
            for m, (first, last) in zip(messages, pages, strict=True)
        ]  # fmt: skip
        text = io.StringIO()
        table = csv.DictWriter(text, fieldnames=COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        _forced(hidden / "manifest.csv", text.getvalue().encode())
        _force_folder(hidden)

    def _forget(self, ids: Sequence[str], hidden: Path) -> None:
        for letter_id in ids:
            (self._directory / _HANDED / letter_id).unlink(missing_ok=True)
        shutil.rmtree(hidden, ignore_errors=True)


def address_lines(address: str) -> list[str]:
    """Return the lines of an address for the window: as written, or else parted at commas; none if there are none."""
    parts = address.splitlines() if "\n" in address.strip() else re.split(r"[,，、]", address)
    lines = [" ".join(part.split()) for part in parts]
    lines = [line for line in lines if line]
    return [*lines[: MOST_LINES - 1], ", ".join(lines[MOST_LINES - 1 :])] if len(lines) > MOST_LINES else lines


def country_in(address: str) -> str:
    """Return the country that an address ends with as a code of two letters, empty if it names none so."""
    lines = address_lines(address)
    return lines[-1] if lines and re.fullmatch(r"[A-Z]{2}", lines[-1]) else ""


def postcode_in(address: str) -> str:
    """Return the last of an address that is written like a postcode, empty if nothing is."""
    found = _POSTCODE.findall(address)
    return found[-1] if found else ""


def _pages(told: str) -> dict[int, int]:
    entries: list[dict[str, int]] = json.loads(told)
    return {int(entry["number"]): int(entry["page"]) for entry in entries}


def _forced(path: Path, data: bytes) -> None:
    """Write a file and force it to the disk."""
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _force_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _busy(code: str) -> Handover:
    return Handover(fate=Fate.BUSY, code=f"letters.{code}")


def _refused(code: str) -> Handover:
    return Handover(fate=Fate.REFUSED, code=f"letters.{code}")
