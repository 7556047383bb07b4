# SPDX-License-Identifier: Apache-2.0
"""Registers the room `evidence` with Django."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The room `evidence`."""

    name = "rightparty.evidence"
    label = "evidence"
