# SPDX-License-Identifier: Apache-2.0
"""What faces see of a case keeps personal data out of logs and out of the author's page (correctable)."""

from datetime import UTC, datetime
from uuid import UUID

from rightparty.casework import record
from rightparty.casework.models import Case
from rightparty.casework.record import ACTION_TEXTS, KIND_TEXTS, STATE_TEXTS, CaseRecord


def test_every_kind_state_and_action_has_words() -> None:
    codes = {value for name, value in vars(record).items() if name.isupper() and isinstance(value, str)}
    assert codes == set(ACTION_TEXTS)
    assert set(KIND_TEXTS) == set(Case.Kind.values)
    assert set(STATE_TEXTS) == set(Case.State.values)


def test_a_case_in_a_log_shows_neither_value_nor_words_nor_token() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    case = CaseRecord(
        id=UUID(int=1), follow_token="planted-token", kind="dispute", state="open", origin="portal", opened_at=at,
        due_at=at, closed_at=None, closed_by="", reminder_id=None, channel="sms", value="+12025550101",
        words="planted words",
    )  # fmt: skip
    assert "planted" not in repr(case)
    assert "+1202" not in repr(case)
