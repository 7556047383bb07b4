# SPDX-License-Identifier: Apache-2.0
"""An audit in the reader's language: for the console's pages and for the report that stands by itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rightparty.console.audit_pictures import agreement_lines, bar_widths, histograms, stretch, strips
from rightparty.parties.audit.ageing import OLDEST_YEARS
from rightparty.parties.audit.catalogue import CATALOGUE

SEVERITIES: Final[Mapping[str, Promise]] = {
    "high": _("grave"), "medium": _("doubtful"), "low": _("slight"), "info": _("for information"),
}  # fmt: skip

SUBJECTS: Final[Mapping[str, Promise]] = {
    "points": _("contact points"), "events": _("events"), "parties": _("persons"),
}  # fmt: skip

SEGMENTS: Final[Mapping[str, Promise]] = {
    "phone_us": _("phones, +1"), "phone_cn": _("phones, +86"), "phone_vn": _("phones, +84"),
    "phone_cz": _("phones, +420"), "phone": _("phones, elsewhere"), "email": _("mailboxes"),
    "post": _("addresses"), "app": _("apps"),
}  # fmt: skip

SOURCES: Final[Mapping[str, Promise]] = {
    "application": _("application"), "branch": _("branch"), "bureau": _("bureau"), "agent": _("agent"),
    "skip_trace": _("skip tracing"), "third_party": _("third party"), "portal": _("portal"),
}  # fmt: skip

FIGURES: Final[Mapping[str, Promise]] = {
    "usual_share": _("usual share"), "surprise": _("minus log of the chance"), "limit": _("limit"),
    "most": _("most"), "most_new_persons": _("most persons to whom one value is new"), "hours": _("hours apart"),
    "agreement_before": _("agreement before"), "agreement_now": _("agreement now"),
}  # fmt: skip

TONES: Final[Mapping[str, str]] = {"high": "bad", "medium": "warn", "low": "deed", "info": "soft"}

LANGUAGES: Final = ("en", "zh-hans", "zh-hant")


def findings_shown(findings: Sequence[Mapping[str, Any]], *, rows: int = 0) -> list[dict[str, Any]]:
    """Return findings in words, with the length of their bar and, of a file of `rows` rows, their stretch of it."""
    widths = bar_widths([int(found["count"]) for found in findings])
    return [_shown(found, width, rows) for found, width in zip(findings, widths, strict=True)]


def audit_shown(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything a template shows of an audit's report (`AuditReport.as_json`)."""
    return {
        "as_of": parse_datetime(str(report["as_of"])),
        "looked_at": [(SUBJECTS[name], f"{count:,}") for name, count in report["looked_at"].items()],
        "rejected": report.get("rejected", 0),
        "findings": findings_shown(report["findings"]),
        "strips": strips(report["strips"]),
        "ages": [(SEGMENTS.get(p.name, p.name), p) for p in histograms(report["ages"], oldest=OLDEST_YEARS)],
        "agreement": [(_pair(p.name), p) for p in agreement_lines(report["agreement"])],
    }


def audit_page(report: Mapping[str, Any], *, language: str) -> str:
    """Return an audit's report as one HTML page that needs no other file, in one of LANGUAGES."""
    style = finders.find("rightparty.css")
    with translation.override(language):
        context = {**audit_shown(report), "language": language, "style": Path(str(style)).read_text("utf-8")}
        return render_to_string("console/audit_report.html", context)


def _shown(found: Mapping[str, Any], width: str, rows: int) -> dict[str, Any]:
    kind = CATALOGUE.get(str(found["finding"]))
    lines = (found.get("first_line"), found.get("last_line"))
    inside = rows and found.get("subject", "points") == "points" and all(lines)
    return {
        **found,
        "told": gettext(kind.title) if kind else found["finding"],
        "cause": gettext(str(found["cause"])),
        "remedy": gettext(str(found["remedy"])),
        "severity_told": SEVERITIES.get(str(found["severity"]), found["severity"]),
        "tone": TONES.get(str(found["severity"]), "deed"),
        "width": width,
        "counted": f"{found['count']:,}",
        "totalled": f"{found.get('total') or 0:,}",
        "percent": f"{100 * found['share']:.1f}\u00a0%" if found.get("total") else "",
        "examples": [_example(each) for each in found["examples"]],
        "figures": [(_figure(str(each["name"])), f"{each['value']:,.4g}") for each in found.get("figures", [])],
        "strip": stretch(int(str(lines[0])), int(str(lines[1])), rows) if inside else None,
    }


def _example(example: Mapping[str, Any] | str) -> str:
    """Return a masked example with where it stands; loads of the first versions kept the masked value alone."""
    if isinstance(example, str):
        return example
    where = ""
    if example["line"]:
        where = gettext("%(file)s, line %(line)s") % {"file": example["file"] or "", "line": example["line"]}
    elif example["load_id"]:
        where = gettext("load %(load)s") % {"load": example["load_id"]}
    told = ", ".join(part for part in (str(example["party_id"] or ""), where) if part)
    return f"{example['shown']} ({told})" if told else str(example["shown"])


def _figure(name: str) -> str:
    """Return what a figure is; a kind of events is called as the source calls it."""
    if name.startswith("years_"):
        segment = name.removeprefix("years_")
        return gettext("years that they last: %(segment)s") % {"segment": SEGMENTS.get(segment, segment)}
    return str(FIGURES.get(name, name))


def _pair(name: str) -> str:
    return " / ".join(str(SOURCES.get(source, source)) for source in name.split(" / "))
