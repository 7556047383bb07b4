# SPDX-License-Identifier: Apache-2.0
"""The database itself refuses a move that the state machine does not know (once).

The moves stand here as they were when this was written; a test compares them with `reminder_state.MOVES`. A later
migration that rebuilds the table on SQLite has to protect it again.
"""

from django.db import migrations

MOVES = {
    "planned": ("claimed", "cancelled", "withheld"),
    "claimed": ("planned", "released", "withheld", "cancelled"),
    "released": ("handed_over", "failed", "unknown", "cancelled"),
    "handed_over": ("delivered", "failed"),
    "unknown": ("handed_over", "delivered", "failed"),
}
REFUSAL = "a reminder does not move this way"

# compared one by one: SQLite would build a list of more than two anew for every row that is written
CHOICES = " ".join(
    f"WHEN '{before}' THEN {' AND '.join(f"NEW.state <> '{after}'" for after in following)}"
    for before, following in MOVES.items()
)
ILLEGAL = (
    f"CASE OLD.state {CHOICES} ELSE {{otherwise}} END "
    # what may be on a wire is written once: the mark is neither set again nor taken back while it may be
    "OR (NEW.state = 'handed_over' AND OLD.state = 'released' AND OLD.outcome <> 'handing_over')"
)
# one trigger, and after the row is written: SQLite neither runs a program for each rule nor looks for the row again
SQLITE = [
    "CREATE TRIGGER dispatch_reminder_moves AFTER UPDATE OF state, outcome, released_at ON dispatch_reminder WHEN "
    f"(NEW.state IS NOT OLD.state AND ({ILLEGAL.format(otherwise=1)})) "
    "OR (OLD.state = 'released' AND NEW.state = 'released' AND OLD.outcome <> '' AND NEW.outcome IS NOT OLD.outcome) "
    "OR (OLD.released_at IS NOT NULL AND NEW.released_at IS NOT OLD.released_at) "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
]
POSTGRESQL = [
    "CREATE FUNCTION dispatch_reminder_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation'; END $$",
    "CREATE TRIGGER dispatch_reminder_moves BEFORE UPDATE ON dispatch_reminder FOR EACH ROW "
    f"WHEN (NEW.state IS DISTINCT FROM OLD.state AND ({ILLEGAL.format(otherwise='true')})) EXECUTE FUNCTION dispatch_reminder_refuse()",
    "CREATE TRIGGER dispatch_reminder_mark BEFORE UPDATE ON dispatch_reminder FOR EACH ROW "
    "WHEN (OLD.state = 'released' AND NEW.state = 'released' AND OLD.outcome <> '' "
    "AND NEW.outcome IS DISTINCT FROM OLD.outcome) EXECUTE FUNCTION dispatch_reminder_refuse()",
    "CREATE TRIGGER dispatch_reminder_once BEFORE UPDATE ON dispatch_reminder FOR EACH ROW "
    "WHEN (OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at) "
    "EXECUTE FUNCTION dispatch_reminder_refuse()",
]
NAMES = ("moves", "mark", "once")


def protect(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute("DROP TRIGGER dispatch_reminder_moves")
        return
    for name in NAMES:
        schema_editor.execute(f"DROP TRIGGER dispatch_reminder_{name} ON dispatch_reminder")
    schema_editor.execute("DROP FUNCTION dispatch_reminder_refuse()")


class Migration(migrations.Migration):

    dependencies = [("dispatch", "0007_handover_providers")]

    operations = [migrations.RunPython(protect, unprotect)]
