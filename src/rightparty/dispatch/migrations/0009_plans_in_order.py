# SPDX-License-Identifier: Apache-2.0
"""On PostgreSQL the index of plans keeps the range of each block of the table: a reminder's every move writes it anew."""

from django.db import migrations


def keep_ranges(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX reminder_plan")
        schema_editor.execute(
            "CREATE INDEX reminder_plan ON dispatch_reminder USING brin (plan_id) WITH (autosummarize = on)"
        )


def keep_rows(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX reminder_plan")
        schema_editor.execute("CREATE INDEX reminder_plan ON dispatch_reminder (plan_id)")


class Migration(migrations.Migration):

    dependencies = [("dispatch", "0008_lawful_moves")]

    operations = [migrations.RunPython(keep_ranges, keep_rows)]
