# SPDX-License-Identifier: Apache-2.0
"""Registers the room `console` with Django."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The room `console`."""

    name = "rightparty.console"
    label = "console"
