# SPDX-License-Identifier: Apache-2.0
"""What may stand in a log line: JSON, one event a line, and no personal data by construction.

Only listed keys pass, and only numbers, codes and ids as their values; everything else is dropped and counted. Lines of
other libraries keep their logger, level and the kind of an exception with the places it passed, never their message: a
message may quote an address, a name or a reference code.
"""

import logging
import re
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog

ALLOWED: Final = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "logger",
        "exception",
        "places",
        "dropped",
        "load_id",
        "plan_id",
        "worker",
        "channel",
        "provider",
        "accounts",
        "considered",
        "proposed",
        "released",
        "withheld",
        "deferred",
        "handed_over",
        "unknown",
        "rejected",
        "accepted",
        "moved",
        "kind",
        "origin",
        "outcome",
        "status",
        "count",
    ]
)
"""Keys that may be logged."""

CODE: Final = re.compile(r"[A-Za-z0-9_.:/+-]{1,64}")
"""A value that is a code, an instant or a module path: no spaces, no @, nothing but ASCII."""

LONG_NUMBER: Final = re.compile(r"\d{7,}")
"""A run of digits long enough to be a telephone or identity number."""

PLACES: Final = 6
"""Frames of a traceback that are kept: the innermost ones."""

type Event = MutableMapping[str, Any]


def keep_only_harmless(_logger: object, _name: str, event: Event) -> Event:
    """Drop keys that are not listed and values that are no number or code, and say how many."""
    kept = {key: value for key, value in event.items() if key in ALLOWED and _is_harmless(key, value)}
    if dropped := sum(1 for key in event if key not in kept and not key.startswith("_")):
        kept["dropped"] = dropped
    return kept


def _is_harmless(key: str, value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return abs(value) < 10_000_000
    if key == "places":
        return True
    return (
        isinstance(value, str) and bool(CODE.fullmatch(value)) and (key == "timestamp" or not LONG_NUMBER.search(value))
    )


def without_message(_logger: object, _name: str, event: Event) -> Event:
    """Reduce a line of another library to its logger, its level and the kind of its exception."""
    record: logging.LogRecord | None = event.get("_record")
    if record is None:
        return event
    reduced: Event = {"_record": record, "event": "library.message", "logger": record.name, "level": event.get("level")}
    if record.exc_info and record.exc_info[0] is not None:
        reduced["exception"] = record.exc_info[0].__qualname__
        frames = traceback.extract_tb(record.exc_info[2])[-PLACES:]
        reduced["places"] = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    record.exc_info = record.exc_text = None
    return reduced


def configure(file: Path | None) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: lines go to a file, or to standard error if there is none."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            stamp,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    lines = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.add_log_level, without_message, stamp],
        "processors": [keep_only_harmless, structlog.processors.JSONRenderer(sort_keys=True)],
        "pass_foreign_args": True,
    }
    handler: dict[str, Any] = {"class": "logging.StreamHandler", "formatter": "lines"}
    if file is not None:
        handler = {"class": "logging.handlers.WatchedFileHandler", "filename": str(file), "delay": True} | {
            "formatter": "lines",
            "encoding": "utf-8",
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": lines},
        "handlers": {"lines": handler},
        "root": {"handlers": ["lines"], "level": "INFO"},
        "loggers": {
            # Django would print request paths, in which reference codes stand, to standard error
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
