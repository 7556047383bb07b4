# SPDX-License-Identifier: Apache-2.0
"""Takes names apart into what can be compared. Serves right_party.

One row per party in, one row out; every step is an expression over the whole column. What needs a library (pinyin,
simplified characters) is asked once per distinct character.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl
from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from rightparty.parties.linkage.surnames import ALIKE, COMPOUND, LATIN_SURNAMES, NICKNAMES, PLACEHOLDERS, READINGS

FAMILY_FIRST: Final = ("CN", "HK", "TW", "MO", "VN", "KR", "JP", "SG", "HU")
"""Markets where a name begins with the family's; SG for its Chinese majority."""

_HAN: Final = r"[\x{3400}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{3ffff}]"
"""Chinese characters, as ranges: the named class takes milliseconds to compile."""

_MARKS: Final = r"[\x{300}-\x{36f}]"
_DOTS: Final = r"[·•・‧．∙]"
_GENERATION: Final = r"[ ,]+(jr|sr|ii|iii|iv)\.?$"
_PARTICLES: Final = r" ((?:(?:van|von|de|da|di|del|della|der|den|la|le|bin|binti|al|el|st) )*)(\S+)$"
_LETTERS: Final = {"đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"}
_SOUND: Final = {
    "b": "1", "p": "1", "f": "1", "v": "1", "c": "2", "s": "2", "k": "2", "g": "2", "j": "2", "q": "2", "x": "2",
    "z": "2", "d": "3", "t": "3", "l": "4", "m": "5", "n": "5", "r": "6", "a": "", "e": "", "i": "", "o": "", "u": "",
    "y": "", "h": "", "w": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """What the names of some people are written in."""

    #: the distinct Chinese characters, in order
    han: tuple[str, ...]
    #: whether any name has none
    latin: bool


def folded(text: pl.Expr) -> pl.Expr:
    """Return Latin text in lower case without diacritics; other scripts stay."""
    return (
        text.str.to_lowercase().str.normalize("NFKD").str.replace_all(_MARKS, "")
        .str.replace_many(_LETTERS).str.normalize("NFC")
    )  # fmt: skip


def split_names(people: pl.LazyFrame, scripts: Scripts) -> pl.LazyFrame:
    """Return the parts of everybody's name.

    Shape: [full_name, country, …], optionally with given_name, middle_name and surname where the file keeps them
    apart; the scripts they are written in -> one row each: for `given` and `surname` the text as written,
    folded, with tones, in Latin letters (roman), by shape, by stem and by sound; `middle` (an initial), `generation`
    (jr, sr, …), `is_masked`.
    """
    # collected here: the forms below read it three times, and a plan that repeats it costs more than it saves
    found = _parts_of(people, scripts).collect()
    parts = found.lazy()
    simple = {letter: _simplified(letter) for letter in scripts.han}
    read = {letter: _pinyin(letter) for letter in sorted(set(simple.values()))}
    for name in ("given", "surname"):
        forms = _forms(found.lazy().select(name).unique(), name, simple, read)
        parts = parts.join(forms, on=name, how="left", maintain_order="left").drop(name).rename({f"{name}_s": name})
    return parts.with_columns(
        is_masked=pl.any_horizontal(pl.col("given_text", "surname_text").str.contains("*", literal=True))
    )


def scripts_of(people: pl.DataFrame) -> Scripts:
    """Return what the names are written in."""
    columns = [name for name in ("full_name", "given_name", "surname") if name in people.columns]
    texts = people.select(pl.concat_str(columns, ignore_nulls=True)).to_series()
    in_han = texts.str.contains(_HAN)
    letters = texts.filter(in_han).str.extract_all(_HAN).explode().unique().drop_nulls()
    return Scripts(han=tuple(sorted(letters)), latin=not in_han.all())


def _parts_of(people: pl.LazyFrame, scripts: Scripts) -> pl.LazyFrame:
    """Tell surname, given name and middle name apart. -> [given, middle, surname, generation], "" for unknown."""
    columns = people.collect_schema().names()
    if {"given_name", "surname"} <= set(columns):
        middle = "middle_name" if "middle_name" in columns else pl.lit("")
        tidy = people.select(given="given_name", middle=middle, surname="surname").select(
            pl.all().fill_null("").str.strip_chars().str.to_lowercase()
        )
        return tidy.with_columns(middle=folded(pl.col("middle").str.slice(0, 1)), generation=pl.lit(""))
    asked = people.select(text=pl.col("full_name").fill_null(""), country=pl.col("country").fill_null(""))
    tidy = asked.unique().with_columns(
        t=pl.col("text").str.strip_chars().str.replace_all(r"\s+", " ").str.to_lowercase()
    )
    is_han = pl.col("t").str.contains(_HAN)
    found = [_han_parts(tidy.filter(is_han))] if scripts.han else []
    found += _latin_parts(tidy.filter(~is_han)) if scripts.latin or not found else []
    return asked.join(pl.concat(found), on=["text", "country"], how="left", maintain_order="left").select(
        pl.col("given", "middle", "surname", "generation").fill_null("")
    )


def _han_parts(names: pl.LazyFrame) -> pl.LazyFrame:
    """Take apart names in Chinese characters; with a middle dot the own name comes first."""
    text = pl.col("t").str.replace_all(" ", "", literal=True)
    dotted = text.str.contains(_DOTS)
    length = pl.when(text.str.slice(0, 2).is_in(_compound())).then(2).otherwise(1)
    return names.select(
        "text",
        "country",
        given=pl.when(dotted).then(text.str.extract(rf"^(.*?){_DOTS}", 1)).otherwise(text.str.slice(length)),
        middle=pl.lit(""),
        surname=pl.when(dotted).then(text.str.extract(rf"^.*{_DOTS}(.*)$", 1)).otherwise(text.str.slice(0, length)),
        generation=pl.lit(""),
    )


def _latin_parts(names: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Take apart names in Latin letters, in whichever order they are written."""
    known = list(LATIN_SURNAMES)
    stripped = names.with_columns(
        generation=pl.col("t").str.extract(_GENERATION, 1).fill_null(""),
        comma=pl.col("t").str.contains(",", literal=True),
        words=pl.col("t").str.replace(_GENERATION, "").str.replace_all(",", " ").str.strip_chars().str.split(" "),
    ).with_columns(words=pl.col("words").list.eval(pl.element().filter(pl.element() != "")))
    first, last = (folded(pl.col("words").list.get(place, null_on_oob=True).fill_null("")) for place in (0, -1))
    family_first = pl.col("country").is_in(FAMILY_FIRST) & ~(last.is_in(known) & ~first.is_in(known))
    ordered = stripped.with_columns(begins=family_first | pl.col("comma"))
    return _surname_first(ordered.filter("begins")), _surname_last(ordered.filter(~pl.col("begins")))


def _surname_first(names: pl.LazyFrame) -> pl.LazyFrame:
    words, rest = pl.col("words"), pl.col("words").list.slice(1)
    own = pl.when("comma").then(rest.list.first()).otherwise(rest.list.last())
    others = pl.when("comma").then(rest.list.slice(1)).otherwise(rest.list.head(rest.list.len() - 1))
    return names.select(
        "text", "country", given=own, middle=_initial(others.list.first()), surname=words.list.first(),
        generation="generation",
    )  # fmt: skip


def _surname_last(names: pl.LazyFrame) -> pl.LazyFrame:
    """The last word is the surname, with the particles before it; of one word alone nothing is left for the rest."""
    words = pl.col("words").list.join(" ")
    surname = (pl.lit(" ") + words).str.extract(_PARTICLES, 0).fill_null("").str.strip_chars()
    before = words.str.slice(0, words.str.len_chars() - surname.str.len_chars()).str.strip_chars().str.split(" ")
    return names.select(
        "text", "country", given=before.list.first(), middle=_initial(before.list.get(1, null_on_oob=True)),
        surname=surname, generation="generation",
    )  # fmt: skip


def _initial(word: pl.Expr) -> pl.Expr:
    return folded(word.fill_null("").str.slice(0, 1))


def _forms(values: pl.LazyFrame, name: str, simple: dict[str, str], read: dict[str, str]) -> pl.LazyFrame:
    """Return the comparable forms of the distinct values of one part of a name, beside the value."""
    is_surname = name == "surname"
    squeezed = folded(pl.col(name)).str.replace_all(r"[ '’\-\.]", "")
    plain = squeezed.str.replace_many(simple) if simple else squeezed
    text = pl.when(plain.is_in(PLACEHOLDERS)).then(pl.lit("")).otherwise(plain)
    toned = pl.col("s").str.replace_many(read) if read else pl.col("s")
    readings = {surname: tones for surname, tones in READINGS.items() if read.keys() >= set(surname)}
    if readings and is_surname:
        toned = pl.when(pl.col("s").is_in(list(readings))).then(pl.col("s").replace(readings)).otherwise(toned)
    roman = pl.col("t").str.replace_all(r"[1-5]", "")
    stem = roman.str.replace(r"([bcdhjklmnrstvz])ova$", "$1") if is_surname else roman.replace(_long_forms())
    alike = {character: shape for character, shape in _alike().items() if character in read}
    forms = {
        f"{name}_text": pl.when(pl.col("s") != "").then(pl.col(name).str.replace_all(" ", "", literal=True)),
        f"{name}_s": pl.col("s"), f"{name}_tone": pl.col("t"), f"{name}_roman": roman,
        f"{name}_shape": pl.col("s").str.replace_many(alike) if alike else pl.col("s"),
        f"{name}_stem": stem, f"{name}_sound": _sound(stem), f"{name}_letters": sorted_letters(roman),
    }  # fmt: skip
    return values.with_columns(s=text).with_columns(t=toned).select(name, **forms)


@cache
def _simplified(character: str) -> str:
    return str(_converter().convert(character))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _pinyin(character: str) -> str:
    return str(lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0]).replace("ü", "v")


@cache
def _compound() -> list[str]:
    """Compound surnames in both scripts."""
    traditional = OpenCC("s2t")
    return sorted(COMPOUND | {traditional.convert(name) for name in COMPOUND})


@cache
def _alike() -> dict[str, str]:
    return {character: group[0] for group in ALIKE for character in group[1:]}


@cache
def _long_forms() -> dict[str, str]:
    forms: dict[str, str] = {}
    for group in NICKNAMES:
        first, *others = group.split()
        forms.update({other: first for other in others if other not in forms})
    return forms


def _sound(roman: pl.Expr) -> pl.Expr:
    """Return the first letter and the classes of the consonants that follow, no class twice in a row."""
    classes = roman.str.slice(1).str.replace_many(_SOUND)
    for _ in range(2):
        classes = classes.str.replace_many({f"{digit}{digit}": f"{digit}" for digit in range(1, 7)})
    return roman.str.slice(0, 1) + classes.str.slice(0, 4)


def sorted_letters(roman: pl.Expr) -> pl.Expr:
    """Return the letters in order: what two swapped letters leave the same."""
    return roman.str.split("").list.sort().list.join("")
