# SPDX-License-Identifier: Apache-2.0
"""Masked forms of personal values for pages, findings and refusals: enough to recognise, too little to use."""

import polars as pl


def mask_value(value: str) -> str:
    """Return a phone or e-mail with its middle hidden, for example `+86138****0042` or `w***@example.com`."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    if len(value) <= 7:
        return "*" * len(value)
    return f"{value[:-8] if len(value) > 8 else ''}****{value[-4:]}"


def mask_name(name: str) -> str:
    """Return the first character of each word of a name, the rest hidden."""
    return " ".join(f"{word[:1]}{'*' * min(len(word) - 1, 3)}" for word in name.split())


def masked(column: str) -> pl.Expr:
    """Return a column of values masked as `mask_value` does, for whole portfolios."""
    value = pl.col(column)
    length = value.str.len_chars()
    mail = pl.concat_str(value.str.head(1), pl.lit("***@"), value.str.extract(r"@(.*)$", 1))
    number = pl.concat_str(
        value.str.slice(0, (length.cast(pl.Int64) - 8).clip(lower_bound=0)), pl.lit("****"), value.str.tail(4)
    )
    short = value.str.replace_all(r"[\s\S]", "*")
    return pl.when(value.str.contains("@", literal=True)).then(mail).when(length <= 7).then(short).otherwise(number)
