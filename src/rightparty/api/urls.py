# SPDX-License-Identifier: Apache-2.0
"""The addresses of the interface, mounted at /api/v1/."""

from django.urls import path

from rightparty.api.views import api

urlpatterns = [path("", api.urls)]
