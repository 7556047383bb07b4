# SPDX-License-Identifier: Apache-2.0
"""Registers the room `portal` with Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The room `portal`."""

    name = "rightparty.portal"
    label = "portal"
