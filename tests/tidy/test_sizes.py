# SPDX-License-Identifier: Apache-2.0
"""Nothing is longer than a reader can hold: 60 lines a function, 600 a module."""

import ast
from pathlib import Path

import pytest

from tests.tidy.tree import modules, named, syntax

LONGEST_FUNCTION = 60
LONGEST_MODULE = 600


@pytest.mark.parametrize("path", modules(), ids=named)
def test_no_module_and_no_function_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    functions = [n for n in ast.walk(syntax(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {function.name: (function.end_lineno or 0) - function.lineno + 1 for function in functions}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
