# SPDX-License-Identifier: Apache-2.0
"""Foreign keys go downwards or stay in their room, also where an import would not show it."""

from django.apps import apps

from tests.tidy.tree import levels


def test_foreign_keys_between_rooms_go_downwards() -> None:
    height = levels()
    upwards, seen = [], 0
    for model in apps.get_models():
        room = model.__module__.split(".")
        if room[0] != "rightparty":
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if field.auto_created or target is None or target.__module__.split(".")[0] != "rightparty":
                continue
            seen += 1
            other = target.__module__.split(".")[1]
            if other != room[1] and height[other] >= height[room[1]]:
                upwards.append(f"{model.__name__}.{field.name} -> {target.__module__}")
    assert seen
    assert upwards == []
