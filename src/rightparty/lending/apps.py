# SPDX-License-Identifier: Apache-2.0
"""Registers the room `lending` with Django."""

from django.apps import AppConfig


class LendingConfig(AppConfig):
    """The room `lending`."""

    name = "rightparty.lending"
    label = "lending"
