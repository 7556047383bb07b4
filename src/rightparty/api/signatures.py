# SPDX-License-Identifier: Apache-2.0
"""Signatures of pushed events, by the scheme of Standard Webhooks (https://www.standardwebhooks.com, version 1).

A message is authentic if one of its signatures was made with one of our keys over `ID.TIMESTAMP.BODY` and its timestamp
lies within five minutes. Several keys let a sender change his without losing an event.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")

LONGEST_SIGNATURES: Final = 4_000
"""Characters of signatures that are looked at: some eighty of them."""


class KeysError(ValueError):
    """A key in the settings is no key; says which by its place, never by its text."""

    remedy = "Write each key in base64, with or without whsec_ before it, of 24 bytes or more, separated by spaces."


def keys_of(keys: Sequence[str]) -> list[Webhook]:
    """Return verifiers for the keys of the settings.

    Raises:
        KeysError: one is not base64 or too short to be a key.
    """
    verifiers = []
    for place, key in enumerate(keys, start=1):
        try:
            verifier = Webhook(key)
        except (ValueError, EmptyWebhookSecretError):
            raise KeysError(f"RIGHTPARTY_EVENTS_KEYS: key {place} is not base64. {KeysError.remedy}") from None
        if len(key.removeprefix("whsec_")) < 32:
            raise KeysError(f"RIGHTPARTY_EVENTS_KEYS: key {place} is too short. {KeysError.remedy}")
        verifiers.append(verifier)
    return verifiers


def is_authentic(body: bytes, headers: Mapping[str, str], verifiers: Sequence[Webhook]) -> bool:
    """Tell whether one of the keys signed the body; every key is tried, each comparison in constant time."""
    given = {name: headers.get(name, "") for name in HEADERS}
    if len(given["webhook-signature"]) > LONGEST_SIGNATURES:
        return False
    # the library takes no signature of a shape it does not know; another version beside ours is to be passed over
    known = [one for one in given["webhook-signature"].split(" ") if one.startswith("v1,") and one.count(",") == 1]
    checked = [
        _verifies(verifier, body, {**given, "webhook-signature": one}) for verifier in verifiers for one in known
    ]
    return any(checked)


def _verifies(verifier: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    try:
        verifier.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
