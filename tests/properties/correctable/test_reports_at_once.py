# SPDX-License-Identifier: Apache-2.0
"""correctable: however many report at once, there is one case with one set of effects."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from rightparty.casework.models import Case
from rightparty.casework.operations.report_wrong_party import report_wrong_party
from rightparty.lending.models import FurnishingHold
from rightparty.parties.models import ContactEvent
from tests.integration.casework.outbox import add_debtor, sent

pytestmark = pytest.mark.django_db(transaction=True)
AUTHORS = 6


def test_many_reports_at_once_are_one_case(at: datetime) -> None:
    add_debtor("P1", "A1", "A2")
    code = sent(at).code
    together = Barrier(AUTHORS)

    def report(_: int) -> UUID:
        try:
            together.wait(timeout=30)
            return report_wrong_party(code=code, origin="portal", words="", at=at).id
        finally:
            connection.close()

    with ThreadPoolExecutor(AUTHORS) as authors:
        cases = set(authors.map(report, range(AUTHORS)))
    assert cases == {Case.objects.get().id}
    assert ContactEvent.objects.filter(kind="wrong_party").count() == 1
    assert sorted(FurnishingHold.objects.values_list("account_id", flat=True)) == ["A1", "A2"]
