# SPDX-License-Identifier: Apache-2.0
"""The adapters that the settings name, and who hears what comes back on them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.dispatch.channels.adapter import ChannelAdapter, InboundText
from rightparty.dispatch.channels.registry import connect, connect_receivers
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.channels.smpp import SmppChannel
from rightparty.dispatch.channels.smtp import SmtpChannel
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.simulation.channels.handset import simulated_handsets, simulated_mailboxes

SIMULATED: Final = "simulated"


def connect_channels(options: Mapping[str, Any]) -> None:
    """Connect the adapters that the settings name; no connection to a carrier is made before the first message.

    Each setting is a list of addresses with blanks between them; a message goes to the first provider that takes it.

    Raises:
        ImproperlyConfigured: a channel's address has no known scheme.
    """
    connect("sms", _route(options["SMS_CHANNEL"], lambda url: sms_adapter(url, sender=options["SMS_FROM"])))
    connect("email", _route(options["EMAIL_CHANNEL"], lambda url: email_adapter(url, sender=options["EMAIL_FROM"])))
    connect_receivers(on_receipts=receive_receipts, on_texts=receive_texts)


def _route(urls: str, adapter_of_url: Callable[[str], ChannelAdapter]) -> Route:
    """Return a channel's providers in the order given.

    Raises:
        ImproperlyConfigured: two of them have one name, so that evidence could not tell them apart, or none is given.
    """
    adapters = [adapter_of_url(url) for url in urls.split()]
    names = [adapter.name for adapter in adapters]
    if not names or len(set(names)) < len(names):
        raise ImproperlyConfigured(f"a channel needs providers of different names, not: {', '.join(names) or 'none'}")
    return Route(adapters)


def sms_adapter(url: str, *, sender: str) -> ChannelAdapter:
    """Return the adapter for text messages.

    Raises:
        ImproperlyConfigured: the address has no known scheme.
    """
    if url == SIMULATED:
        return simulated_handsets(sender)
    if url.startswith("smpp://"):
        return SmppChannel.from_url(url, source=sender)
    raise ImproperlyConfigured("RIGHTPARTY_SMS must be 'simulated' or smpp://user:password@host:port")


def email_adapter(url: str, *, sender: str) -> ChannelAdapter:
    """Return the adapter for e-mail.

    Raises:
        ImproperlyConfigured: the address has no known scheme.
    """
    if url == SIMULATED:
        return simulated_mailboxes(sender)
    if url.startswith(("smtp://", "smtp+tls://")):
        return SmtpChannel.from_url(url, sender=sender)
    raise ImproperlyConfigured("RIGHTPARTY_EMAIL must be 'simulated' or smtp://user:password@host:port")


def receive_texts(texts: Sequence[InboundText], at: datetime) -> None:
    """Take in what recipients wrote, and open a case where somebody says: this is not me."""
    for text in texts:
        open_from_reply(receive_reply(text, at=at), words=text.body, at=at)
