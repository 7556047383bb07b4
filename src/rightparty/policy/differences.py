# SPDX-License-Identifier: Apache-2.0
"""What differs between two files of rules, by rule and field. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

_NAMES: Final = ("id", "name")
_VERSIONS: Final = ("effective_from", "recorded_from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that the two do not share."""

    #: table, step or rule, with its version; empty: the file itself
    rule: str
    field: str
    #: as written; None: not there
    before: str | None
    after: str | None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs, ordered by rule and field.

    Shape: two parsed TOML files. Entries of arrays of tables are told apart by their `id` or `name` and, where a rule
    has versions, by the days from which they are in force and recorded.
    """
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return [
        Difference(rule=rule, field=field, before=old.get((rule, field)), after=new.get((rule, field)))
        for rule, field in sorted(old.keys() | new.keys())
        if old.get((rule, field)) != new.get((rule, field))
    ]


def _leaves(table: Mapping[str, Any], rule: str) -> Iterator[tuple[tuple[str, str], str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, _under(rule, name))
        elif isinstance(value, list) and value and all(isinstance(entry, Mapping) for entry in value):
            for number, entry in enumerate(value, start=1):
                yield from _leaves(entry, _under(rule, _told_apart(name, entry, number)))
        else:
            yield (rule, name), _written(value)


def _under(rule: str, name: str) -> str:
    return f"{rule} / {name}" if rule else name


def _told_apart(array: str, entry: Mapping[str, Any], number: int) -> str:
    name = next((str(entry[key]) for key in _NAMES if key in entry), str(number))
    versions = [f"{key} {entry[key]}" for key in _VERSIONS if key in entry]
    return " ".join([array, name, *versions])


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
