# SPDX-License-Identifier: Apache-2.0
"""Agents' calls, what came of them and their recordings; the database itself refuses to change the latter two (provable)."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("dispatch_calloutcome", "dispatch_callrecording")
REFUSAL = "what was recorded of a call never changes: a correction is a further entry"


def _sqlite(table):
    return {
        event: f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for event in ("update", "delete")
    }


SQLITE = {table: _sqlite(table) for table in TABLES}
POSTGRESQL = [
    "CREATE FUNCTION dispatch_call_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{REFUSAL}'; END $$",
    *(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION dispatch_call_refuse()"
        for table in TABLES
    ),
]


def protect(apps, schema_editor):
    on_sqlite = [trigger for triggers in SQLITE.values() for trigger in triggers.values()]
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else on_sqlite:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for event in ("change",) if postgresql else ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{event}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        schema_editor.execute("DROP FUNCTION dispatch_call_refuse()")


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0009_plans_in_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='Call',
            fields=[
                ('reminder', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='dispatch.reminder')),
                ('agent', models.CharField(db_index=True, max_length=150)),
                ('opened_at', models.DateTimeField()),
                ('dialling', models.CharField(default='by_hand', max_length=16)),
                ('identified_at', models.DateTimeField(null=True)),
            ],
            options={
                'permissions': [('make_call', 'May call people and record what came of it'), ('hear_recording', 'May fetch the recording of a call')],
                'constraints': [models.CheckConstraint(condition=models.Q(('dialling__in', ['by_hand', 'dialler', 'unknown'])), name='call_dialling_known')],
            },
        ),
        migrations.CreateModel(
            name='CallOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.PositiveSmallIntegerField()),
                ('outcome', models.CharField(max_length=32)),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=150)),
                ('promised_on', models.DateField(null=True)),
                ('promised_minor', models.BigIntegerField(null=True)),
                ('call_back_on', models.DateField(null=True)),
                ('call_back_at', models.TimeField(null=True)),
                ('evidence_index', models.BigIntegerField()),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dispatch.call')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('call', 'entry'), name='call_outcome_once'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'promise_to_pay'), _negated=True), ('promised_on__isnull', False), _connector='OR'), name='call_outcome_promise_has_a_day')],
            },
        ),
        migrations.CreateModel(
            name='CallRecording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('sealed_sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('media_type', models.CharField(max_length=32)),
                ('attached_at', models.DateTimeField()),
                ('attached_by', models.CharField(max_length=150)),
                ('keep_until', models.DateField(null=True)),
                ('evidence_index', models.BigIntegerField()),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='dispatch.call')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('call', 'sha256'), name='call_recording_once')],
            },
        ),
        migrations.CreateModel(
            name='CallRecordingKey',
            fields=[
                ('recording', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='dispatch.callrecording')),
                ('key', models.CharField(max_length=64)),
            ],
        ),
        migrations.RunPython(protect, unprotect),
    ]
