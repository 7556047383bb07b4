# SPDX-License-Identifier: Apache-2.0
"""The adapters that the settings name, and who hears what comes back on them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.dispatch.channels.adapter import ChannelAdapter, InboundText
from rightparty.dispatch.channels.dialler import Dialler
from rightparty.dispatch.channels.registry import connect, connect_inbox, connect_receivers
from rightparty.dispatch.channels.route import Route
from rightparty.dispatch.channels.smpp import SmppChannel
from rightparty.dispatch.channels.smtp import SmtpChannel
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply
from rightparty.intake.operations.apply_inbound_facts import apply_inbound_facts
from rightparty.simulation.channels.handset import simulated_handsets, simulated_mailboxes
from rightparty.site.channels.providers import provider_of

SIMULATED: Final = "simulated"


def connect_channels(options: Mapping[str, Any]) -> None:
    """Connect the adapters that the settings name; no connection to a carrier is made before the first message.

    Each setting is a list of addresses with blanks between them; a message goes to the first provider that takes it.

    Raises:
        ImproperlyConfigured: a channel's address has no known scheme, or the dialler's is none.
    """
    _refuse_unfit_dialler(options["DIALLER"])
    connect("sms", _route(options["SMS_CHANNEL"], lambda url: sms_adapter(url, options)))
    connect("email", _route(options["EMAIL_CHANNEL"], lambda url: email_adapter(url, options)))
    for channel in ("call", "post", "app"):
        setting = f"{channel.upper()}_CHANNEL"
        if options[setting]:
            connect(channel, _route(options[setting], partial(other_adapter, channel=channel, options=options)))
    connect_receivers(on_receipts=receive_receipts, on_texts=receive_texts)
    connect_inbox(lambda at: apply_inbound_facts(at=at))


def _refuse_unfit_dialler(url: str) -> None:
    """Say so at the start: an agent's call is released by the gate before the dialler is asked."""
    try:
        if url:
            Dialler.from_url(url)
    except ValueError:
        raise ImproperlyConfigured("RIGHTPARTY_DIALLER must be https://TOKEN@host/base") from None


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


def sms_adapter(url: str, options: Mapping[str, Any]) -> ChannelAdapter:
    """Return the adapter for text messages.

    Raises:
        ImproperlyConfigured: the address has no known scheme.
    """
    if url == SIMULATED:
        return simulated_handsets(options["SMS_FROM"])
    if url.startswith(("smpp://", "smpps://")):
        try:
            return SmppChannel.from_url(url, sender=options["SMS_FROM"])
        except ValueError as fault:
            raise ImproperlyConfigured(f"RIGHTPARTY_SMS: {fault}") from None
    return provider_of(url, channel="sms", setting="RIGHTPARTY_SMS", options=options)


def email_adapter(url: str, options: Mapping[str, Any]) -> ChannelAdapter:
    """Return the adapter for e-mail.

    Raises:
        ImproperlyConfigured: the address has no known scheme.
    """
    if url == SIMULATED:
        return simulated_mailboxes(options["EMAIL_FROM"])
    if url.startswith(("smtp://", "smtp+tls://", "smtps://")):
        try:
            return SmtpChannel.from_url(url, sender=options["EMAIL_FROM"], dkim=options["DKIM"])
        except ValueError as fault:
            raise ImproperlyConfigured(f"RIGHTPARTY_EMAIL: {fault}") from None
    return provider_of(url, channel="email", setting="RIGHTPARTY_EMAIL", options=options)


def other_adapter(url: str, *, channel: str, options: Mapping[str, Any]) -> ChannelAdapter:
    """Return the adapter for calls, letters or pushes.

    Raises:
        ImproperlyConfigured: the address has no known scheme.
    """
    return provider_of(url, channel=channel, setting=f"RIGHTPARTY_{channel.upper()}", options=options)


def receive_texts(texts: Sequence[InboundText], at: datetime) -> None:
    """Take in what recipients wrote, and open a case where somebody says: this is not me."""
    for text in texts:
        open_from_reply(receive_reply(text, at=at), words=text.body, at=at)
