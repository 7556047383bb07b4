# SPDX-License-Identifier: Apache-2.0
"""once: ids reach the store as they are, whatever they contain; a lost one would be decided on unread facts."""

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from rightparty.store.queries import among, is_postgresql, text_array

ODD = st.sampled_from("\x1e\x1f,{}\"\\' %")
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0") | ODD, max_size=8)


class TestKeys(TestCase):
    """Every list of keys is found again."""

    @given(st.lists(st.none() | KEYS, max_size=5))
    @example([])
    @example([""])
    @example(["", ""])
    @example([None])
    @example(["\x1e", None])
    @example(["a\x1fb", "a", "b"])
    def test_an_array_holds_what_was_given(self, values: list[str | None]) -> None:
        """Nulls, empty texts and the marks themselves included."""
        if not is_postgresql():
            pytest.skip("arrays are PostgreSQL's")
        array, params = text_array(values)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT x FROM unnest({array}) WITH ORDINALITY AS t(x, n) ORDER BY n", params)
            assert [x for (x,) in cursor.fetchall()] == values

    @given(st.lists(KEYS, max_size=5), KEYS)
    def test_among_is_membership(self, values: list[str], asked: str) -> None:
        """On both stores."""
        condition, params = among("x", values)
        sql = f"SELECT COUNT(*) FROM (SELECT CAST(%s AS TEXT) AS x) t WHERE {condition}"
        with connection.cursor() as cursor:
            for one in (asked, *values):
                cursor.execute(sql, [one, *params])
                assert cursor.fetchone()[0] == int(one in values)
