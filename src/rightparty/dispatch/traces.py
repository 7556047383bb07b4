# SPDX-License-Identifier: Apache-2.0
"""One span for each step of the gate, with counts and durations only; nothing at all unless tracing is set up.

OpenTelemetry's interface alone is known here: without an SDK and its OTEL_* settings a span costs next to nothing. An
exception is told by its kind; its words may quote a person's data and are never recorded.
"""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

CODE: Final = re.compile(r"[a-z][a-z0-9_.,-]{0,63}")
"""What may stand in a span or a label beside numbers: a short word of ours."""

LONG_NUMBER: Final = re.compile(r"\d{5,}")
"""Digits long enough to belong to an address."""

OTHER: Final = "other"


class Step:
    """A step under way; calling it adds figures."""

    def __init__(self, name: str, figures: Mapping[str, float | str]) -> None:
        self._opened = trace.get_tracer("rightparty").start_as_current_span(
            f"rightparty.{name}", record_exception=False, set_status_on_exception=False
        )
        self._figures = figures
        self._span: trace.Span = trace.INVALID_SPAN

    def __call__(self, **figures: float | str) -> None:
        """Add figures: numbers, or words of ours."""
        for key, value in figures.items():
            self._span.set_attribute(f"rightparty.{key}", word(str(value)) if isinstance(value, str) else value)

    def __enter__(self) -> Self:
        """Begin."""
        self._span = self._opened.__enter__()
        self(**self._figures)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, places: TracebackType | None
    ) -> None:
        """End, and name a fault by its kind."""
        if kind is not None:
            self._span.set_status(Status(StatusCode.ERROR, kind.__name__))
        self._opened.__exit__(kind, fault, places)


def word(value: str) -> str:
    """Return a word of ours as it is, and `other` for everything that does not look like one."""
    return value if CODE.fullmatch(value) and not LONG_NUMBER.search(value) else OTHER


def step(name: str, **figures: float | str) -> Step:
    """Trace one step, as a context manager.

    Args:
        name: claim, release, hand_over, send, pump.
        figures: what is known before it begins.
    """
    return Step(name, figures)
