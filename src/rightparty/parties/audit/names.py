# SPDX-License-Identifier: Apache-2.0
"""Names as they can be compared: without accents, case or order, Chinese ones also in pinyin. Serves right_party.

A mailbox is taken to spell somebody else's name only if its letters are exactly the whole name of another party, in
either order, and hold no part of the person's own: nicknames, initials and work addresses say nothing.
"""

from typing import Final

import polars as pl
from pypinyin import Style, lazy_pinyin

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited, kin_of

_PLAIN: Final = {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
_HAN: Final = r"\p{Han}"
LETTERS_LEAST: Final = 7
"""Shorter names are too often a word, or somebody's initials."""

PART_LEAST: Final = 2


def folded_name(name: pl.Expr) -> pl.Expr:
    """Return a name in small letters without accents and punctuation, its words in order of the alphabet."""
    words = _plain(name).str.replace_all(r"[^\p{L}\p{N} ]", " ").str.extract_all(r"\S+")
    return words.list.sort().list.join(" ")


def name_findings(given: Audited) -> list[Finding | None]:
    """Return the mailboxes that spell the name of another, unlinked party."""
    mails = given.own.filter(pl.col("channel") == "email").with_columns(
        spelt=_plain(pl.col("value").str.extract(r"^([^@]+)@", 1)).str.replace_all(r"[^a-z]", "")
    )
    long = mails.filter(pl.col("spelt").str.len_chars() >= LETTERS_LEAST)
    if long.is_empty():
        return []
    names = _spellings(given.parties)
    whole = names.filter(pl.col("key").str.len_chars() >= LETTERS_LEAST).unique(["key", "party_id"])
    theirs = long.join(whole.rename({"key": "spelt", "party_id": "other_id"}), on="spelt").filter(
        pl.col("party_id") != pl.col("other_id")
    )
    parts = names.select("party_id", "parts").explode("parts").unique()
    spells_part = pl.col("spelt").str.contains(pl.col("parts"), literal=True)
    held = theirs.select("party_id", "spelt").unique().join(parts, on="party_id")
    own_part = held.filter((pl.col("parts").str.len_chars() >= PART_LEAST) & spells_part)
    others = theirs.join(own_part, on=["party_id", "spelt"], how="anti")
    known = pl.concat([others["party_id"], others["other_id"]]).unique()
    kin = kin_of(given.links.filter(pl.col("party_id").is_in(known.implode())))
    linked = others.join(kin, on=["party_id", "other_id"], how="semi")
    rows = others.join(linked, on=["party_id", "spelt"], how="anti").unique(["party_id", "value"], keep="any")
    return [found("mailbox_spells_another_name", rows.drop("other_id"), shown="value", total=mails.height)]


def points_of_other_names(given: Audited) -> pl.DataFrame:
    """Return [channel, value, party_id] where a holder's or a subscriber's name differs from the party's.

    A name that is the party's own in other letters (pinyin, without accents, in another order) does not differ.
    """
    told = given.events.filter(pl.col("kind").is_in(["name_differs", "subscriber_differs"])).select(
        "channel", "value", "party_id", name="detail"
    )
    own = given.parties.join(told, on="party_id", how="semi")
    written = pl.concat([own.select("party_id", name="full_name"), own.select("party_id", name="latin_name")])
    same = with_pinyin(written).select("party_id", key=_letters(pl.col("pinyin"))).unique()
    named = with_pinyin(told).with_columns(key=_letters(pl.col("pinyin")))
    alike = named.filter(pl.col("key") != "").join(same, on=["party_id", "key"], how="semi")
    return named.join(alike, on=["party_id", "key"], how="anti").select("channel", "value", "party_id").unique()


def _letters(name: pl.Expr) -> pl.Expr:
    """Return the letters of a name in order of the alphabet: words and their order no longer count."""
    return _plain(name).str.replace_all(r"[^a-z]", "").str.split("").list.sort().list.join("")


def _spellings(parties: pl.DataFrame) -> pl.DataFrame:
    """Return [party_id, key, parts]: a name's letters run together in each order, and its single words."""
    latin = pl.when(pl.col("latin_name") != "").then("latin_name").otherwise("full_name")
    words = (
        with_pinyin(parties.select("party_id", name=latin))
        .with_columns(parts=_plain(pl.col("pinyin")).str.extract_all(r"[a-z]+"))
        .filter(pl.col("parts").list.len() > 1)
    )
    parts = pl.col("parts")
    orders = (
        parts.list.join(""),
        parts.list.reverse().list.join(""),
        pl.concat_str(parts.list.slice(1).list.join(""), parts.list.first()),
        pl.concat_str(parts.list.last(), parts.list.slice(0, parts.list.len() - 1).list.join("")),
    )
    return pl.concat([words.select("party_id", "parts", key=order) for order in orders])


def with_pinyin(names: pl.DataFrame) -> pl.DataFrame:
    """Add `pinyin` to [name]: Chinese signs read one by one, the rest as it is. Each distinct sign is read once."""
    signs = names["name"].filter(names["name"].str.contains(_HAN)).str.extract_all(_HAN).explode().unique().drop_nulls()
    read = dict(zip(signs, lazy_pinyin(signs.to_list(), style=Style.NORMAL), strict=True)) if len(signs) else {}
    spaced = {sign: f" {sound} " for sign, sound in sorted(read.items())}
    return names.with_columns(
        pinyin=pl.col("name").str.replace_many(list(spaced), list(spaced.values())) if spaced else pl.col("name")
    )


def _plain(name: pl.Expr) -> pl.Expr:
    lower = name.fill_null("").str.to_lowercase().str.replace_many(list(_PLAIN), list(_PLAIN.values()))
    return lower.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
