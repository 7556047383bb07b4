# SPDX-License-Identifier: Apache-2.0
"""`rightparty work` whose clock is so many seconds ahead: python -m tests.integration.workers.shifted SECONDS …"""

import sys
from datetime import UTC, datetime, timedelta

import django


def main() -> None:
    ahead = timedelta(seconds=float(sys.argv.pop(1)))
    django.setup()
    from rightparty.cli import work

    work.present = lambda: datetime.now(tz=UTC) + ahead
    from rightparty.cli.app import app

    sys.argv.insert(1, "work")
    app()


if __name__ == "__main__":
    main()
