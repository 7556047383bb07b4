# SPDX-License-Identifier: Apache-2.0
"""Tells a supervisor whether this web server can answer: it runs, and its store does. Nothing else is told."""

from django.db import Error as StoreError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Answer 200, or 503 while the store does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except StoreError:
        return JsonResponse({"store": False}, status=503)
    return JsonResponse({"store": True})
