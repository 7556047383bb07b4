# SPDX-License-Identifier: Apache-2.0
"""Texts of the lender's own; the database itself refuses to delete one or to change its words (right_words)."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

WORDS = ("template", "language", "channel", "disclosure", "market", "subject", "text", "digest", "proposed_by", "proposed_at")
"""What never changes, not even of a draft. A later migration that rebuilds the table on SQLite has to protect it again."""

REFUSAL = "a text that was proposed keeps its words, and one that is approved never changes"
NEW, OLD = (", ".join(f"{row}.{name}" for name in WORDS) for row in ("NEW", "OLD"))

SQLITE = {
    "update": "CREATE TRIGGER dispatch_ownwording_no_update BEFORE UPDATE ON dispatch_ownwording "
    f"WHEN OLD.approved_at IS NOT NULL OR ({NEW}) IS NOT ({OLD}) OR NEW.id IS NOT OLD.id "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    "delete": "CREATE TRIGGER dispatch_ownwording_no_delete BEFORE DELETE ON dispatch_ownwording "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
}
POSTGRESQL = [
    "CREATE FUNCTION dispatch_ownwording_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' OR OLD.approved_at IS NOT NULL OR NEW.id IS DISTINCT FROM OLD.id "
    f"OR ROW({NEW}) IS DISTINCT FROM ROW({OLD}) THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER dispatch_ownwording_no_change BEFORE UPDATE OR DELETE ON dispatch_ownwording "
    "FOR EACH ROW EXECUTE FUNCTION dispatch_ownwording_refuse()",
]


def protect(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE.values()
    for statement in statements:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER dispatch_ownwording_no_change ON dispatch_ownwording")
        schema_editor.execute("DROP FUNCTION dispatch_ownwording_refuse()")
    else:
        for event in SQLITE:
            schema_editor.execute(f"DROP TRIGGER dispatch_ownwording_no_{event}")


class Migration(migrations.Migration):

    dependencies = [
        ('dispatch', '0005_verification'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnWording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('template', models.CharField(max_length=64)),
                ('language', models.CharField(max_length=35)),
                ('channel', models.CharField(max_length=8)),
                ('disclosure', models.CharField(max_length=16)),
                ('market', models.CharField(default='', max_length=2)),
                ('subject', models.CharField(default='', max_length=200)),
                ('text', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('approved_by', models.CharField(default='', max_length=150)),
                ('approved_at', models.DateTimeField(null=True)),
                ('approved_index', models.BigIntegerField(null=True, unique=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Lower('proposed_by'), django.db.models.functions.text.Lower('approved_by')), _negated=True)), name='own_wording_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by', ''), ('approved_index__isnull', True)), models.Q(models.Q(('approved_by', ''), _negated=True), ('approved_at__isnull', False), ('approved_index__isnull', False)), _connector='OR'), name='own_wording_is_whole'), models.CheckConstraint(condition=models.Q(('disclosure__in', ['limited_content', 'account', 'amount'])), name='own_wording_disclosure_known')],
            },
        ),
        migrations.RunPython(protect, unprotect),
    ]
