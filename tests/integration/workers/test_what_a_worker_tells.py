# SPDX-License-Identifier: Apache-2.0
"""Privacy: metrics, traces and pages of a worker hold numbers and words of ours; planted data never reach them."""

import errno
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from rightparty.cli.worker_pages import WorkerPages
from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage, ReceiptOutcome, ReceiptReport
from rightparty.dispatch.channels.measured import measure_channels
from rightparty.dispatch.channels.registry import adapter_of, connect
from rightparty.dispatch.metrics import StoreCollector, StoreFigures, WorkerMetrics
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.traces import OTHER, step, word
from rightparty.dispatch.worker import Worker
from rightparty.lending.models import Hold
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, phone_of

pytestmark = pytest.mark.django_db(transaction=True)

EXPORTER = InMemorySpanExporter()
LONG_NUMBER = re.compile(r"(?<![\d.])\d{7,}(?![\d.])")


@pytest.fixture(scope="module", autouse=True)
def traced() -> None:
    """Spans are kept in memory from here on; OpenTelemetry takes one provider in a process."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    EXPORTER.clear()
    return EXPORTER


class TalkativeChannel(CountingChannel):
    """A provider that repeats what it was given wherever it can."""

    name = "smpp"

    def send(self, message: OutboundMessage) -> Handover:
        self.written.append(message)
        digit = int(message.address[-1])
        if digit == 1:
            return Handover(fate=Fate.REFUSED, code=f"bad number {message.address}", provider=message.address)
        if len(self.written) == 4:
            raise ValueError(f"{message.address} {message.body}")
        self.receipts.append(
            ReceiptReport(channel="sms", provider_id=message.address, outcome=ReceiptOutcome.DELIVERED)
        )
        return Handover(fate=Fate.ACCEPTED, provider_ids=(message.address,), provider=message.body[:60])


@pytest.fixture
def wire() -> Iterator[TalkativeChannel]:
    before = adapter_of("sms")
    made = TalkativeChannel()
    connect("sms", made)
    yield made
    connect("sms", before)


def planted() -> set[str]:
    """Everything personal that there is: addresses, names, accounts, codes, texts."""
    found = {"Planted Debtor", "Planted"}
    for reminder in Reminder.objects.all():
        found |= {reminder.address, reminder.address.removeprefix("+"), reminder.account_id, reminder.party_id}
        found |= {reminder.person_id, reminder.code or reminder.address}
    return found


def words_of(span: ReadableSpan) -> str:
    told = [span.name, dict(span.attributes or {}), span.status.description, [e.attributes for e in span.events]]
    return json.dumps(told, default=str)


def test_nothing_personal_is_in_the_metrics_the_pages_or_the_spans(
    at: datetime, wire: TalkativeChannel, spans: InMemorySpanExporter
) -> None:
    for number in (41_234_561, 41_234_562, 41_234_563, 41_234_564, 41_234_565):
        (account,) = add_person(number, at)
        enqueue([(account, number)], at - timedelta(hours=2))
    Hold.objects.create(kind="dispute", from_at=at, account_id="A41234564-0")
    worker = Worker(clock=lambda: at)
    measure_channels(worker.metrics, goes_on=worker.may_go_on)
    wire_one = Worker(clock=lambda: at, metrics=worker.metrics)
    wire_one.run(until_empty=True)
    pages = WorkerPages(worker)
    shown = "\n".join(page()[2].decode() for page in (pages.metrics, pages.readyz, pages.healthz))
    traced = "\n".join(words_of(span) for span in spans.get_finished_spans())
    assert len(wire.written) == 4
    marks = planted() | {message.body[:12] for message in wire.written} | {"@", "http"}
    for told in (shown, traced):
        assert [mark for mark in marks if mark in told] == []
    labels = {
        value
        for family in text_string_to_metric_families(pages.metrics()[2].decode())
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert {value for value in labels if LONG_NUMBER.search(value)} == set()
    assert {span.name for span in spans.get_finished_spans()} >= {
        "rightparty.claim", "rightparty.release", "rightparty.hand_over", "rightparty.send", "rightparty.pump",
    }  # fmt: skip
    told_values = [value for span in spans.get_finished_spans() for value in (span.attributes or {}).values()]
    assert told_values
    assert {type(value) for value in told_values} <= {int, float, str}


@given(st.text(max_size=80))
@settings(max_examples=300)
def test_a_label_is_a_short_word_of_ours_or_other(text: str) -> None:
    said = word(text)
    assert said == OTHER or (
        said == text and re.fullmatch(r"[a-z][a-z0-9_.,-]*", said) and not re.search(r"\d{5}", said)
    )


@given(name=st.text(max_size=40), address=st.from_regex(r"\+86154[0-9]{8}", fullmatch=True))
@settings(max_examples=50)
def test_a_step_that_fails_is_traced_by_the_kind_of_its_fault_alone(name: str, address: str) -> None:
    EXPORTER.clear()
    with pytest.raises(ValueError, match=r"\+86154"), step("send", provider=address, channel="sms"):
        raise ValueError(f"{address} {name}")
    (span,) = EXPORTER.get_finished_spans()
    assert address not in words_of(span)
    assert span.status.description == "ValueError"
    assert not span.events


def test_what_the_store_knows_is_told_at_each_scrape_and_its_silence_too() -> None:
    metrics, known = WorkerMetrics(), [StoreFigures(waiting={("planned", "sms"): 3, ("unknown", "email"): 1},
                                                    oldest_wait=90.0, halted=True, evidence_head=17,
                                                    providers={("sms", "smpp"): (2, True)})]  # fmt: skip
    metrics.registry.register(StoreCollector(lambda: known[0] if known else None))
    value = metrics.registry.get_sample_value
    assert value("rightparty_queue", {"channel": "sms"}) == 3
    assert value("rightparty_unknown", {"channel": "email"}) == 1
    assert (
        value("rightparty_halted") == value("rightparty_provider_resting", {"channel": "sms", "provider": "smpp"}) == 1
    )
    assert (value("rightparty_oldest_wait_seconds"), value("rightparty_evidence_head")) == (90, 17)
    known.clear()
    assert value("rightparty_store_up") == 0
    assert value("rightparty_halted") is None


def test_the_counters_say_what_became_of_the_reminders(at: datetime, wire: TalkativeChannel) -> None:
    wire.receipts = []
    for number in (3, 4, 11):
        enqueue([(add_person(number, at)[0], number)], at - timedelta(hours=2))
    Hold.objects.create(kind="dispute", from_at=at, account_id="A4-0")
    metrics = WorkerMetrics()
    measure_channels(metrics, goes_on=lambda: True)
    Worker(clock=lambda: at, metrics=metrics).run(until_empty=True)
    value = metrics.registry.get_sample_value
    assert value("rightparty_claimed_total", {"channel": "sms"}) == 3
    assert value("rightparty_released_total", {"channel": "sms"}) == 2
    assert value("rightparty_withheld_total", {"channel": "sms", "reason": "right_debt.disputed"}) == 1
    refused = {"channel": "sms", "provider": OTHER, "fate": "refused"}
    assert value("rightparty_handed_over_total", refused) == 1
    assert value("rightparty_receipts_total", {"channel": "sms", "outcome": "delivered"}) == 1
    assert value("rightparty_plan_to_hand_over_seconds_sum", {"channel": "sms"}) == 7200
    assert phone_of(3) not in repr(metrics)


def test_the_pages_answer_over_http_and_say_when_the_worker_halts_drains_or_stands_still(at: datetime) -> None:
    seconds = [0.0]
    worker = Worker(clock=lambda: datetime.now(tz=UTC), ticks=lambda: seconds[0])
    worker.may_go_on()
    server = WorkerPages(worker).serve("127.0.0.1", 0)
    try:
        home = f"http://127.0.0.1:{server.server_address[1]}"

        def ask(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(home + path, timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as refused:
                return refused.code, refused.read().decode()

        assert ask("/healthz") == (200, '{"alive": true}')
        halt(at=at, by="ann", why="planted reason")
        status, told = ask("/readyz")
        assert (status, json.loads(told)["halted"]) == (200, True)
        assert "planted reason" not in told
        lift_halt(at=at, by="ann")
        assert "rightparty_store_up 1.0" in ask("/metrics")[1]
        assert ask("/+8615400000001")[0] == 404
        assert "8615400000001" not in ask("/+8615400000001")[1]
        worker.stop.ask()
        assert ask("/readyz")[0] == 503
        seconds[0] = 1_000.0
        assert ask("/healthz")[0] == 503
    finally:
        server.shutdown()


def test_the_pages_can_be_had_over_ipv6_too() -> None:
    worker = Worker(clock=lambda: datetime.now(tz=UTC))
    worker.may_go_on()
    try:
        server = WorkerPages(worker).serve("::1", 0)
    except OSError as fault:
        if fault.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            pytest.skip("this machine has no IPv6")
        raise
    try:
        with urllib.request.urlopen(f"http://[::1]:{server.server_address[1]}/healthz", timeout=5) as answer:
            assert answer.status == 200
    finally:
        server.shutdown()
