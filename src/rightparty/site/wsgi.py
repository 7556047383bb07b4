# SPDX-License-Identifier: Apache-2.0
"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
application = get_wsgi_application()
