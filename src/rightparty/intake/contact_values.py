# SPDX-License-Identifier: Apache-2.0
"""The one written form of a contact value: E.164, lower-cased mail, trimmed post (serves right_party).

Two spellings of one number must meet in the store, or a stranger's report about one would leave the other in use.
Values that are clean already are recognised by columnar patterns; only the rest goes through `phonenumbers` and
`email_validator`, once per distinct value.
"""

from typing import Any, Final

import phonenumbers
import polars as pl
from email_validator import SPECIAL_USE_DOMAIN_NAMES as SPECIAL_DOMAINS
from email_validator import EmailNotValidError, validate_email

from rightparty.intake.row_errors import Fault
from rightparty.kernel.vocabulary import PointChannel

_CLEAN_PHONE: Final = (
    r"^\+(?:861[3-9][0-9]{9}|1[2-9][0-9]{2}[2-9][0-9]{6}|420[2-9][0-9]{8}|84[35789][0-9]{8}|852[2-9][0-9]{7}"
    r"|8869[0-9]{8})$"
)
"""Numbers whose length and leading digits leave `phonenumbers` nothing to do, of the markets that send the most."""

_CLEAN_NATIONAL: Final = {"CN": (r"^1[3-9][0-9]{9}$", "+86"), "US": (r"^[2-9][0-9]{2}[2-9][0-9]{6}$", "+1")}
"""The same as written at home."""

_CLEAN_EMAIL: Final = r"^[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,24}$"
_EMAIL_LOCAL_LIMIT: Final = 64
_EMAIL_LIMIT: Final = 254
_SPECIAL: Final = r"(?:^|[@.])(?:" + "|".join(sorted(d.replace(".", r"\.") for d in SPECIAL_DOMAINS)) + ")$"


def with_contact_values(rows: pl.DataFrame) -> pl.DataFrame:
    """Replace `value` by its one written form and add `value_fault`.

    Shape: [channel, value, party_id, country, …], null where unknown -> the same and value_fault (null if good).
    """
    clean = rows.with_columns(_clean_form().alias("clean"))
    doubtful = clean.filter(pl.col("clean").is_null() & pl.col("value").is_not_null())
    distinct = doubtful.select("channel", "value", "country").unique()
    checked = distinct.with_columns(
        pl.struct("channel", "value", "country")
        .map_elements(_written_form, return_dtype=pl.String, skip_nulls=False)
        .alias("written")
    )
    joined = clean.join(
        checked, on=["channel", "value", "country"], how="left", nulls_equal=True, maintain_order="left"
    )
    # a party that nobody knows has no country to read its number by: the row is rejected for the party, not the number
    strange = pl.col("country").is_null() & pl.col("party_id").is_not_null()
    form = pl.coalesce("clean", "written", pl.when(strange).then("value"))
    bad = form.is_null() & pl.col("value").is_not_null()
    phone = pl.col("channel") == PointChannel.PHONE.value
    email = pl.col("channel") == PointChannel.EMAIL.value
    return joined.with_columns(
        pl.when(bad & phone)
        .then(pl.lit(Fault.BAD_PHONE.value))
        .when(bad & email)
        .then(pl.lit(Fault.BAD_EMAIL.value))
        .alias("value_fault"),
        form.alias("value"),
    ).drop("clean", "written")


def _clean_form() -> pl.Expr:
    channel, value, country = pl.col("channel"), pl.col("value"), pl.col("country")
    dialled = value.str.replace_all(r"[ ().\-]", "")
    lower = value.str.to_lowercase()
    form: Any = pl.when((channel == PointChannel.PHONE.value) & dialled.str.contains(_CLEAN_PHONE)).then(dialled)
    for market, (pattern, prefix) in _CLEAN_NATIONAL.items():
        at_home = (channel == PointChannel.PHONE.value) & (country == market) & dialled.str.contains(pattern)
        form = form.when(at_home).then(pl.concat_str(pl.lit(prefix), dialled))
    plain_mail = (
        (channel == PointChannel.EMAIL.value)
        & (lower.str.len_bytes() <= _EMAIL_LIMIT)
        & (lower.str.find("@", literal=True) <= _EMAIL_LOCAL_LIMIT)
        & lower.str.contains(_CLEAN_EMAIL)
        & ~lower.str.contains(_SPECIAL)
    )
    other = channel.is_in([PointChannel.POST.value, PointChannel.APP.value])
    expression: pl.Expr = form.when(plain_mail).then(lower).when(other).then(value)
    return expression


def _written_form(row: dict[str, str | None]) -> str | None:
    """Return the written form of a value that no pattern recognised, or None if it cannot be one."""
    value = row["value"] or ""
    if len(value) > _EMAIL_LIMIT:
        return None
    if row["channel"] == PointChannel.PHONE:
        return _written_phone(value, row["country"])
    if row["channel"] == PointChannel.EMAIL:
        return _written_email(value)
    return None


def _written_phone(value: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if (
        number.extension
        or phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE
    ):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _written_email(value: str) -> str | None:
    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
