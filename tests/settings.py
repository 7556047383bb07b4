# SPDX-License-Identifier: Apache-2.0
"""Settings of the test suite: the product's own, with a throw-away home and either store.

`RIGHTPARTY_TEST_STORE=postgresql` runs the suite on a real PostgreSQL server that the run starts itself.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="rp-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["RIGHTPARTY_HOME"] = str(HOME)
os.environ.setdefault("RIGHTPARTY_SECRET_KEY", "tests-only")

if os.environ.get("RIGHTPARTY_TEST_STORE") == "postgresql" and "DATABASE_URL" not in os.environ:
    from tests.postgresql import started_server_url

    os.environ["DATABASE_URL"] = started_server_url(HOME)

from rightparty.site.settings import *  # noqa: E402, F403
from rightparty.site.settings import DATABASES, RIGHTPARTY  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # the simulation runs many actors in one thread, where nobody may wait in line; the line has tests of its own
    DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
    # a file, not memory: threads and processes of the tests meet the same store, with WAL as in production
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.db")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
AXES_ENABLED = True
ALLOWED_HOSTS = ["*"]
RIGHTPARTY["HOUSE_RULES_FILE"] = str(Path(__file__).parent / "house.toml")
