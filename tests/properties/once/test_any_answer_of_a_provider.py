# SPDX-License-Identifier: Apache-2.0
"""once: whatever a provider over HTTP answers, each message has a named fate and went out at most once.

The adapters and the official clients are real; only the wire is in the test's hand, so that thousands of answers fit.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import UNTOUCHED, Fate, Question
from rightparty.dispatch.channels.alibaba_sms import AlibabaSms
from rightparty.dispatch.channels.exchange import (
    _GATE,
    Answer,
    Exchange,
    HttpAdapter,
    LostAnswerError,
    NotConnectedError,
)
from rightparty.dispatch.channels.signed_http import SignedHttpChannel
from rightparty.dispatch.channels.twilio_sms import TwilioSms
from rightparty.dispatch.channels.twilio_voice import TwilioVoice
from tests.integration.providers.provider_answers import AT, NOW, SECRET, message
from tests.peers.twilio_peer import ACCOUNT, TOKEN

TEXT: Final = "【x】hello"


@dataclass
class Scripted(Exchange):
    """Passes the gate and answers from a list; counts what was written."""

    answers: list[Answer | Exception] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        super().__init__(window=2, seconds=5.0)

    async def request(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        answer = self.answers.pop(0) if self.answers else LostAnswerError()
        if isinstance(answer, NotConnectedError):
            raise answer
        gate = _GATE.get()
        if gate is not None:
            await gate.enter()
        self.written += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def channels(folder: Path) -> dict[str, HttpAdapter]:
    (folder / "templates.toml").write_text("[[template]]\ncode = 'SMS_1'\ntext = 'hello'\n")
    twilio = f"twilio://{ACCOUNT}:{TOKEN}@api.twilio.com?from=+15005550006"
    made: list[HttpAdapter] = [
        SignedHttpChannel.from_url(f"https://acme:{SECRET}@p.example", now=lambda: NOW, exchange=Scripted()),
        TwilioSms.from_url(twilio, source="", public_url="https://l.example", name="twilio", exchange=Scripted()),
        TwilioVoice.from_url(twilio, source="", public_url="https://l.example", name="voice", exchange=Scripted()),
        AlibabaSms.from_url(
            f"alibaba://K:S@dysmsapi.aliyuncs.com?sign=x&templates={folder}/templates.toml", name="alibaba",
            exchange=Scripted(),
        ),
    ]  # fmt: skip
    for each in made:
        if isinstance(each, SignedHttpChannel):
            each.pause = 0.0
    return {each.name: each for each in made}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, HttpAdapter]]:
    found = channels(tmp_path_factory.mktemp("channels"))
    yield found
    for each in found.values():
        each.close()


words = st.sampled_from([
    "id", "sid", "code", "Code", "BizId", "status", "message", "OK", "isv.X", "isp.SYSTEM_ERROR", "Throttling.User",
    "SM" + "0" * 32, message().reminder_id, "type", "title", "detail", "Message", "SmsSendDetailDTOs",
])  # fmt: skip
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5),
    max_leaves=8,
)
bodies = st.binary(max_size=80) | anything.map(lambda told: json.dumps(told).encode())
headers = st.dictionaries(st.sampled_from(["retry-after", "content-type", "location"]), st.text(max_size=6), max_size=2)
answers = st.builds(
    Answer, status=st.integers(100, 999), headers=headers, body=bodies, is_cut=st.booleans()
) | st.sampled_from([LostAnswerError(), NotConnectedError(), RecursionError(), ZeroDivisionError()])

OK = Answer(status=201, headers={}, body=json.dumps({"sid": "SM" + "0" * 32, "Code": "OK", "BizId": "1^0"}).encode())


@pytest.mark.parametrize("name", ["acme", "twilio", "voice", "alibaba"])
@settings(max_examples=120, deadline=None)
@example(script=[OK], allowed=True)
@example(script=[LostAnswerError(), Answer(status=429, headers={}, body=b"")], allowed=True)
@given(script=st.lists(answers, max_size=3), allowed=st.booleans())
def test_each_message_has_a_named_fate_and_went_out_once(
    made: dict[str, HttpAdapter], name: str, script: list[Answer | Exception], allowed: bool
) -> None:
    channel = made[name]
    assert isinstance(channel.exchange, Scripted)
    channel.exchange.answers, channel.exchange.written = list(script), 0
    sent = message(language="en")
    sent = type(sent)(**{f: getattr(sent, f) for f in sent.__dataclass_fields__} | {"body": TEXT})
    (said,) = channel.send_all([sent], may_send=lambda: allowed)
    written = channel.exchange.written
    assert isinstance(said.fate, Fate)
    assert bool(said.code) == (said.fate is not Fate.ACCEPTED)
    assert written <= (2 if name == "acme" else 1)
    if not allowed:
        assert (said.fate, written) == (Fate.NOT_SENT, 0)
    if said.fate is Fate.NOT_SENT:
        assert written == 0, "what was written is never offered to another provider"
    if said.fate in UNTOUCHED:
        assert written <= 1
    if written and isinstance(script[0] if script else None, Exception) and name != "acme":
        assert said.fate is Fate.UNKNOWN
    if said.fate is Fate.UNKNOWN:
        assert sent.reminder_id in said.provider_ids, "a receipt that names our id must find it"


@pytest.mark.parametrize("name", ["acme", "alibaba"])
@settings(max_examples=60, deadline=None)
@given(script=st.lists(answers, max_size=1))
def test_any_standing_is_told_or_left_open(
    made: dict[str, HttpAdapter], name: str, script: list[Answer | Exception]
) -> None:
    channel = made[name]
    assert isinstance(channel.exchange, Scripted)
    channel.exchange.answers = list(script)
    asked = Question(reminder_id=message().reminder_id, handed_over_at=AT, address=message().address)
    (said,) = channel.ask([asked])
    assert said is None or said.fate in (Fate.ACCEPTED, Fate.REFUSED, Fate.BUSY)
