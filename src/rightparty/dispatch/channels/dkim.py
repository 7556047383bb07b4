# SPDX-License-Identifier: Apache-2.0
"""Signs e-mails with DKIM, relaxed/relaxed, by RSA or Ed25519 (provable to the recipient's mail provider).

Source: RFC 6376 (DKIM), RFC 8463 (Ed25519), RFC 8301 (key sizes). Own code because dkimpy computes RSA in Python, 25
times slower than OpenSSL; it verifies our signatures in the tests.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LEAST_RSA_BITS: Final = 1024
LINE: Final = 72
"""Characters after which a value is folded."""
SIGNED_TWICE: Final = ("from", "to", "subject")
"""Headers listed once more than they stand in the mail, so that nobody can add another (RFC 6376, 5.4.2)."""

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SPACES: Final = re.compile(rb"[ \t\r\n]+")


class DkimError(ValueError):
    """The setting or its key cannot be used. The message holds nothing of the key."""

    remedy = "Set RIGHTPARTY_DKIM to selector:domain:/path/to/key.pem, an RSA or Ed25519 key in PEM that we may read."


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSigner:
    """A key with the names under which its public half stands in the DNS."""

    selector: str
    domain: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_setting(cls, setting: str) -> "DkimSigner":
        """Read `selector:domain:/path/to/key.pem`.

        Raises:
            DkimError: malformed, or no usable key there.
        """
        selector, _, rest = setting.partition(":")
        domain, _, path = rest.partition(":")
        if not (_NAME.fullmatch(selector) and _NAME.fullmatch(domain) and path):
            raise DkimError(f"not of the form selector:domain:path. {DkimError.remedy}")
        try:
            key = load_pem_private_key(Path(path).read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
            raise DkimError(f"no key could be read. {DkimError.remedy}") from None
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise DkimError(f"neither RSA nor Ed25519. {DkimError.remedy}")
        if isinstance(key, RSAPrivateKey) and key.key_size < LEAST_RSA_BITS:
            raise DkimError(f"an RSA key of less than {LEAST_RSA_BITS} bits. {DkimError.remedy}")
        return cls(selector=selector, domain=domain, key=key)

    def may_sign_for(self, address: str) -> bool:
        """Tell whether a recipient's provider would take the signature for that sender's (DMARC alignment)."""
        host = address.rpartition("@")[2].lower()
        return host == self.domain.lower() or host.endswith("." + self.domain.lower())

    def signature(self, headers: Sequence[tuple[str, str]], body: bytes, *, at: datetime) -> bytes:
        """Return the DKIM-Signature header, with its line end.

        Args:
            headers: names and values as they go over the wire; all are signed.
            body: as it goes over the wire, lines ended by CRLF, no space before a line's end.
            at: instant of signing.
        """
        kind = "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"
        signed = ":".join([*(name.lower() for name, _ in headers), *SIGNED_TWICE])
        body_hash = base64.b64encode(hashlib.sha256(_canonical(body)).digest()).decode("ascii")
        value = (
            f"v=1; a={kind}-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector}; t={int(at.timestamp())};\r\n"
            f"\th={_folded(signed, ':')};\r\n\tbh={body_hash};\r\n\tb="
        )
        lines = [_relaxed(name, text) + b"\r\n" for name, text in headers]
        mark = self._sign(b"".join(lines) + _relaxed("dkim-signature", value))
        return f"DKIM-Signature: {value}{_folded(base64.b64encode(mark).decode('ascii'))}\r\n".encode("ascii")

    def _sign(self, signed: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(signed).digest())


def _relaxed(name: str, value: str) -> bytes:
    """Return a header as it is signed (RFC 6376, 3.4.2)."""
    return name.lower().encode("ascii") + b":" + _SPACES.sub(b" ", value.encode("ascii")).strip()


def _canonical(body: bytes) -> bytes:
    """Return a body as it is signed: empty lines at its end do not count (RFC 6376, 3.4.4)."""
    kept = body.rstrip(b"\r\n")
    return kept + b"\r\n" if kept else b""


def _folded(value: str, separator: str = "") -> str:
    """Break a long value into lines, after a separator if one is named."""
    if not separator:
        return "\r\n\t".join(value[start : start + LINE] for start in range(0, len(value), LINE))
    lines = [""]
    for piece in value.split(separator):
        if len(lines[-1]) + len(piece) > LINE:
            lines.append("")
        lines[-1] += piece + separator
    return "\r\n\t".join(lines).removesuffix(separator)
