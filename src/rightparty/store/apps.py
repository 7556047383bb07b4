# SPDX-License-Identifier: Apache-2.0
"""Registers the room `store` with Django."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """The room `store`."""

    name = "rightparty.store"
    label = "store"
