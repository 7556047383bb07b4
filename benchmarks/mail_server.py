# SPDX-License-Identifier: Apache-2.0
"""A real mail server (aiosmtpd) in a process of its own that takes every mail and counts: `… PORT`."""

import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Sink:
    """Takes all and keeps none."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take a mail."""
        return "250 taken"


async def serve(port: int) -> None:
    """Serve until stopped."""
    handler = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="bench.example"), "127.0.0.1", port)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
