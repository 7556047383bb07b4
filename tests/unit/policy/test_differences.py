# SPDX-License-Identifier: Apache-2.0
"""Two files of rules are compared by rule and field, whatever the order of their entries."""

import tomllib

from rightparty.policy.differences import Difference, differences

BEFORE = """
title = "old"
[caps]
a = 1
b = 2
[[rules]]
id = "X.hours"
effective_from = 2020-01-01
to = "20:00"
[[rules]]
id = "X.hours"
effective_from = 2021-01-01
to = "21:00"
holidays = true
"""


def test_what_is_written_otherwise_and_elsewhere_is_told_by_rule_and_field() -> None:
    after = (
        BEFORE.replace('"21:00"', '"19:00"').replace("b = 2", "c = 3").replace("holidays = true", "holidays = false")
    )
    assert differences(tomllib.loads(BEFORE), tomllib.loads(after)) == [
        Difference(rule="caps", field="b", before="2", after=None),
        Difference(rule="caps", field="c", before=None, after="3"),
        Difference(rule="rules X.hours effective_from 2021-01-01", field="holidays", before="true", after="false"),
        Difference(rule="rules X.hours effective_from 2021-01-01", field="to", before="21:00", after="19:00"),
    ]


def test_another_order_is_no_difference() -> None:
    head, first, second = BEFORE.partition("[[rules]]")[0], *BEFORE.split("[[rules]]")[1:]
    other = f"{head}[[rules]]{second}[[rules]]{first}"
    assert differences(tomllib.loads(BEFORE), tomllib.loads(other)) == []
    assert differences(tomllib.loads(BEFORE), tomllib.loads(BEFORE)) == []
