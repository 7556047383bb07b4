# SPDX-License-Identifier: Apache-2.0
"""Registers the room `api` with Django."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class ApiConfig(AppConfig):
    """The room `api`."""

    name = "rightparty.api"
    label = "api"

    def ready(self) -> None:
        """Refuse to start with a key that is none: each event would be turned away."""
        if not settings.RIGHTPARTY["EVENTS_KEYS"]:
            return
        from rightparty.api.signatures import KeysError, keys_of  # noqa: PLC0415 -- only where events are taken

        try:
            keys_of(settings.RIGHTPARTY["EVENTS_KEYS"])
        except KeysError as fault:
            raise ImproperlyConfigured(str(fault)) from None
