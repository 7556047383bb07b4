# SPDX-License-Identifier: Apache-2.0
"""The database itself refuses to change or delete a draft; approving one that is open is all that is let through."""

from django.db import migrations

KEPT = ("kind", "label", "text", "digest", "proposed_by", "proposed_at", "reason", "proposed_index")
CHANGED = " OR ".join(["OLD.approved_at IS NOT NULL", *(f"OLD.{name} <> NEW.{name}" for name in KEPT)])
REFUSAL = "policy drafts are never changed"

SQLITE = {
    "update": f"CREATE TRIGGER planning_policydraft_no_update BEFORE UPDATE ON planning_policydraft WHEN {CHANGED} "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    "delete": "CREATE TRIGGER planning_policydraft_no_delete BEFORE DELETE ON planning_policydraft "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
}
POSTGRESQL = [
    "CREATE FUNCTION planning_policydraft_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER planning_policydraft_no_update BEFORE UPDATE ON planning_policydraft "
    f"FOR EACH ROW WHEN ({CHANGED}) EXECUTE FUNCTION planning_policydraft_refuse()",
    "CREATE TRIGGER planning_policydraft_no_delete BEFORE DELETE ON planning_policydraft "
    "FOR EACH ROW EXECUTE FUNCTION planning_policydraft_refuse()",
]


def protect(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE.values()
    for statement in statements:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for event in SQLITE:
            schema_editor.execute(f"DROP TRIGGER planning_policydraft_no_{event} ON planning_policydraft")
        schema_editor.execute("DROP FUNCTION planning_policydraft_refuse()")
    else:
        for event in SQLITE:
            schema_editor.execute(f"DROP TRIGGER planning_policydraft_no_{event}")


class Migration(migrations.Migration):
    dependencies = [("planning", "0002_policy_drafts")]
    operations = [migrations.RunPython(protect, unprotect)]
