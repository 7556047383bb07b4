# SPDX-License-Identifier: Apache-2.0
"""One span for each step of the gate, with counts and durations only; nothing at all unless tracing is set up.

OpenTelemetry's interface alone is known here: without an SDK and its OTEL_* settings a span costs next to nothing. An
exception is told by its kind; its words may quote a person's data and are never recorded.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

CODE: Final = re.compile(r"[a-z][a-z0-9_.,-]{0,63}")
"""What may stand in a span or a label beside numbers: a short word of ours."""

LONG_NUMBER: Final = re.compile(r"\d{5,}")
"""Digits long enough to belong to an address."""

OTHER: Final = "other"

type Told = Callable[..., None]
"""Adds figures to the span under way: numbers, or words of ours."""


def word(value: str) -> str:
    """Return a word of ours as it is, and `other` for everything that does not look like one."""
    return value if CODE.fullmatch(value) and not LONG_NUMBER.search(value) else OTHER


@contextmanager
def step(name: str, **figures: float | str) -> Iterator[Told]:
    """Trace one step.

    Args:
        name: claim, release, hand_over, send, pump.
        figures: what is known before it begins.
    """
    tracer = trace.get_tracer("rightparty")
    with tracer.start_as_current_span(
        f"rightparty.{name}", record_exception=False, set_status_on_exception=False
    ) as span:

        def told(**more: float | str) -> None:
            for key, value in more.items():
                span.set_attribute(f"rightparty.{key}", word(value) if isinstance(value, str) else value)

        told(**figures)
        try:
            yield told
        except BaseException as fault:
            span.set_status(Status(StatusCode.ERROR, type(fault).__name__))
            raise
