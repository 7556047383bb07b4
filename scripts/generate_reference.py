# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 (the rooms need a set-up Django, which a test has and the script makes)
"""Writes the pages of docs/reference that say what the code says; a tidy test fails when they are old.

Usage: python scripts/generate_reference.py
"""

import ast
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"
NOTE: Final = "<!-- Written by scripts/generate_reference.py from the code; change the code, not this page. -->\n"

ALL_CHANNELS: Final = 5

KIND_TEXTS: Final = {
    "TEXT": "text",
    "IDENTIFIER": "identifier",
    "DATE": "date, `YYYY-MM-DD`",
    "INSTANT": "instant, ISO 8601 with offset",
    "MONEY": "decimal with at most the currency's digits, no sign, no thousands separator",
    "CURRENCY": "ISO 4217 code",
    "COUNTRY": "ISO 3166 code of two letters",
    "ZONE": "IANA time zone",
    "LANGUAGE": "BCP 47 tag",
    "ONE_OF": "one of",
    "OPEN_LIST": "one of these, or another word of at most 16 characters, which is kept, reported and weighs nothing:",
    "CONTACT_VALUE": "phone, e-mail, postal address or app id, by the row's `channel`",
}

SETTING_TEXTS: Final = {
    "RIGHTPARTY_HOME": "Folder of the embedded store and the secret key.",
    "RIGHTPARTY_SECRET_KEY": "Key that signs sessions; made once and kept in the home folder if not given.",
    "RIGHTPARTY_LOG": "File for log lines, in the home folder if not given; `-` for standard error.",
    "RIGHTPARTY_DEBUG": "`1` shows error details to whoever causes them: never where others can reach it.",
    "RIGHTPARTY_HOSTS": "Host names that are answered, separated by commas.",
    "DATABASE_URL": "The store. SQLite in the home folder if not given; `postgresql://…` for a server.",
    "RIGHTPARTY_HTTPS": "`1` when served behind HTTPS: cookies are then sent over HTTPS only.",
    "RIGHTPARTY_SENDER": "Who signs every message, as registered with the carriers.",
    "RIGHTPARTY_PHONE": "The lender's own number, for texts that name one; none: no text may.",
    "RIGHTPARTY_PUBLIC_URL": "The lender's own address under which recipients' pages are reached; stands in messages.",
    "RIGHTPARTY_SMS": "`simulated`, or providers, several with blanks between them, the preferred one first:"
    " `smpp://user:password@host:port/?window=50&rate=500&name=smpp` (`smpps://` with TLS),"
    " `twilio://SID:TOKEN@host?from=…`, `alibaba://KEY:SECRET@host?sign=…&templates=FILE`,"
    " `https://NAME:KEY@host/base`.",
    "RIGHTPARTY_EMAIL": "`simulated`, or providers, several with blanks between them, the preferred one first:"
    " `smtp://user:password@host:port/?connections=4&bounces=address&name=smtp` (`smtp+tls://` with STARTTLS, `smtps://`"
    " with TLS), `https://NAME:KEY@host/base`.",
    "RIGHTPARTY_CALL": "Providers of automated calls: `twilio://SID:TOKEN@host?from=…`, `https://NAME:KEY@host/base`;"
    " none: no call is made.",
    "RIGHTPARTY_POST": "Where letters go: `letters:FOLDER?return=…`, `https://NAME:KEY@host/base`; none: no letter is"
    " written.",
    "RIGHTPARTY_APP": "Push services: `webpush:?key=FILE&contact=mailto:…`, `https://NAME:KEY@host/base`; none:"
    " nothing is pushed.",
    "RIGHTPARTY_DKIM": "Signs e-mails: `selector:domain:/path/to/key.pem`, RSA or Ed25519; none: not signed here.",
    "RIGHTPARTY_EMAIL_FROM": "Address that e-mails come from.",
    "RIGHTPARTY_SMS_FROM": "Number that text messages come from.",
    "RIGHTPARTY_STRATEGY": "A treatment strategy file in place of the shipped one.",
    "RIGHTPARTY_LOAD_LIMITS": "Limits from which on a load is quarantined; a file that names only what it changes.",
    "RIGHTPARTY_LINK_RULES": "What the linkage model may merge by itself; a file that names only what it changes.",
    "RIGHTPARTY_TRIAL": "Rules of trials of new contact data; a file that names only what it changes.",
    "RIGHTPARTY_ALARM_EMAIL": "Address of operations that alarms are mailed to; none: they are not mailed.",
    "RIGHTPARTY_ALARM_SMTP": "Mail server for alarms, `smtp://host:port`; that of the e-mail channel if not given.",
    "RIGHTPARTY_ALARM_WEBHOOK": "https address that alarms are posted to; none: they are not posted.",
    "RIGHTPARTY_ALARM_WEBHOOK_KEY": "Key that signs what is posted; without it nothing is posted.",
    "RIGHTPARTY_LOOKUPS": "Carriers' interfaces for silent look-ups, `https://TOKEN@host/base`; none: nobody is asked.",
    "RIGHTPARTY_LOOKUP_STEPS": "Look-ups that law and contract allow, separated by commas; none: nothing is asked.",
    "RIGHTPARTY_VERIFY_STEPS": "How persons may be asked about their contact points (`ask_in_app`, `one_time_code`,"
    " `letter`; `US:letter` in one country alone), separated by commas; none: nobody is asked.",
    "RIGHTPARTY_ATTRIBUTION": "Attribution parameters fitted to your own events, as a file that names what it changes.",
    "RIGHTPARTY_HOUSE_RULES": "A file of house rules in place of the shipped one; the law holds besides.",
    "RIGHTPARTY_EVENTS_KEYS": "Keys of pushed events, base64 of 24 bytes or more, with or without `whsec_`,"
    " separated by spaces; none: no event is taken.",
    "RIGHTPARTY_DIALLER": "Asked to call an agent's number, `https://TOKEN@host/base`; none: agents dial by hand.",
    "RIGHTPARTY_RECORDINGS_FROM": "Folder in which the dialler leaves recordings that the interface attaches by name.",
    "RIGHTPARTY_API_TOKENS": "Bearer tokens of the interface, separated by commas; none: it answers nobody.",
}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


EVENT_DETAILS: Final = """
What the `detail` of some kinds says, which rules of time read:

| Kind | Detail | Meaning |
| --- | --- | --- |
| `opted_out`, `consent_given`, `consent_revoked` | a channel: `sms`, `email`, `call`, `post`, `app` | about that channel; without one, about every channel of the point |
| `consent_given` | `hours:22:00-23:00` | local hours agreed with the person; `consent_revoked` with `hours:` takes it back |
| `consent_given` | `days:sunday` | days agreed with the person; `consent_revoked` with `days:` takes it back |
| `consent_given` | `call_back:2026-04-06` | asked to be called on that day |
| `opted_out` | `outside:12:00-20:00` | asked not to be contacted outside these local hours; `consent_given` with `outside:` ends it |
| `promise_to_pay` | `2026-04-10` | payment promised for that day; without one, for the next seven days |
"""  # noqa: E501 -- rows of a table


def portfolio_contract() -> str:
    """Return the page of the files a lender delivers."""
    from rightparty.intake import contract
    from rightparty.intake.row_errors import REMEDIES

    text = NOTE + (
        "# The portfolio contract\n\nA delivery is a folder with one file per table, `NAME.csv` (UTF-8, comma, header)"
        " or `NAME.parquet`. A table may be left out; a row may name a party or an account that this delivery or an"
        " earlier one brought. Loading the same files again changes nothing.\n\n"
        f"A table of {contract.REJECTED_SHARE_FROM_ROWS} rows or more with over"
        f" {contract.REJECTED_SHARE_LIMIT:.0%} of them rejected refuses the whole delivery: it is a broken export."
        f" A cell may hold {contract.CELL_LIMIT:,} characters at most.\n"
    )
    for table in contract.CONTRACT.values():
        rows = []
        for column in table.columns:
            kind = KIND_TEXTS[column.kind.name]
            allowed = f" {', '.join(f'`{value}`' for value in column.allowed)}" if column.allowed else ""
            rows.append([
                f"`{column.name}`", "yes" if column.required else "", kind + allowed,
                f"`{column.default}`" if column.default else "",
            ])  # fmt: skip
        keys = ", ".join(f"`{name}`" for name in table.key)
        text += f"\n## {table.name}\n\nA row is named by {keys}.\n\n"
        text += _table(["Column", "Required", "What", "If empty"], rows)
        if table.name == "contact_events":
            text += EVENT_DETAILS
    text += "\n## Why a row is rejected\n\n"
    return text + _table(["Reason", "What to do"], [[fault.value, remedy] for fault, remedy in REMEDIES.items()])


def reasons() -> str:
    """Return the page of every reason to withhold."""
    from rightparty.kernel.promises import Promise
    from rightparty.kernel.reasons import REASONS

    text = NOTE + (
        '# Reasons\n\nEvery "no" of the product. A reminder that is withheld has one or more of these; the first part'
        " of a code is [the promise](../explanation/eight-promises.md) it serves. The bit is its place in stored masks"
        " and never changes.\n"
    )
    for promise in Promise:
        rows = [[f"`{r.code}`", str(r.bit), r.text, r.remedy] for r in REASONS if r.promise is promise]
        text += f"\n## {promise.value}\n\n" + _table(["Code", "Bit", "What is the matter", "What to do"], rows)
    return text


def audit_findings() -> str:
    """Return the page of every finding of an audit."""
    from rightparty.intake.limits import read_limits
    from rightparty.parties.audit.catalogue import CATALOGUE, SEVERITIES
    from rightparty.parties.audit.findings import EXAMPLE, FIGURE, FINDINGS, SCHEMA_VERSION

    text = NOTE + (
        "# Findings of an audit\n\nWhat `rightparty audit` and the screening of a load can find, in the order in which"
        " findings of one severity are shown. A limit is the share of its subject from which a finding quarantines a"
        " load, where the shipped `src/rightparty/intake/limits.toml` names one; what screening tests by statistics"
        " quarantines by itself. [How to audit](../how-to/audit-your-contact-data.md).\n"
    )
    limits = read_limits().shares
    for severity in SEVERITIES:
        rows = [
            [f"`{code}`", kind.subject, kind.title, kind.cause, kind.remedy,
             f"{limits[code]:.0%}" if code in limits else ""]
            for code, kind in CATALOGUE.items() if kind.severity == severity
        ]  # fmt: skip
        text += f"\n## {severity}\n\n"
        text += _table(["Code", "Counts", "What it is", "Likely cause", "Repair", "Limit"], rows)
    text += f"\n## The machine-readable report, version {SCHEMA_VERSION}\n\n"
    text += "`--out FILE.parquet` writes the findings with these columns; `--json` and `--out FILE.json` the whole.\n\n"
    shapes = {**FINDINGS, "examples": f"list of {EXAMPLE}", "figures": f"list of {FIGURE}"}
    return text + _table(["Column", "Type"], [[f"`{name}`", f"`{kind}`"] for name, kind in shapes.items()])


def rules_by_market() -> str:
    """Return the page of every rule of the law packs, with the situations that try it."""
    from rightparty.policy.pack import CONFIDENCE, load_packs

    situations = _situations()
    text = NOTE + (
        "# Rules by market\n\nWhat the law packs in `src/rightparty/policy/packs` state now, each version of a rule on"
        " its own line. None of it is legal advice: it is the law as it was read, with how sure that reading is;"
        " counsel of the named kind should review it. The lender may be stricter, never laxer. A duty holds back"
        " nothing: it says what the law asks besides. Situations: cases in `tests/law` for this version.\n\n"
    )
    text += _table(["Confidence", "What it means"], [[f"`{key}`", meaning] for key, meaning in CONFIDENCE.items()])
    for market, pack in load_packs().packs.items():
        rows = []
        for rule in pack.rules:
            until = f" until {rule.effective_to}" if rule.effective_to else ""
            tried = [day for day in situations.get(rule.id, []) if rule.is_in_force(day)]
            rows.append([
                f"`{rule.id}`", rule.term, rule.paraphrase, _parameters(rule),
                f"{rule.effective_from}{until}", str(rule.recorded_from), rule.citation, f"`{rule.confidence}`",
                rule.binds, rule.review, "" if rule.kind == "duty" else str(len(tried)),
            ])  # fmt: skip
        text += f"\n## {market}: {pack.title}\n\nVersion {pack.version}, {len(rows)} rules. {pack.not_legal_advice}\n\n"
        head = ["Rule", "Term", "What it restricts", "Parameters", "In force from", "Stated since", "Citation"]
        text += _table([*head, "Confidence", "Binds", "Review by", "Situations"], rows)
    return text


def _situations() -> dict[str, list[date]]:
    """Return rule -> local days of the situations that try it."""
    import yaml

    found: dict[str, list[date]] = {}
    for file in sorted((ROOT / "tests" / "law").glob("*/*.yaml")):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for raw in yaml.load(file.read_text(encoding="utf-8"), Loader=loader):
            day = date.fromisoformat(raw["situation"]["at_local"][:10])
            found.setdefault(f"{file.parent.name}.{raw['rule']}", []).append(day)
    return found


def _parameters(rule: Any) -> str:
    shown = []
    for name, value in rule.parameters.items():
        said = ("no", "yes")[value] if isinstance(value, bool) else value
        listed = ", ".join(map(str, said)) if isinstance(said, list) else str(said)
        shown.append(f"{name.replace('_', ' ')}: {listed}")
    if len(rule.channels) < ALL_CHANNELS:
        shown.append(f"only {', '.join(rule.channels)}")
    return "; ".join(shown)


def reminder_states() -> str:
    """Return the page of a reminder's states and moves."""
    from rightparty.dispatch.reminder_state import MOVES, ON_THE_WIRE, RESTING

    text = NOTE + (
        "# States of a reminder\n\nThe table in `src/rightparty/dispatch/reminder_state.py`. Any other move is refused."
        " `unknown` means that nobody can say whether the carrier took the message: it counts as sent and is never sent"
        " again; a receipt, a late answer or the provider, asked, resolves it.\n\n"
    )
    rows = []
    for state, after in MOVES.items():
        following = ", ".join(f"`{s.value}`" for s in MOVES if s in after) or "none"
        received = "yes" if state in ON_THE_WIRE else ""
        rows.append([f"`{state.value}`", following, received, "yes" if state in RESTING else ""])
    return text + _table(["State", "May become", "A person may have received it", "No worker has work left"], rows)


def call_outcomes() -> str:
    """Return the page of what can come of a call."""
    from rightparty.dispatch.calls.outcomes import OUTCOMES, REACHED_TEXTS, Reached, events_of

    text = NOTE + (
        "# Outcomes of a call\n\nWhat an agent or a dialler enters once a call is over, with"
        " [the console or the interface](../how-to/make-calls.md). The attempt itself was counted when the gate"
        " released the call; `answered` is the conversation that frequency rules count, and `name_agrees` is recorded"
        " only where the agent has checked who he speaks to. Where *identified* says yes the outcome cannot be entered"
        " before.\n"
    )
    for reached in Reached:
        codes = [each for each in OUTCOMES if each.reached is reached]
        text += f"\n## {REACHED_TEXTS[reached]}\n\nThe reminder ends as `{codes[0].ends}`.\n\n"
        rows = [
            [
                f"`{each.code}`", each.text, each.meaning, "yes" if each.needs_identity else "",
                ", ".join(f"`{kind}`" for kind in events_of(each, identified=True)),
                ", ".join(f"`{what}`" for what in (each.effect, each.hold and f"hold: {each.hold}") if what),
                f"`{each.asks}`" if each.asks else "",
            ]
            for each in codes
        ]  # fmt: skip
        text += _table(
            ["Code", "On the button", "Meaning", "Identified", "Contact events", "Done at once", "Asks"], rows
        )
    return text


def _environment() -> Iterator[tuple[str, str]]:
    source = (ROOT / "src/rightparty/site/settings.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
            default = "" if len(node.args) < 2 else node.args[1]
            shown = str(default.value) if isinstance(default, ast.Constant) else "see text" if default else ""
            yield ast.literal_eval(node.args[0]), shown


def settings() -> str:
    """Return the page of every setting."""
    found = dict(_environment())
    text = NOTE + "# Settings\n\nEach is an environment variable; what is not set has a safe default.\n\n"
    rows = [[f"`{name}`", SETTING_TEXTS[name], f"`{found[name]}`" if found[name] else ""] for name in sorted(found)]
    return text + _table(["Variable", "Meaning", "Default"], rows)


def commands() -> str:
    """Return the page of every command."""
    import typer.main

    from rightparty.cli.app import app

    root: Any = typer.main.get_command(app)
    text = NOTE + (
        "# Commands\n\nEvery command tells its options with `--help`. `--json` prints JSON, `--out FILE` writes it."
        " Exit status: 0 done, 1 a check failed, 2 refused (with the reason and what to do).\n"
    )
    for path, command in _leaves("rightparty", root):
        rows = []
        for option in command.params:
            if option.name == "help":
                continue
            is_argument = option.param_type_name == "argument"
            name = (option.name or "").upper() if is_argument else ", ".join([*option.opts, *option.secondary_opts])
            rows.append([f"`{name}`", (getattr(option, "help", None) or "").strip()])
        text += f"\n## {path}\n\n{(command.help or '').strip()}\n"
        text += "\n" + _table(["Argument or option", "Meaning"], rows) if rows else ""
    return text


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name in sorted(inner):
        yield from _leaves(f"{path} {name}", inner[name])


def metrics() -> str:
    """Return the page of every metric of a worker."""
    from prometheus_client.metrics import MetricWrapperBase

    from rightparty.dispatch.metrics import StoreCollector, StoreFigures, WorkerMetrics

    text = NOTE + (
        "# Metrics of a worker\n\n`rightparty work --listen HOST:PORT` serves these at `/metrics` in the form that"
        " Prometheus reads; [how to run workers](../how-to/run-workers.md). They hold numbers and words of the"
        " product's own: no address, name, account, text or reference code. Labels: `channel`, `provider` (as its"
        " adapter is named), `reason` ([codes](reasons.md)), `fate` (`accepted`, `refused`, `unknown`, `busy`,"
        " `not_sent`), `outcome` of a receipt.\n\n## What this worker did\n\n"
    )
    own = [metric for metric in vars(WorkerMetrics()).values() if isinstance(metric, MetricWrapperBase)]
    rows = []
    for metric in own:
        (family,) = metric.describe()
        name = family.name + ("_total" if family.type == "counter" else "")
        rows.append([name, family.type, vars(metric)["_labelnames"], family.documentation])
    text += _metric_rows(rows)
    text += (
        "\n## What the store knows\n\nRead at a scrape, at most every five seconds; every worker tells the same.\n\n"
    )
    families = StoreCollector(StoreFigures).collect()
    text += _metric_rows([[f.name, f.type, vars(f).get("_labelnames", ()), f.documentation] for f in families])
    return text + "\nBesides, `process_…` tells processor time, memory and open files of the worker.\n"


def _metric_rows(rows: Sequence[Sequence[Any]]) -> str:
    lines = [[f"`{name}`", kind, ", ".join(f"`{each}`" for each in labels), told] for name, kind, labels, told in rows]
    return _table(["Metric", "Kind", "Labels", "Meaning"], lines)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "portfolio-contract.md": portfolio_contract,
    "reasons.md": reasons,
    "audit-findings.md": audit_findings,
    "rules-by-market.md": rules_by_market,
    "reminder-states.md": reminder_states,
    "call-outcomes.md": call_outcomes,
    "settings.md": settings,
    "commands.md": commands,
    "metrics.md": metrics,
}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rightparty.site.settings")
    os.environ.setdefault("RIGHTPARTY_HOME", tempfile.mkdtemp())
    django.setup()
    main()
