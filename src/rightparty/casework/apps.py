# SPDX-License-Identifier: Apache-2.0
"""Registers the room `casework` with Django."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """The room `casework`."""

    name = "rightparty.casework"
    label = "casework"
