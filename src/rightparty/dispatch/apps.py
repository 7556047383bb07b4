# SPDX-License-Identifier: Apache-2.0
"""Registers the room `dispatch` with Django."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """The room `dispatch`."""

    name = "rightparty.dispatch"
    label = "dispatch"
