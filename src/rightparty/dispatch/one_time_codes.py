# SPDX-License-Identifier: Apache-2.0
"""One-time codes: six digits, kept only as a keyed digest, compared in constant time. Serves right_party."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from uuid import UUID

from rightparty.dispatch.verification_state import CODE_DIGITS


def new_one_time_code(random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """Return a fresh code."""
    return f"{random_below(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def digest_of(code: str, *, verification: UUID, key: str) -> str:
    """Return what is kept of a code.

    A million codes are soon tried against a plain hash; without the installation's key nobody who reads the table can.
    """
    return hmac.new(key.encode(), verification.bytes + code.encode(), hashlib.sha256).hexdigest()


def is_same_code(typed: str, *, digest: str, verification: UUID, key: str) -> bool:
    """Tell in constant time whether what was typed is the code; spaces do not matter."""
    clean = "".join(typed.split())
    given = digest_of(clean, verification=verification, key=key)
    return bool(digest) and hmac.compare_digest(given, digest)
