# SPDX-License-Identifier: Apache-2.0
"""once: real workers, told to halt, to stop, or killed, leave nothing claimed, send nothing twice and nothing late.

What was sent is what the SMSC took: the worker's own account is not believed.
"""

import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from rightparty.dispatch import halt_file
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.operations.recover_leases import recover_leases
from tests.integration.workers.processes import Smsc, WorkerProcess, enough_people, free_port, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AFTER_A_HALT = 1.0
"""Seconds after its commit in which the last message may still be written."""

STARTS = 120
"""Seconds in which a worker has started and sent something, on however busy a machine."""

type Start = Callable[..., WorkerProcess]


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    with Smsc.running(delay_ms=20) as made:
        yield made


@pytest.fixture
def start(smsc: Smsc, at: datetime) -> Iterator[Start]:
    """Starts workers that are ended with the test."""
    started: list[WorkerProcess] = []

    def begin(*words: str) -> WorkerProcess:
        started.append(WorkerProcess(*words, sms=smsc.url, shows=at))
        return started[-1]

    yield begin
    for each in started:
        each.end()
    halt_file.take_away(settings.RIGHTPARTY["HOME"])


def states() -> Counter[str]:
    return Counter(Reminder.objects.values_list("state", flat=True))


def page(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def nothing_comes_any_more(smsc: Smsc, since: float) -> None:
    """The SMSC took its last message within a second of the halt, and takes none for a while."""
    time.sleep(AFTER_A_HALT)
    taken = [float(str(each["at"])) for each in smsc.taken()]
    time.sleep(0.7)
    assert len(smsc.taken()) == len(taken), "a message was written long after the halt"
    assert max(taken) - since < AFTER_A_HALT


def test_a_halt_and_the_file_each_stop_the_wire_within_a_second_and_a_resume_lets_it_go_on(
    smsc: Smsc, start: Start, at: datetime
) -> None:
    enough_people(range(1000, 1120), at)
    port = free_port()
    worker = start("--listen", f"127.0.0.1:{port}")
    wait_for(lambda: len(smsc.taken()) >= 5, STARTS)

    halt(at=at, by="ann", why="wrong texts")
    committed = time.time()
    nothing_comes_any_more(smsc, committed)
    assert json.loads(page(port, "/readyz"))["halted"] is True
    assert "rightparty_halted 1.0" in page(port, "/metrics")

    before = len(smsc.taken())
    lift_halt(at=at, by="ann", why="texts corrected")
    wait_for(lambda: len(smsc.taken()) >= before + 3)

    halt_file.lay_down(Path(settings.RIGHTPARTY["HOME"]))
    nothing_comes_any_more(smsc, time.time())

    worker.terminate()
    assert worker.ended() == 0, worker.said()
    assert states()["claimed"] == states()["released"] == 0
    assert_each_was_sent_once_and_is_known(smsc)


def assert_each_was_sent_once_and_is_known(smsc: Smsc) -> None:
    parts = Counter((str(each["to"]), each["part"]) for each in smsc.taken())
    assert max(parts.values()) == 1
    taken = {to for to, _ in parts}
    handed = Reminder.objects.filter(state__in=["handed_over", "unknown"]).values_list("address", flat=True)
    assert {address.removeprefix("+") for address in handed} == taken


def test_a_worker_told_to_stop_finishes_what_it_began_gives_back_the_rest_and_lets_the_provider_go(
    smsc: Smsc, start: Start, at: datetime
) -> None:
    enough_people(range(1000, 1080), at)
    worker = start("--drain", "20")
    wait_for(lambda: len(smsc.taken()) >= 5, STARTS)
    worker.terminate()
    assert worker.ended() == 0, worker.said()
    left = states()
    assert left["claimed"] == left["released"] == left["unknown"] == 0
    assert 0 < left["handed_over"] < 80
    assert left["planned"] == 80 - left["handed_over"]
    assert smsc.unbound() == 1
    assert "handed over" in worker.said()
    assert_each_was_sent_once_and_is_known(smsc)


@pytest.mark.skipif("sqlite" not in settings.DATABASES["default"]["ENGINE"], reason="one writer: the embedded store")
def test_a_second_worker_refuses_or_waits_and_takes_over_when_the_first_is_killed(
    smsc: Smsc, start: Start, at: datetime
) -> None:
    enough_people(range(1000, 1020), at)
    first = start()
    wait_for(lambda: len(smsc.taken()) >= 2, STARTS)
    refused, waiting = start("--once"), start("--wait")
    assert refused.ended(STARTS) == 2
    assert "another worker has this embedded store" in refused.said()
    wait_for(lambda: "waiting until it ends" in waiting.said(), STARTS)
    first.process.kill()
    first.ended()
    waiting.wait_until_it_works()
    waiting.terminate()
    assert waiting.ended() == 0, waiting.said()
    # what the killed one held ends with its lease, and is not sent because of that
    recover_leases(at=at + timedelta(hours=1))
    assert states()["claimed"] == states()["released"] == 0
    assert_each_was_sent_once_and_is_known(smsc)


@pytest.mark.skipif("sqlite" in settings.DATABASES["default"]["ENGINE"], reason="several workers need PostgreSQL")
def test_two_workers_share_the_work_survive_a_lost_store_and_send_nothing_twice(
    smsc: Smsc, start: Start, at: datetime
) -> None:
    enough_people(range(1000, 1150), at)
    ports = free_port(), free_port()
    workers = [start("--listen", f"127.0.0.1:{port}") for port in ports]
    wait_for(lambda: len(smsc.taken()) >= 20, STARTS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 2
    wait_for(lambda: not set(states()) & {"planned", "claimed", "released"}, STARTS, every=0.2)
    counted = [page(port, "/metrics") for port in ports]
    for worker in workers:
        worker.terminate()
    assert [worker.ended() for worker in workers] == [0, 0]
    shared = re.compile(r'rightparty_handed_over_total\{channel="sms",[^}]*fate="accepted"')
    assert all(shared.search(text) for text in counted), "one worker did it all"
    assert_each_was_sent_once_and_is_known(smsc)
