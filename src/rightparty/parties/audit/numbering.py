# SPDX-License-Identifier: Apache-2.0
"""Whether a number can be somebody's at all, by the world's numbering plans, for whole columns. Serves right_party.

The patterns are those of `phonenumbers`, run as they are by the column engine: a number is assigned where it fits a
pattern of any region of its calling code. A test holds the answers against `phonenumbers` itself.
"""

from functools import cache
from typing import Any, Final

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata

PERSONAL: Final = ("mobile", "fixed_line", "personal_number", "voip")
SERVICE: Final = ("toll_free", "premium_rate", "shared_cost", "pager", "uan", "voicemail")

_FICTION: Final = (
    r"^\+1[2-9]\d\d55501\d\d$|^\+44(?:7700900|20794600|1632960)\d{3}$|^\+61(?:491570|491571)\d{3}$|^\+33(?:199|639)"
    r"(?:00|98)\d{4}$|^\+353(?:20)\d{7}$"
)
"""Ranges set aside for fiction. From: ATIS-0300115 (+1); Ofcom (+44); ACMA (+61); Arcep 2018-0881 (+33)."""

_RESERVED_MAIL: Final = r"@(?:.*\.)?(?:example|test|invalid|localhost)$|@(?:.*\.)?example\.(?:com|net|org)$"
"""From: RFC 2606, RFC 6761."""


def with_number_use(values: pl.DataFrame) -> pl.DataFrame:
    """Add `calling_code` (text, null if none fits) and `use` to phone values.

    Shape: [value, …], values E.164 -> the same with use: personal, service, unassigned, or null if it is no E.164.
    """
    code = pl.col("value").str.extract(
        r"^\+(1|7|2[07]|2[1-689]\d|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[789]\d|8[1246]|8[0578]\d|9[0-58]|9[679]\d)\d+$",
        1,
    )
    coded = values.with_columns(calling_code=code)
    national = pl.col("value").str.slice(pl.col("calling_code").str.len_chars().fill_null(0) + 1)
    use: Any = pl.when(pl.col("calling_code").is_null()).then(None)
    for present in coded["calling_code"].drop_nulls().unique().sort():
        here, personal, service = pl.col("calling_code") == present, *_patterns(int(present))
        if personal:
            use = use.when(here & national.str.contains(personal)).then(pl.lit("personal"))
        if service:
            use = use.when(here & national.str.contains(service)).then(pl.lit("service"))
        use = use.when(here).then(pl.lit("unassigned"))
    return coded.with_columns(use=use.otherwise(None))


def is_reserved() -> pl.Expr:
    """Tell where a value is set aside for tests or fiction: it is nobody's."""
    return pl.col("value").str.contains(_FICTION) | pl.col("value").str.contains(_RESERVED_MAIL)


def calling_code_of(country: pl.Expr) -> pl.Expr:
    """Return the calling code of a country, null if it is not known."""
    codes = {region: str(phonenumbers.country_code_for_region(region)) for region in phonenumbers.SUPPORTED_REGIONS}
    return country.replace_strict(codes, default=None, return_dtype=pl.String)


@cache
def _patterns(calling_code: int) -> tuple[str, str]:
    """Return the patterns of persons' and of services' numbers of a calling code, empty if it has none."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(calling_code, ())
    known = [PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region) for region in regions]
    texts = []
    for uses in (PERSONAL, SERVICE):
        found = {
            description.national_number_pattern
            for metadata in known
            if metadata
            for use in uses
            if (description := getattr(metadata, use)) and description.national_number_pattern
        }
        texts.append(f"^(?:{'|'.join(sorted(found))})$" if found else "")
    return texts[0], texts[1]
