# SPDX-License-Identifier: Apache-2.0
"""Fewer indexes of the outbox, and the same refusals of unlawful moves at less cost.

A list of pairs is built anew on SQLite for every row that is written; a choice by the old state is not. On SQLite the
table is not rebuilt: it would lose its triggers.
"""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("rightparty.dispatch.migrations.0008_lawful_moves")
INDEXED = ("plan_id", "account_id", "party_id", "person_id", "address", "state", "lease_expires_at", "provider_ids")
CHOICES = " ".join(
    f"WHEN '{before}' THEN NEW.state NOT IN ({', '.join(repr(after) for after in following)})"
    for before, following in BEFORE.MOVES.items()
)
ILLEGAL = (
    f"CASE OLD.state {CHOICES} ELSE 1 END "
    "OR (NEW.state = 'handed_over' AND OLD.state = 'released' AND OLD.outcome <> 'handing_over')"
)
SQLITE = (
    "CREATE TRIGGER dispatch_reminder_moves BEFORE UPDATE OF state ON dispatch_reminder "
    f"WHEN NEW.state IS NOT OLD.state AND ({ILLEGAL}) BEGIN SELECT RAISE(ABORT, '{BEFORE.REFUSAL}'); END"
)


def drop_indexes(apps, schema_editor):
    """Drop what Django made of `db_index`; what a constraint or this migration's own names need stays."""
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, "dispatch_reminder")
    for name, each in found.items():
        of_field = len(each["columns"]) == 1 and each["columns"][0] in INDEXED
        twin = name.endswith("_like")
        if each["index"] and not each["unique"] and name.startswith("dispatch_reminder_") and (of_field or twin):
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}", params=None)


def create_indexes(apps, schema_editor):
    for name in INDEXED:
        schema_editor.execute(
            f"CREATE INDEX dispatch_reminder_{name}_idx ON dispatch_reminder ({name})", params=None
        )


def choose_by_state(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER dispatch_reminder_moves", params=None)
        schema_editor.execute(SQLITE, params=None)


def list_pairs(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER dispatch_reminder_moves", params=None)
        schema_editor.execute(BEFORE.SQLITE[0], params=None)


class Migration(migrations.Migration):

    dependencies = [("dispatch", "0008_lawful_moves")]

    operations = [
        migrations.RunPython(choose_by_state, list_pairs),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("reminder", "account_id", models.CharField(max_length=64)),
                migrations.AlterField("reminder", "party_id", models.CharField(max_length=64)),
                migrations.AlterField("reminder", "person_id", models.CharField(max_length=64)),
                migrations.AlterField("reminder", "address", models.CharField(max_length=500)),
                migrations.AlterField("reminder", "plan_id", models.BigIntegerField()),
                migrations.AlterField("reminder", "state", models.CharField(default="planned", max_length=16)),
                migrations.AlterField("reminder", "lease_expires_at", models.DateTimeField(null=True)),
                migrations.AlterField("reminder", "provider_ids", models.CharField(default="", max_length=500)),
            ],
            database_operations=[migrations.RunPython(drop_indexes, create_indexes)],
        ),
        migrations.AddIndex("reminder", models.Index(fields=["plan_id"], name="reminder_plan")),
        migrations.AddIndex("reminder", models.Index(fields=["account_id"], name="reminder_account")),
        migrations.AddIndex("reminder", models.Index(fields=["party_id"], name="reminder_party")),
        migrations.AddIndex("reminder", models.Index(fields=["person_id"], name="reminder_person")),
        migrations.AddIndex("reminder", models.Index(fields=["address"], name="reminder_address")),
        migrations.AddIndex("reminder", models.Index(fields=["state"], name="reminder_state")),
        migrations.AddIndex(
            "reminder",
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(lease_expires_at__isnull=False),
                name="reminder_under_lease",
            ),
        ),
    ]
