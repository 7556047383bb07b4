# SPDX-License-Identifier: Apache-2.0
"""No file names a place on the machine where it was written."""

from pathlib import Path

import pytest

from tests.tidy.tree import named, tracked

PLACES = tuple("/" + place + "/" for place in ("work", "root", "home/" + "user"))
BINARY = {".parquet", ".png", ".jpg", ".ico", ".woff2", ".mo", ".gz"}


@pytest.mark.parametrize("path", [p for p in tracked() if p.suffix not in BINARY], ids=named)
def test_no_file_names_a_place_of_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [place for place in PLACES if place in text] == []
