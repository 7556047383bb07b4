# SPDX-License-Identifier: Apache-2.0
"""Registers the room `planning` with Django."""

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """The room `planning`."""

    name = "rightparty.planning"
    label = "planning"
