# SPDX-License-Identifier: Apache-2.0
"""answerable: two worlds that differ only in the debtor give a stranger the same bytes on every page."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightparty.portal.deeds import DEEDS
from tests.integration.casework.outbox import add_debtor, planned, sent

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CODE = "0123456789M"
VOLATILE = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]+"|/c/[\w-]{22}|20\d\d-\d\d-\d\dT[\d:.+]+|20\d\d-\d\d-\d\d \d\d:\d\d UTC'
)
"""Security tokens, follow tokens, and instants of the request itself."""

names = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


@dataclass(frozen=True)
class Debtor:
    name: str
    party: str
    accounts: int
    amount_minor: int
    address: str
    waiting: int


debtors = st.builds(
    Debtor,
    name=names,
    party=st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True),
    accounts=st.integers(0, 4),
    amount_minor=st.integers(1, 10**9),
    address=st.from_regex(r"\+1202555\d{4}", fullmatch=True),
    waiting=st.integers(0, 3),
)


class UndoError(Exception):
    """Ends a world."""


def seen_in(debtor: Debtor) -> list[bytes]:
    """Return every page a stranger can get with the one code, also after each deed."""
    seen: list[bytes] = []
    cache.clear()
    try:
        with transaction.atomic():
            accounts = [f"{debtor.party}-{n}" for n in range(debtor.accounts)]
            add_debtor(debtor.party, *accounts, name=debtor.name)
            sent(
                AT, party=debtor.party, account=f"{debtor.party}-0", address=debtor.address, code=CODE,
                amount_minor=debtor.amount_minor,
            )  # fmt: skip
            for n in range(debtor.waiting):
                planned(AT, address=debtor.address, account=f"W{n}")
            client = Client()
            for end in ("", "/stop", *(f"/{slug}" for slug in DEEDS)):
                seen.append(client.get(f"/m/{CODE}{end}").content)
                if end:
                    seen.append(client.post(f"/m/{CODE}{end}", {"words": "words"}, follow=True).content)
            seen.append(client.get(f"/m/{CODE}").content)
            raise UndoError
    except UndoError:
        return [VOLATILE.sub(b"", page) for page in seen]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=debtors, other=debtors)
def test_pages_do_not_depend_on_the_debtor(one: Debtor, other: Debtor) -> None:
    seen = seen_in(one)
    assert b"This message is from us" in seen[0]
    assert seen == seen_in(other)
