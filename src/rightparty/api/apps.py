# SPDX-License-Identifier: Apache-2.0
"""Registers the room `api` with Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The room `api`."""

    name = "rightparty.api"
    label = "api"
