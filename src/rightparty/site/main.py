# SPDX-License-Identifier: Apache-2.0
"""The entry point of the `rightparty` command: settings first, then Django, then the command groups."""

import os

import django


def main() -> None:
    """Run the `rightparty` command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
    django.setup()
    from rightparty.cli.app import app  # noqa: PLC0415 (commands import models, which need django.setup first)

    app()
