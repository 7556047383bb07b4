# SPDX-License-Identifier: Apache-2.0
"""Joins the rooms: which channel adapters this installation hands messages to, and who hears what comes back."""

from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    """The room `site`; everything is joined when Django has loaded all rooms."""

    name = "rightparty.site"
    label = "site"

    def ready(self) -> None:
        """Connect the channels and those who listen to them; models can be imported only from here on."""
        from rightparty.site.channels.wiring import connect_channels  # noqa: PLC0415

        connect_channels(settings.RIGHTPARTY)
