# SPDX-License-Identifier: Apache-2.0
"""Registers the room `parties` with Django."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """The room `parties`."""

    name = "rightparty.parties"
    label = "parties"
