# SPDX-License-Identifier: Apache-2.0
"""right_party over the interface: a person's own questions, answered and confirmed; another's are unknown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Verification
from tests.integration.api.test_interface import TOKEN, get, post, said
from tests.integration.dispatch.lender import CountingChannel, phone_of
from tests.integration.dispatch.test_verifications import ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("rightparty.api.urls")]


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "API_TOKENS": [TOKEN], "VERIFY_STEPS": ["CN:one_time_code"]}


@pytest.fixture
def asked() -> Verification:
    return ask(datetime.now(UTC))


def test_the_app_fetches_asks_sends_a_code_and_verifies(asked: Verification) -> None:
    carrier = CountingChannel()
    connect("sms", carrier)
    (question,) = said(get("/verifications?party_id=P1"))["questions"]
    assert question["step"] == "ask_in_app"
    assert phone_of(1) not in str(question)
    base = f"/verifications/{question['verification']}"
    assert said(post(f"{base}/answer", {"party_id": "P1", "answer": "still_mine"}))["state"] == "stated"
    assert said(post(f"{base}/code", {"party_id": "P1"}))["state"] == "code_sent"
    code = carrier.written[0].body.partition("】")[2].partition(" ")[0][:6]
    wrong = post(f"{base}/code/confirm", {"party_id": "P1", "code": "x" + code})
    assert (wrong.status_code, code in wrong.content.decode()) == (409, False)
    assert said(post(f"{base}/code/confirm", {"party_id": "P1", "code": code}))["state"] == "verified"
    assert said(get("/verifications?party_id=P1"))["questions"] == []


def test_another_persons_question_is_unknown_like_one_that_never_was(asked: Verification) -> None:
    base = f"/verifications/{asked.id}"
    for path, body in (
        (f"{base}/answer", {"party_id": "P2", "answer": "still_mine"}),
        (f"{base}/code", {"party_id": "P2"}),
        (f"{base}/code/confirm", {"party_id": "P2", "code": "000000"}),
        (f"/verifications/{'0' * 8}-0000-4000-8000-{'0' * 12}/answer", {"party_id": "P1", "answer": "still_mine"}),
    ):
        assert post(path, body).status_code == 404
    assert said(get("/verifications?party_id=P2"))["questions"] == []
    assert get("/verifications?party_id=P1", "").status_code == 401


def test_a_refusal_to_send_a_code_is_said(asked: Verification, settings: Any) -> None:
    settings.RIGHTPARTY = {**settings.RIGHTPARTY, "VERIFY_STEPS": []}
    response = post(f"/verifications/{asked.id}/code", {"party_id": "P1"})
    assert (response.status_code, said(response)["errors"][0]["fault"]) == (409, "not_allowed")


def test_impossible_answers_are_refused(asked: Verification) -> None:
    assert post(f"/verifications/{asked.id}/answer", {"party_id": "P1", "answer": "maybe"}).status_code == 422
