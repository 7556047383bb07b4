# SPDX-License-Identifier: Apache-2.0
"""right_party: the columns' answer about a number is that of the numbering plans' own library, for every country."""

import numpy as np
import phonenumbers
import polars as pl

from rightparty.parties.audit.numbering import is_reserved, with_number_use


def numbers_around_the_examples() -> list[str]:
    """Each region's example numbers with one digit changed, and made-up ones, as E.164 writes them."""
    dice = np.random.default_rng(20_261_125)
    texts = [
        f"+{code}{dice.integers(10**6, 10**10)}" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE for _ in range(6)
    ]
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number(region)
        whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        places = dice.integers(len(str(example.country_code)) + 1, len(whole), 4)
        texts += [f"{whole[:place]}{dice.integers(0, 10)}{whole[place + 1 :]}" for place in places]
    read = [phonenumbers.parse(text, None) for text in texts]
    return [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in read]


def test_every_countrys_numbers_are_judged_as_their_library_does() -> None:
    texts = numbers_around_the_examples()
    used = with_number_use(pl.DataFrame({"value": texts}))
    mine = [use in ("personal", "service") for use in used["use"]]
    read = [phonenumbers.parse(text, None) for text in texts]
    theirs = [phonenumbers.is_valid_number(number) for number in read]
    assert sum(theirs) > 300
    assert [text for text, one, other in zip(texts, mine, theirs, strict=True) if one != other] == []
    codes = [str(number.country_code) for number in read]
    assert used["calling_code"].to_list() == codes


def test_what_is_no_number_has_no_use() -> None:
    used = with_number_use(pl.DataFrame({"value": ["", "+", "12", "+0123", "a@mail.example"]}))
    assert used["use"].to_list() == [None] * 5


def test_ranges_for_fiction_and_tests_are_told() -> None:
    values = ["+12025550100", "+12025550200", "+447700900123", "a@example.com", "a@firm.example", "a@example.co"]
    assert pl.DataFrame({"value": values}).select(is_reserved()).to_series().to_list() == [
        True,
        False,
        True,
        True,
        True,
        False,
    ]
