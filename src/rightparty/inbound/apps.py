# SPDX-License-Identifier: Apache-2.0
"""Registers the room `inbound` with Django."""

from django.apps import AppConfig


class InboundConfig(AppConfig):
    """The room `inbound`."""

    name = "rightparty.inbound"
    label = "inbound"
