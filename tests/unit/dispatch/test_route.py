# SPDX-License-Identifier: Apache-2.0
"""once: a message goes to another provider only if nobody can have it; each gets one answer; nothing is offered twice
to a provider that may have taken it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import (
    UNTOUCHED,
    Capabilities,
    Fate,
    Handover,
    OnUnknown,
    OutboundMessage,
    Question,
)
from rightparty.dispatch.channels.one_by_one import OneByOne
from rightparty.dispatch.channels.route import Route

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def messages(count: int) -> list[OutboundMessage]:
    return [
        OutboundMessage(
            reminder_id=f"{n:032x}", channel="sms", address=f"+86154{n:08d}", subject="", body="text", page="", at=AT
        )
        for n in range(count)
    ]


class Provider(OneByOne):
    def __init__(self, name: str, fates: Sequence[Fate], *, ready: bool = True, rate: float | None = None) -> None:
        self.name, self.capabilities = name, Capabilities(per_second=rate)
        self.fates, self.ready = list(fates), ready
        self.given: list[tuple[str, Fate]] = []

    def is_ready(self) -> bool:
        return self.ready

    def send(self, message: OutboundMessage) -> Handover:
        fate = self.fates[len(self.given) % len(self.fates)]
        self.given.append((message.reminder_id, fate))
        return Handover(fate=fate, code="" if fate is Fate.ACCEPTED else "test")


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def route(*providers: Provider) -> Route:
    time = Time()
    return Route(providers, ticks=lambda: time.now, sleep=time.sleep)


def always() -> bool:
    return True


@given(st.lists(st.lists(st.sampled_from(Fate), min_size=1, max_size=5), min_size=1, max_size=3), st.integers(0, 12))
def test_whatever_providers_say_nobody_who_may_have_it_is_followed(fates: list[list[Fate]], count: int) -> None:
    providers = [Provider(f"p{n}", each) for n, each in enumerate(fates)]
    sent = messages(count)
    answers = route(*providers).send_all(sent, may_send=always)
    assert len(answers) == count
    given_to = [pair for provider in providers for pair in provider.given]
    final = Counter(key for key, fate in given_to if fate not in UNTOUCHED)
    assert all(times == 1 for times in final.values())
    for message, answer in zip(sent, answers, strict=True):
        said = {fate for key, fate in given_to if key == message.reminder_id}
        assert answer.fate in said
        assert (answer.fate in UNTOUCHED) == said.issubset(UNTOUCHED)
        assert answer.provider.startswith("p") or answer.fate in UNTOUCHED


def test_the_second_takes_what_the_first_could_not() -> None:
    first, second = Provider("first", [Fate.BUSY]), Provider("second", [Fate.ACCEPTED])
    answers = route(first, second).send_all(messages(3), may_send=always)
    assert [(a.fate, a.provider) for a in answers] == [(Fate.ACCEPTED, "second")] * 3


def test_one_that_is_not_connected_is_passed_over_and_rests() -> None:
    first, second = Provider("first", [Fate.ACCEPTED], ready=False), Provider("second", [Fate.ACCEPTED])
    path = route(first, second)
    assert {a.provider for a in path.send_all(messages(2), may_send=always)} == {"second"}
    assert path.providers[0].health.failures == 1


def test_nobody_there_ends_after_some_patience_untouched() -> None:
    answers = route(Provider("only", [Fate.ACCEPTED], ready=False)).send_all(messages(2), may_send=always)
    assert [a.fate for a in answers] == [Fate.NOT_SENT] * 2


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_after_the_fence_closed_nothing_is_written_to_anybody(allowed: int) -> None:
    asked = iter([True] * allowed + [False] * 100)
    closing: Callable[[], bool] = lambda: next(asked)  # noqa: E731
    first, second = Provider("first", [Fate.ACCEPTED]), Provider("second", [Fate.ACCEPTED])
    answers = route(first, second).send_all(messages(5), may_send=closing)
    assert [a.fate for a in answers] == [Fate.ACCEPTED] * allowed + [Fate.NOT_SENT] * (5 - allowed)
    assert len(first.given) == allowed
    assert second.given == []


def test_a_contract_of_two_a_second_is_kept() -> None:
    time, only = Time(), Provider("only", [Fate.ACCEPTED], rate=2)
    answers = Route([only], ticks=lambda: time.now, sleep=time.sleep).send_all(messages(10), may_send=always)
    assert {a.fate for a in answers} == {Fate.ACCEPTED}
    assert time.now >= 4


class Asked(Provider):
    def __init__(self, name: str, answer: Handover | None) -> None:
        super().__init__(name, [Fate.ACCEPTED])
        self.capabilities, self.answer = Capabilities(on_unknown=OnUnknown.ASK), answer

    def ask(self, questions: Sequence[Question]) -> list[Handover | None]:
        return [self.answer] * len(questions)


def test_a_no_counts_only_where_nobody_else_may_have_it() -> None:
    no, yes = Handover(fate=Fate.REFUSED, code="never_seen"), Handover(fate=Fate.ACCEPTED, provider_ids=("x",))
    question = [Question(reminder_id="0" * 32, handed_over_at=AT)]
    assert route(Asked("a", no)).ask(question)[0] is not None
    assert route(Asked("a", no), Asked("b", None)).ask(question) == [None]
    found = route(Asked("a", no), Asked("b", yes)).ask(question)[0]
    assert found is not None
    assert (found.fate, found.provider) == (Fate.ACCEPTED, "b")
    assert route(Provider("c", [Fate.ACCEPTED])).ask(question) == [None]
