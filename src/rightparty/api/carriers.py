# SPDX-License-Identifier: Apache-2.0
"""What carriers send by themselves: receipts and replies, let in by the carrier's own signature, not by a token.

A request that comes twice, in order or not, changes nothing more: receipts are known by message and outcome, replies by
the carrier's id. A wrong signature, an old request and an unknown carrier are answered alike.
"""

from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import Router

from rightparty.casework.operations.open_from_reply import open_from_reply
from rightparty.dispatch.channels.callbacks import (
    Callback,
    CallbackNotReadError,
    CallbackRefusedError,
    News,
    read_callback,
)
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.inbound.operations.receive_reply import receive_reply

router = Router()


@router.post("/{carrier}/{subject}", auth=None)
def callback(request: HttpRequest, carrier: str, subject: Literal["receipts", "replies"]) -> HttpResponse:
    """Take in what a carrier reports; a stop and a "not me" hold before this answers."""
    at = datetime.now(UTC)
    try:
        given = Callback(
            url=str(settings.RIGHTPARTY["PUBLIC_URL"]).rstrip("/") + request.get_full_path(),
            subject=subject,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
            at=at,
        )
        news = read_callback(carrier, given)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except CallbackRefusedError:
        return HttpResponse(status=403)
    except CallbackNotReadError as unread:
        return HttpResponse(str(unread), status=422, content_type="text/plain; charset=utf-8")
    _take(news, at)
    return HttpResponse(news.answer, content_type=news.answer_type)


def _take(news: News, at: datetime) -> None:
    if news.receipts:
        receive_receipts(news.receipts, at)
    for text in news.texts:
        open_from_reply(receive_reply(text, at=at), words=text.body, at=at)
