# SPDX-License-Identifier: Apache-2.0
"""Each test of the store runs on both stores: what the second run leaves out touches none."""

import re

from tests.tidy.tree import ROOT

MARKS = re.compile(r"django_db|transactional_db|live_server")


def test_what_is_left_out_on_postgresql_touches_no_store() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    run = re.search(r"^STORE_TESTS := (.+)$", makefile, re.MULTILINE)
    out = re.search(r"^NO_STORE := (.+)$", makefile, re.MULTILINE)
    assert run is not None
    assert out is not None
    inside = [ROOT / name for name in run[1].split()]
    outside = [ROOT / name for name in out[1].split()]
    for folder in ("integration", "simulation", "properties"):
        for file in (ROOT / "tests" / folder).rglob("test_*.py"):
            ways = {file, *file.parents}
            if not ways & set(inside) or ways & set(outside):
                assert not MARKS.search(file.read_text(encoding="utf-8")), file.name
