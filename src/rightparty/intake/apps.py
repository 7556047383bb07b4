# SPDX-License-Identifier: Apache-2.0
"""Registers the room `intake` with Django."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The room `intake`."""

    name = "rightparty.intake"
    label = "intake"
