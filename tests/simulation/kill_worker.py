# SPDX-License-Identifier: Apache-2.0
"""A nursery of workers for the drill: it loads all that a worker needs, once, and forks a worker whenever it is told.

A forked worker is a process like any other, with a connection, a bind and a pool of threads of its own; only the
loading is spared. The nursery itself never runs a query of Polars and never opens a connection, since neither survives
a fork; it looks that it has no such thread each time. Words come as lines of JSON on the standard input, and each gets
one line in answer; at the end of the input all children are killed.
"""

import gc
import importlib
import json
import mmap
import os
import pickle
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

LEASE_SECONDS: Final = 5
BATCH: Final = 24
START: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""The drill's time of day at its beginning, whenever it runs: ten o'clock in Shanghai."""

ANY: Final = "any"
PHASES: Final = ("other", "start", "recovery", "claim", "gate", "mark", "wire", "settle", "receipts")
"""What a worker does, as its own stack tells; `wire` is asked before each message."""

MOST_SLOTS: Final = 16
PAYER_SLOT: Final = MOST_SLOTS - 1
"""Where the payer looks whether it is to end."""


def clock() -> datetime:
    """Return the drill's time of day."""
    return START + timedelta(seconds=time.time() - float(os.environ["DRILL_BEGAN"]))


class Slots:
    """Memory that drill and workers share: how far each worker has come."""

    _FORM: Final = struct.Struct("<IBBB9x")

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(self._FORM.size * MOST_SLOTS))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0)

    def write(self, slot: int, *, points: int, phase: int, is_inside: bool, is_reached: bool) -> None:
        """Tell how far the worker of a slot is: points passed, phase, in a transaction or not, its point reached."""
        self._FORM.pack_into(self._map, slot * self._FORM.size, points, phase, is_inside, is_reached)

    def read(self, slot: int) -> tuple[int, str, bool, bool]:
        """Return points, phase, whether in a transaction, whether its point is reached."""
        points, phase, is_inside, is_reached = self._FORM.unpack_from(self._map, slot * self._FORM.size)
        return points, PHASES[phase], bool(is_inside), bool(is_reached)

    def clear(self, slot: int) -> None:
        """Forget what stood there."""
        self.write(slot, points=0, phase=0, is_inside=False, is_reached=False)


class Watch:
    """Counts the points that a worker passes: statements, both sides of commits, looks at the clock.

    At one of them it says that it is there, and waits for its death if it is to die exactly there.
    """

    def __init__(self, slots: Slots, order: Mapping[str, Any]) -> None:
        self._slots, self._slot = slots, int(order["slot"])
        self._aim, self._left = str(order["phase"]), int(order["nth"])
        self._waits = bool(order["exact"])
        self._points, self._parent = 0, os.getppid()
        self._phases = _phases()

    def install(self) -> None:
        """Watch this process's connection."""
        from django.db import connection

        commit = connection.commit

        def watched() -> None:
            self.point()
            commit()
            self.point()

        connection.commit = watched  # type: ignore[method-assign]
        connection.execute_wrappers.append(self._statement)

    def clock(self) -> datetime:
        """Return the time of day; a point."""
        self.point()
        return clock()

    def point(self) -> None:
        """Pass a point."""
        from django.db import connection

        if os.getppid() != self._parent:
            os._exit(3)
        phase = self._phase(sys._getframe(1))
        self._points += 1
        self._left -= self._aim in (ANY, PHASES[phase])
        self._slots.write(
            self._slot, points=self._points, phase=phase, is_inside=connection.in_atomic_block,
            is_reached=self._left <= 0,
        )  # fmt: skip
        while self._waits and self._left <= 0:
            time.sleep(60)

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.point()
        return execute(sql, params, many, context)

    def _phase(self, frame: FrameType | None) -> int:
        while frame is not None:
            if (found := self._phases.get(frame.f_code)) is not None:
                return found
            frame = frame.f_back
        return 0


def _phases() -> dict[CodeType, int]:
    from rightparty.dispatch.channels.registry import pump
    from rightparty.dispatch.fence import Fence
    from rightparty.dispatch.operations import hand_over
    from rightparty.dispatch.operations.claim import claim
    from rightparty.dispatch.operations.recover_leases import recover_leases
    from rightparty.dispatch.operations.release import make_ready, release

    told = {
        "start": make_ready, "recovery": recover_leases, "claim": claim, "gate": release, "mark": hand_over._mark,
        "wire": Fence.may_send, "settle": hand_over._settle, "receipts": pump,
    }  # fmt: skip
    return {function.__code__: PHASES.index(name) for name, function in told.items()}


def work(order: Mapping[str, Any], slots: Slots) -> None:
    """Work as `rightparty work` does, with a short lease, until killed; the last one until nothing is left."""
    from rightparty.cli.work import run_worker, take_store
    from rightparty.dispatch.worker import Stop, Worker, WorkOptions

    os.environ["DRILL_BEGAN"] = str(order["began"])
    watch = Watch(slots, order)
    watch.install()
    take_store(Stop(), wait=True)
    options = WorkOptions() if order["is_last"] else WorkOptions(batch=BATCH, lease_seconds=LEASE_SECONDS)
    worker = Worker(clock=watch.clock, name=str(order["name"]), options=options)
    run_worker(worker, once=bool(order["is_last"]))


def warm_up() -> None:
    """Judge some rows without writing anything, so that what is loaded at first use is loaded."""
    from contextlib import nullcontext

    from django.db import transaction

    from rightparty.dispatch import queries
    from rightparty.dispatch.locks import lock_for_release
    from rightparty.dispatch.operations import release as gate
    from rightparty.kernel.identifiers import new_reference_codes
    from rightparty.planning.drafts.queries import installed_packs
    from rightparty.store.queries import is_postgresql, read_frame

    gate.make_ready(at=clock())
    sql = f"SELECT {', '.join(queries._CLAIMED)} FROM dispatch_reminder LIMIT 3"
    rows = read_frame(sql, schema=queries._CLAIMED)
    with transaction.atomic() if is_postgresql() else nullcontext():
        locked = lock_for_release(rows)
        gate._decide(rows, locked, installed_packs(), at=clock(), new_codes=new_reference_codes)


def _kernels() -> dict[tuple[str, str], Any]:
    """Return the compiled functions of the product, by module and name."""
    from numba.core.dispatcher import Dispatcher

    return {
        (module, name): value
        for module, loaded in list(sys.modules.items()) if module.startswith("rightparty")
        for name, value in vars(loaded).items() if isinstance(value, Dispatcher) and value.__module__ == module
    }  # fmt: skip


class Nursery:
    """What is loaded, and the children that live."""

    def __init__(self) -> None:
        import django

        django.setup()
        import numba.np.arraymath  # noqa: F401 (what compiled functions bring along: else the scout loads it first)

        import rightparty.cli.work  # noqa: F401
        import tests.simulation.kill_facts  # noqa: F401

        self._slots = Slots(Path(os.environ["DRILL_SLOTS"]))
        self._children: set[int] = set()
        self._load_what_is_used()
        self._compile()
        gc.collect()
        gc.freeze()

    def _load_what_is_used(self) -> None:
        """Let a child work on some rows and tell what that has loaded, and load the same."""
        before, (reads, writes) = set(sys.modules), os.pipe()
        pid = self._fork(lambda: _scout(before, writes))
        os.close(writes)
        with os.fdopen(reads, "rb") as told:
            modules, signatures = pickle.load(told)
        if self.reap(pid) != 0:
            raise RuntimeError("the first worker could not judge; the log says why")
        for module in modules:
            importlib.import_module(module)
        kernels = _kernels()
        for key, theirs in signatures.items():
            for each in theirs:
                kernels[key].compile(each)

    def _compile(self) -> None:
        """Read the rules and texts and compile them, as the first batch would."""
        from django.conf import settings

        from rightparty.dispatch import queries
        from rightparty.planning.drafts import queries as drafts
        from rightparty.policy.evaluate import Days, compile_rules
        from rightparty.policy.pack import read_house_file

        queries._texts_up_to(None)
        source = read_house_file(Path(settings.RIGHTPARTY["HOUSE_RULES_FILE"]))
        packs = drafts._packs(source.label, source.text, None)
        day = date(START.year, START.month, START.day)
        for days in (None, Days(day, day, known=True)):
            compile_rules(packs, house=True, days=days)

    def _fork(self, do: Callable[[], object]) -> int:
        refuse_unfit_to_fork()
        pid = os.fork()
        if pid:
            self._children.add(pid)
            return pid
        status = 1
        try:
            log = os.open(os.environ["DRILL_OUTPUT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            do()
            status = 0
        except BaseException:  # noqa: BLE001 (whatever it was: the child ends here, and the drill reads the output)
            sys.excepthook(*sys.exc_info())
        finally:
            # nothing of the nursery's is tidied up by a child
            sys.stderr.flush()
            os._exit(status)

    def obey(self, order: Mapping[str, Any]) -> int:
        """Do what a line says and return a number: a process id, or how a process ended (-9: by SIGKILL)."""
        if order["do"] == "reap":
            return self.reap(int(order["pid"]))
        if order["do"] == "pay":
            from tests.simulation.kill_facts import tell_facts

            return self._fork(lambda: tell_facts(order, ends=lambda: self._slots.read(PAYER_SLOT)[3]))
        return self._fork(lambda: work(order, self._slots))

    def reap(self, pid: int) -> int:
        """Wait until a child has ended, and return how."""
        _, status = os.waitpid(pid, 0)
        self._children.discard(pid)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """Leave no child behind."""
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _scout(before: set[str], writes: int) -> None:
    """Warm up and say what that has loaded and compiled."""
    warm_up()
    modules = [name for name in sys.modules if name not in before]
    signatures = {key: kernel.signatures for key, kernel in _kernels().items() if kernel.signatures}
    with os.fdopen(writes, "wb") as out:
        pickle.dump((modules, signatures), out)


def refuse_unfit_to_fork() -> None:
    """See that nothing is in use that a fork would break."""
    from django.db import connection

    tasks = Path("/proc/self/task")
    threads = [(task / "comm").read_text() for task in tasks.iterdir()] if tasks.exists() else []
    if connection.connection is not None or any(name.startswith("polars-0") for name in threads):
        raise RuntimeError("the nursery uses the store or Polars itself and must not fork")


def main() -> None:
    """Load, say so, and obey."""
    nursery = Nursery()
    try:
        print("ready", flush=True)
        for line in sys.stdin:
            print(nursery.obey(json.loads(line)), flush=True)
    finally:
        nursery.close()


if __name__ == "__main__":
    main()
