# SPDX-License-Identifier: Apache-2.0
"""Each provider is made from its address; an address that cannot be used names the setting and no credentials."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from py_vapid import Vapid02

from rightparty.dispatch.channels.registry import adapter_of, connect
from rightparty.site.channels.providers import provider_of
from rightparty.site.channels.wiring import connect_channels
from tests.integration.providers.provider_answers import SECRET


@pytest.fixture
def files(tmp_path: Path) -> Path:
    vapid = Vapid02()
    vapid.generate_keys()
    (tmp_path / "key.pem").write_bytes(vapid.private_pem())
    (tmp_path / "templates.toml").write_text("[[template]]\ncode = 'SMS_1'\ntext = 'hello'\n")
    return tmp_path


def addresses(files: Path) -> dict[tuple[str, str], str]:
    return {
        ("sms", "twilio"): "twilio://AC1:hidden-token@api.twilio.com?from=+15005550006",
        ("sms", "second"): "twilio://AC1:hidden-token@api.twilio.com?from=+15005550006&name=second",
        ("call", "twilio-voice"): "twilio://AC1:hidden-token@api.twilio.com?from=+15005550006",
        ("sms", "alibaba"): f"alibaba://K:hidden-secret@dysmsapi.aliyuncs.com?sign=x&templates={files}/templates.toml",
        ("sms", "acme"): f"https://acme:{SECRET}@provider.example/v1",
        ("post", "letters"): f"letters:{files}/letters",
        ("app", "push"): f"webpush:?key={files}/key.pem&contact=mailto:ops@lender.example",
    }


def test_each_scheme_makes_its_provider(files: Path) -> None:
    for (channel, name), url in addresses(files).items():
        made = provider_of(url, channel=channel, setting="RIGHTPARTY_X", options=settings.RIGHTPARTY)
        assert made.name == name
        assert not any(hidden in repr(vars(made)) for hidden in ("hidden-token", "hidden-secret", SECRET)), name


def test_window_and_rate_are_as_the_address_says() -> None:
    url = f"https://acme:{SECRET}@provider.example/v1?window=40&rate=12.5"
    made = provider_of(url, channel="sms", setting="RIGHTPARTY_X", options=settings.RIGHTPARTY)
    assert (made.capabilities.window, made.capabilities.per_second) == (40, 12.5)


def test_the_settings_connect_several_providers_of_a_channel(files: Path) -> None:
    chosen = addresses(files)
    own: dict[str, Any] = {
        **settings.RIGHTPARTY,
        "SMS_CHANNEL": f"{chosen['sms', 'acme']} {chosen['sms', 'twilio']}",
        "CALL_CHANNEL": chosen["call", "twilio-voice"],
        "POST_CHANNEL": chosen["post", "letters"],
        "APP_CHANNEL": chosen["app", "push"],
    }
    try:
        connect_channels(own)
        names = {channel: adapter_of(channel).name for channel in ("sms", "call", "post", "app")}
        assert names == {"sms": "acme,twilio", "call": "twilio-voice", "post": "letters", "app": "push"}
        assert adapter_of("post").is_ready()
    finally:
        connect_channels(settings.RIGHTPARTY)
        for channel in ("call", "post", "app"):
            _disconnect(channel)


def _disconnect(channel: str) -> None:
    from rightparty.dispatch.channels import registry

    connect(channel, adapter_of(channel))
    registry._adapters.pop(channel)


@pytest.mark.parametrize(
    ("channel", "url", "says"),
    [
        (
            "sms",
            "gopher://user:hidden-token@host",
            "no provider of scheme 'gopher'; there are alibaba, http, https, tw",
        ),
        ("post", "twilio://AC1:hidden-token@host", "no provider of scheme 'twilio'"),
        ("sms", "twilio://AC1@host", "an account and its token are needed"),
        ("sms", "https://acme:hidden@provider.example", "a signing key has at least 16 bytes"),
        ("sms", "http://acme:hidden-token-of-some-length@provider.example", "https only"),
        ("sms", "alibaba://K:hidden-token@host", "alibaba://KEY:SECRET@host"),
        ("sms", "alibaba://K:hidden-token@host?sign=x&templates=/nowhere", "No such file"),
        ("app", "webpush:?key=/nowhere&contact=mailto:x@y.example", "No such file"),
        ("app", "webpush:", "webpush:"),
        ("post", "letters:", "letters:DIRECTORY"),
        ("sms", f"https://acme:{SECRET}@provider.example/?window=0", "window must be 1 to 200"),
        ("sms", f"https://acme:{SECRET}@provider.example/?rate=nan", "rate more than 0"),
        ("sms", f"https://acme:{SECRET}@provider.example/?rate=fast", "window and rate are numbers"),
    ],
)
def test_an_address_that_cannot_be_used_names_the_setting_and_no_credentials(channel: str, url: str, says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        provider_of(url, channel=channel, setting="RIGHTPARTY_X", options=settings.RIGHTPARTY)
    assert says in str(refused.value)
    assert str(refused.value).startswith("RIGHTPARTY_X: ")
    assert "hidden" not in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", ["http://hidden@dialler.example/", "https://hidden@dialler.example:port/", "nonsense"])
def test_a_dialler_that_cannot_be_asked_stops_the_start_not_an_agents_released_call(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="RIGHTPARTY_DIALLER") as refused:
        connect_channels({**settings.RIGHTPARTY, "DIALLER": url})
    assert "hidden" not in str(refused.value)
