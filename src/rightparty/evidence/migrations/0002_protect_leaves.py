# SPDX-License-Identifier: Apache-2.0
"""The database itself refuses to change or delete a record of the log (provable)."""

from django.db import migrations

SQLITE = {
    event: f"CREATE TRIGGER evidence_leaf_no_{event} BEFORE {event} ON evidence_leaf BEGIN "
    f"SELECT RAISE(ABORT, 'evidence records are never changed'); END"
    for event in ("update", "delete")
}
POSTGRESQL = [
    "CREATE FUNCTION evidence_leaf_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'evidence records are never changed'; END $$",
    "CREATE TRIGGER evidence_leaf_no_change BEFORE UPDATE OR DELETE ON evidence_leaf "
    "FOR EACH ROW EXECUTE FUNCTION evidence_leaf_refuse()",
    # records of two kilobytes are written as they are: the server would spend more on packing each than on all else
    "ALTER TABLE evidence_leaf SET (toast_tuple_target = 8160)",
]


def protect(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE.values()
    for statement in statements:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER evidence_leaf_no_change ON evidence_leaf")
        schema_editor.execute("DROP FUNCTION evidence_leaf_refuse()")
        schema_editor.execute("ALTER TABLE evidence_leaf RESET (toast_tuple_target)")
    else:
        for event in SQLITE:
            schema_editor.execute(f"DROP TRIGGER evidence_leaf_no_{event}")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [migrations.RunPython(protect, unprotect)]
