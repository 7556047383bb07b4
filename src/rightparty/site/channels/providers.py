# SPDX-License-Identifier: Apache-2.0
"""Providers over HTTP and the printer's folder, made from their addresses.

A provider's client is loaded only where an address names it: some take more than a second, which every command would
pay. Who reads a provider's callbacks is connected with it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

from rightparty.dispatch.channels.adapter import ChannelAdapter
from rightparty.dispatch.channels.callbacks import connect_reader

if TYPE_CHECKING:
    from rightparty.dispatch.channels.exchange import HttpAdapter

type Options = Mapping[str, Any]


def seconds_now() -> float:
    """Return the seconds since 1970: signatures carry the time."""
    return datetime.now(UTC).timestamp()  # noqa: TID251 -- the clock of signatures is joined here


def provider_of(url: str, *, channel: str, setting: str, options: Options) -> ChannelAdapter:
    """Return the provider of an address.

    Args:
        url: of the settings.
        channel: that it is to serve.
        setting: by which the address was given, for errors: the address itself may hold credentials.
        options: all settings.

    Raises:
        ImproperlyConfigured: the scheme is not known for the channel, or the address cannot be used.
    """
    scheme = url.partition(":")[0]
    make = _MAKERS.get((channel, scheme)) or _MAKERS.get(("", scheme))
    if make is None:
        known = sorted({s for c, s in _MAKERS if c in ("", channel)})
        raise ImproperlyConfigured(f"{setting}: no provider of scheme {scheme!r}; there are {', '.join(known)}")
    try:
        return make(url, options)
    except (ValueError, OSError) as fault:
        kind = f"{type(fault).__name__}: {fault.strerror}" if isinstance(fault, OSError) else str(fault)
        raise ImproperlyConfigured(f"{setting}: {kind}") from None


def _paced[T: "HttpAdapter"](made: T, url: str) -> T:
    """Return a provider with the window and rate that its address gives: `window=50&rate=100`."""
    query = parse_qs(urlsplit(url).query)
    try:
        window = int(query.get("window", [str(made.exchange.window)])[-1])
        rate = float(query["rate"][-1]) if "rate" in query else None
    except ValueError:
        raise ValueError("window and rate are numbers") from None
    made.pace(window=window, per_second=rate)
    return made


def _signed_http(url: str, options: Options) -> ChannelAdapter:  # noqa: ARG001
    from rightparty.dispatch.channels.signed_http import SignedHttpChannel  # noqa: PLC0415 -- see above

    channel = SignedHttpChannel.from_url(url, now=seconds_now)
    connect_reader(channel.name, channel)
    return _paced(channel, url)


def _twilio_sms(url: str, options: Options) -> ChannelAdapter:
    from rightparty.dispatch.channels.twilio_sms import TwilioSms  # noqa: PLC0415 -- see above

    channel = TwilioSms.from_url(
        url, source=options["SMS_FROM"], public_url=options["PUBLIC_URL"], name=_name(url, "twilio")
    )
    connect_reader(channel.name, channel)
    return _paced(channel, url)


def _twilio_voice(url: str, options: Options) -> ChannelAdapter:
    from rightparty.dispatch.channels.twilio_voice import TwilioVoice  # noqa: PLC0415 -- see above

    channel = TwilioVoice.from_url(
        url, source=options["SMS_FROM"], public_url=options["PUBLIC_URL"], name=_name(url, "twilio-voice")
    )
    connect_reader(channel.name, channel)
    return _paced(channel, url)


def _alibaba(url: str, options: Options) -> ChannelAdapter:  # noqa: ARG001
    from rightparty.dispatch.channels.alibaba_sms import AlibabaSms  # noqa: PLC0415 -- see above

    channel = AlibabaSms.from_url(url, name=_name(url, "alibaba"))
    connect_reader(channel.name, channel)
    return _paced(channel, url)


def _letters(url: str, options: Options) -> ChannelAdapter:
    from rightparty.dispatch.channels.letters import LettersChannel  # noqa: PLC0415 -- see above

    return LettersChannel.from_url(url, sender=options["SENDER_NAME"])


def _web_push(url: str, options: Options) -> ChannelAdapter:
    from rightparty.dispatch.channels.web_push import WebPushChannel  # noqa: PLC0415 -- see above

    return _paced(WebPushChannel.from_url(url, sender=options["SENDER_NAME"], now=seconds_now), url)


def _name(url: str, usual: str) -> str:
    """Return the `name` of an address, for two accounts with one provider."""
    return parse_qs(urlsplit(url).query).get("name", [usual])[-1][:32]


_MAKERS: Final[dict[tuple[str, str], Callable[[str, Options], ChannelAdapter]]] = {
    ("", "https"): _signed_http,
    ("", "http"): _signed_http,
    ("sms", "twilio"): _twilio_sms,
    ("sms", "alibaba"): _alibaba,
    ("call", "twilio"): _twilio_voice,
    ("post", "letters"): _letters,
    ("app", "webpush"): _web_push,
}
"""(channel, scheme) -> what makes the provider; an empty channel stands for all."""
