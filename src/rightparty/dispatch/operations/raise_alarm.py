# SPDX-License-Identifier: Apache-2.0
"""Put an alarm into the outbox of alarms; a worker delivers it. Nothing here waits for anybody.

Crash meaning: the alarm commits with what it tells of, or with nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.alarms import ALARMS
from rightparty.dispatch.models import Alarm, AlarmDelivery

LOG, EMAIL, WEBHOOK = "log", "email", "webhook"

_SETTING_OF: Final = {EMAIL: "ALARM_EMAIL", WEBHOOK: "ALARM_WEBHOOK"}


def raise_alarm(*, kind: str, facts: Mapping[str, str | int], at: datetime) -> None:
    """Raise an alarm on every channel that the settings name; the log always hears of it.

    Nothing is raised while its kind rests.

    Raises:
        KeyError: there is no such kind.
    """
    if kind not in ALARMS:
        raise KeyError(kind)
    rest = ALARMS[kind].rest
    if rest and Alarm.objects.filter(kind=kind, raised_at__gt=at - rest, raised_at__lte=at).exists():
        return
    channels = [LOG, *(channel for channel, setting in _SETTING_OF.items() if settings.RIGHTPARTY[setting])]
    with transaction.atomic():
        alarm = Alarm.objects.create(kind=kind, raised_at=at, facts=dict(facts))
        AlarmDelivery.objects.bulk_create(AlarmDelivery(alarm=alarm, channel=name, next_at=at) for name in channels)
