# SPDX-License-Identifier: Apache-2.0
"""Every visible text exists in every language of the pages: a stranger must understand what he is told (answerable).

Remedy for a failure: `python -m scripts.compile_messages`, fill the empty texts of both catalogues, and run it again.
"""

import re

import pytest

from scripts.compile_messages import LOCALES, all_strings, catalogue, compiled, extracted, file_of

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|\{\w*\}")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_translated(locale: str) -> None:
    found = catalogue(locale)
    missing = []
    for message in extracted():
        key = message.id if isinstance(message.id, str) else message.id[0]
        known = found.get(key, message.context) if key else None
        if key and (known is None or not all_strings(known.string)):
            missing.append(key)
    assert missing == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_translation_is_a_guess(locale: str) -> None:
    assert [message.id for message in catalogue(locale) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_survive_translation(locale: str) -> None:
    torn = []
    for message in catalogue(locale):
        if not message.id:
            continue
        original = message.id if isinstance(message.id, str) else message.id[-1]
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = sorted(PLACEHOLDER.findall(original))
        torn += [original for string in strings if sorted(PLACEHOLDER.findall(string)) != wanted]
    assert torn == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_that_of_its_source(locale: str) -> None:
    assert file_of(locale, "mo").read_bytes() == compiled(catalogue(locale))


def test_a_reason_of_the_registry_is_among_the_texts() -> None:
    """The extraction really reaches the registry: an empty extraction would pass every test above."""
    texts = {message.id for message in extracted()}
    assert "Somebody at this contact point reported: this is not me." in texts
    assert "Not confirmed" in texts
    assert len(texts) > 250
