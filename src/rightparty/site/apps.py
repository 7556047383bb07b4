# SPDX-License-Identifier: Apache-2.0
"""Joins the rooms: which channel adapters this installation hands messages to."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The room `site`; everything is joined when Django has loaded all rooms."""

    name = "rightparty.site"
    label = "site"
