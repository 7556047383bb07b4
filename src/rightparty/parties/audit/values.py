# SPDX-License-Identifier: Apache-2.0
"""Values that are wrong in themselves: fillers, impossible and test values, nobody's own mailboxes. Serves right_party.

Everything is decided on distinct values. A ported number cannot be told by itself: only carriers' answers tell.
"""

from typing import Final

import polars as pl

from rightparty.parties.audit.findings import Finding, found
from rightparty.parties.audit.frames import Audited
from rightparty.parties.audit.numbering import calling_code_of, is_reserved, with_number_use

_REPEATED: Final = "|".join(f"{digit}{{8}}" for digit in range(1, 10))
FILLER: Final = (
    rf"^[^@]*(?:0{{7}}|{_REPEATED})$|^[^@]*(?:12345678|23456789|87654321|98765432)[^@]*$|13800000000$"
    r"|^(?:test|tester|noreply|no-reply|donotreply|none|na|null|nomail|no|xxx+|aaa+|abc|asdf\w*|qwer\w*|123456?)\d{0,3}@"
    r"|@(?:test|none|nomail|noemail|example)\.(?:com|org)$"
)
"""What people and programs write where a field had to be filled: one digit repeated, keyboard runs, no-reply boxes."""

_DISPOSABLE: Final = (
    r"@(?:.*\.)?(?:mailinator|guerrillamail|10minutemail|temp-mail|tempmail|yopmail|trashmail|sharklasers|getnada"
    r"|throwawaymail|maildrop|dispostable|fakeinbox|mailnesia|moakt|mohmal|emailondeck|mintemail|discard)\.[a-z.]+$"
)
"""Providers of mailboxes that live for minutes; the best known, not all."""

_ROLE: Final = (
    r"^(?:info|admin|administrator|office|sales|support|contact|hr|billing|accounts?|accounting|reception|service|help"
    r"|helpdesk|enquiries|inquiry|marketing|jobs|career|postmaster|webmaster|hostmaster|abuse|root|team|mail)@"
)
_EXTENSION: Final = r"(?i)(?:ext|extn|x|#|;|,|转|轉|分机|分機|доб|linka|kl)\.?\s*\d{1,6}\s*$"


def value_findings(given: Audited) -> list[Finding | None]:
    """Return the findings on single values that are recorded as persons' own."""
    own = given.own
    distinct = own.select("channel", "value").unique()
    is_phone, is_mail = pl.col("channel") == "phone", pl.col("channel") == "email"
    phones = with_number_use(distinct.filter(is_phone & pl.col("value").str.starts_with("+")))
    mails = distinct.filter(is_mail)
    fillers = distinct.filter((is_phone | is_mail) & pl.col("value").str.contains(FILLER))
    reserved = distinct.filter((is_phone | is_mail) & is_reserved()).join(fillers, on=["channel", "value"], how="anti")
    unassigned = phones.filter(pl.col("use") == "unassigned").join(fillers, on=["channel", "value"], how="anti")

    def told(code: str, values: pl.DataFrame, severity: str = "") -> Finding | None:
        rows = own.join(values.select("channel", "value"), on=["channel", "value"], how="semi")
        return found(code, rows, shown="value", total=own.height, severity=severity)

    mostly = reserved.height > distinct.height / 2
    return [
        told("filler_value", fillers),
        told("unassigned_number", unassigned),
        told("service_number", phones.filter(pl.col("use") == "service")),
        told("reserved_value", reserved, "info" if mostly else ""),
        told("disposable_mailbox", mails.filter(pl.col("value").str.contains(_DISPOSABLE))),
        told("role_mailbox", mails.filter(pl.col("value").str.contains(_ROLE))),
        _foreign(given, phones),
        _with_extension(own),
        _ported(given),
    ]


def _foreign(given: Audited, phones: pl.DataFrame) -> Finding | None:
    own = given.own.filter(pl.col("channel") == "phone")
    homes = given.parties.select("party_id", home=calling_code_of(pl.col("country")))
    rows = own.join(phones.select("value", "calling_code"), on="value").join(homes, on="party_id")
    return found(
        "foreign_number", rows.filter(pl.col("home") != pl.col("calling_code")), shown="value", total=own.height
    )


def _with_extension(own: pl.DataFrame) -> Finding | None:
    phones = own.filter(pl.col("channel") == "phone")
    rows = phones.filter(pl.col("value_as_given").str.contains(_EXTENSION) | pl.col("value").str.contains(_EXTENSION))
    return found("number_with_extension", rows, shown="value", total=phones.height)


def _ported(given: Audited) -> Finding | None:
    told = given.events.filter(pl.col("detail").str.contains(r"(?i)\bported|\bmnp\b|携号转网|携號轉網"))
    return found("ported_number", told.unique(["channel", "value"]), shown="value", total=given.events.height)
