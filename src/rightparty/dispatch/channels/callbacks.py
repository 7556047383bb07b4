# SPDX-License-Identifier: Apache-2.0
"""What providers send to us by themselves: who may, and what it says; `site` connects the readers, `api` calls them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from rightparty.dispatch.channels.adapter import InboundText, ReceiptReport

MOST_NEWS: Final = 1000
"""Receipts and replies in one request; a provider that has more sends more requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A request of a provider, as received."""

    #: with which the provider called us, as it is seen from outside, with its query
    url: str = field(repr=False)
    #: `receipts` or `replies`
    subject: str
    #: names in lower case
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a callback says, and the answer that its sender expects."""

    receipts: tuple[ReceiptReport, ...] = ()
    texts: tuple[InboundText, ...] = ()
    answer: bytes = b"{}"
    answer_type: str = "application/json"


class CallbackRefusedError(Exception):
    """A callback is not its provider's, or is too old. Nothing of it was taken."""


class CallbackNotReadError(ValueError):
    """A callback is its provider's and says nothing that can be read. Nothing of it was taken."""


class Reader(Protocol):
    """Reads the callbacks of one provider."""

    def read(self, callback: Callback) -> News:
        """Return what it says.

        Raises:
            CallbackRefusedError: it is not the provider's.
            CallbackNotReadError: it says nothing readable.
        """
        ...


_readers: dict[str, Reader] = {}


def connect_reader(name: str, reader: Reader) -> None:
    """Let callbacks under a name be read so, in place of the one before."""
    _readers[name] = reader


def read_callback(name: str, callback: Callback) -> News:
    """Return what a callback says.

    Raises:
        CallbackRefusedError: nobody of this name is connected, or it is not from there; which, is not said.
        CallbackNotReadError: it says nothing readable.
    """
    reader = _readers.get(name)
    if reader is None:
        raise CallbackRefusedError
    return reader.read(callback)
