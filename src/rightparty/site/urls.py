# SPDX-License-Identifier: Apache-2.0
"""Every address of the web: the only place where faces are joined under one root."""

from django.urls import include, path

from rightparty.site.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("console/", include("rightparty.console.urls")),
    path("api/v1/", include("rightparty.api.urls")),
    path("sim/", include("rightparty.simulation.urls")),
    path("", include("rightparty.portal.urls")),
]
