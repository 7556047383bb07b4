# SPDX-License-Identifier: Apache-2.0
"""Pure by default: a module that is not under a shell name has no way to Django, not even through others."""

import grimp
import pytest

from tests.tidy.tree import FACES, SHELL


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("rightparty", include_external_packages=True, cache_dir=None)


def is_shell(module: str) -> bool:
    _, room, *inside = module.split(".")
    return room in FACES or not inside or bool(SHELL & set(inside))


def test_a_module_with_the_name_of_a_notion_never_reaches_django(graph: grimp.ImportGraph) -> None:
    pure = [m for m in graph.modules if m.startswith("rightparty.") and not is_shell(m)]
    assert len(pure) > 30, "the rule looks at nothing"
    assert graph.find_shortest_chain("rightparty.parties.queries", "django"), "the rule sees no way to Django at all"
    ways = [graph.find_shortest_chain(module, "django") for module in pure]
    assert [" -> ".join(way) for way in ways if way] == []


def test_models_are_imported_only_inside_their_room(graph: grimp.ImportGraph) -> None:
    strangers = []
    for module in graph.modules:
        if (
            not module.startswith("rightparty.")
            or not module.endswith(".models")
            or module == "rightparty.store.models"
        ):
            continue
        room = module.rpartition(".")[0]
        importers = graph.find_modules_that_directly_import(module)
        strangers += [f"{importer} -> {module}" for importer in importers if not importer.startswith(f"{room}.")]
    assert strangers == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("rightparty.parties.attribution.judge", False),
        ("rightparty.parties.queries", True),
        ("rightparty.dispatch.operations.release", True),
        ("rightparty.policy.rules.law", False),
    ],
)
def test_the_rule_tells_shell_from_notion(module: str, expected: bool) -> None:
    assert is_shell(module) is expected
