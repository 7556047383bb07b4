# SPDX-License-Identifier: Apache-2.0
"""Registers the room `simulation` with Django."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    """The room `simulation`."""

    name = "rightparty.simulation"
    label = "simulation"
