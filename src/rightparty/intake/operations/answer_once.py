# SPDX-License-Identifier: Apache-2.0
"""Answer a request that carries a name of its own once: its repeat gets the same answer and has no second effect.

Crash meaning: name, answer and effect commit together. Of two at the same time, the second waits for the first.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from rightparty.intake.models import Answered
from rightparty.kernel.clock import require_aware

LONGEST_NAME: Final = 128


class OtherContentError(Exception):
    """The name was used before with other content."""

    remedy = "Send what was sent before, or take a new name for what is new."


def answer_once(
    *, scope: str, name: str, content: bytes, at: datetime, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do what is asked and remember the answer under its name, or return the answer that was given before.

    An error of `act` is not remembered: nothing happened, and the request may come again under its name.

    Raises:
        OtherContentError: the name is known with other content.
    """
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        given, is_new = Answered.objects.get_or_create(
            scope=scope, name=name, defaults={"digest": digest, "answer": {}, "answered_at": require_aware(at)}
        )
        if not is_new:
            if given.digest != digest:
                raise OtherContentError(f"{scope}: the name is known with other content")
            return dict(given.answer)
        given.answer = act()
        given.save(update_fields=["answer"])
        return dict(given.answer)
