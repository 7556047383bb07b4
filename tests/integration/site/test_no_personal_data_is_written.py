# SPDX-License-Identifier: Apache-2.0
"""Privacy: personal data planted in a portfolio never reach a log line, a command's output, an error or the evidence.

The commands run as a lender runs them, in a home folder of their own; then everything they wrote is searched.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MARKS = {
    "name": "Zzyxmarker Qwplanted",
    "phone": "2025550147",
    "mail": "zzyxmarker",
    "national id": "912847555",
    "street": "Plantedmark Lane",
    "employer": "Employmarker Ltd",
}
AT = "2026-11-23T15:00:00+00:00"
PORTFOLIO = {
    "parties": "party_id,full_name,country,language,national_id,national_id_type,address,employer,time_zone\n"
    f"P1,{MARKS['name']},US,en,{MARKS['national id']},ssn,1 {MARKS['street']},{MARKS['employer']},America/New_York\n"
    f"P2,{MARKS['name']},US,en,,,1 {MARKS['street']},{MARKS['employer']},America/New_York\n",
    "contact_points": "party_id,channel,value,source,collected_at,relation\n"
    f"P1,phone,+1{MARKS['phone']},application,2026-10-01T10:00:00+00:00,self\n"
    f"P1,email,{MARKS['mail']}@example.com,application,2026-10-01T10:00:00+00:00,self\n",
    "accounts": "account_id,product,opened_on,currency,principal,status,market\n"
    "A1,cash_loan,2026-01-01,USD,1000.00,open,US\n",
    "account_parties": "account_id,party_id,role\nA1,P1,debtor\n",
    "instalments": "account_id,due_on,amount\nA1,2026-11-10,100.00\n",
    "payments": "payment_id,account_id,paid_at,amount,status\nY1,A1,2026-02-01T00:00:00+00:00,0.00,posted\n",
    "contact_events": "event_id,channel,value,party_id,kind,occurred_at\n"
    f"E1,phone,+1{MARKS['phone']},P1,otp_verified,2026-11-20T10:00:00+00:00\n",
}
BAD_ROWS = (
    "party_id,channel,value,source,collected_at,relation\n"
    f"P1,phone,not-{MARKS['phone']}-a-number,application,2026-10-01T10:00:00+00:00,self\n"
    f"P1,email,{MARKS['mail']} at nowhere,application,yesterday {MARKS['name']},self\n"
)
VISIT = """
import django; django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
from rightparty.dispatch.queries import released_reminders, find_by_code, list_reminders
code = list_reminders(state="delivered")[0].code
for path in (f"/m/{code}", f"/m/{code}/record.json", "/m/WRONGCODE", "/nowhere", "/console/person/?party=P1"):
    answer = Client().get(path)
    print(answer.status_code, answer.content.decode())
print(Client().post(f"/m/{code}/not-me", {"words": "I am not her"}).status_code)
print(Client(raise_request_exception=False).post(f"/m/{code}/object", {"words": "x" * 100000}).status_code)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in PORTFOLIO.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "contact_points.csv").write_text(BAD_ROWS, encoding="utf-8")
    (tmp_path / "worse").mkdir()
    (tmp_path / "worse" / "parties.csv").write_bytes(f"party_id,full_name\nP1,{MARKS['name']} 王".encode("gbk"))
    return tmp_path


def test_planted_marks_are_nowhere_in_what_is_written(home: Path) -> None:
    written = {}
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "RIGHTPARTY_HOME": str(home / "home"),
        "RIGHTPARTY_SECRET_KEY": "tests-only",
        "DJANGO_SETTINGS_MODULE": "rightparty.site.settings",
        "PYTHONPATH": "src",
    }

    def run(*command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, env=environment, check=False, timeout=120
        )
        written[" ".join(command)[:60]] = done.stdout + done.stderr

    def rightparty(*words: str) -> None:
        run("-c", "from rightparty.site.main import main; main()", *words)

    rightparty("import", str(home / "in"), "--at", AT)
    rightparty("audit", "--at", AT, "--json")
    rightparty("link", "run", "--at", AT, "--json")
    rightparty("link", "reviews", "--json")
    rightparty("link", "history", "P1", "--json")
    rightparty("plan", "--at", AT, "--json")
    rightparty("dispatch", "--at", AT, "--json")
    run("-c", VISIT)
    for subject in ("A1", "P1"):
        rightparty("explain", subject, "--at", AT, "--json")
    rightparty("import", str(home / "bad"), "--at", AT)
    rightparty("import", str(home / "worse"), "--at", AT)
    rightparty("evidence", "export", str(home / "evidence.jsonl"))
    written["evidence"] = (home / "evidence.jsonl").read_text(encoding="utf-8")
    written["log"] = (home / "home" / "rightparty.log").read_text(encoding="utf-8")

    everything = "\n".join(written.values())
    assert '"released": 1' in written["log"], everything[-3000:]
    assert '"event": "case.recorded"' in written["log"]
    found = {mark for mark in MARKS.values() if mark in everything}
    found |= {word for word in MARKS["name"].split() if word in everything}
    assert not found, [(name, mark) for name, text in written.items() for mark in found if mark in text]
