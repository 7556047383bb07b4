# SPDX-License-Identifier: Apache-2.0
"""Finds promises of which only the account is known, at every release (right_time)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("parties", "0002_linked_persons")]

    operations = [
        migrations.AddIndex(
            model_name="contactevent",
            index=models.Index(
                condition=models.Q(("kind", "promise_to_pay"), ("party_id", "")), fields=["account_id"],
                name="contact_event_nobodys_promise",
            ),
        ),
    ]
