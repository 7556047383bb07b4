# SPDX-License-Identifier: Apache-2.0
"""Plans a synthetic portfolio: ledger, step, contact point, facts and every rule, beside a bare read of the columns.

`python -m benchmarks.plan_accounts --json --accounts 1000000`

Each account has three instalments and one payment, each party two contact points (their attribution is an input here:
`parties.attribution` is measured apart) and one earlier contact for one in ten. The portfolio lies in Parquet; it is
planned in shares of whole persons, so that memory stays bounded. The floor reads every column that the plan reads, of
the same files, in the same run.
"""

import argparse
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import polars as pl

from benchmarks.machine import BenchmarkReport, Measurement, peak_memory_mib, print_report
from rightparty.lending.delinquency import balances
from rightparty.parties.wishes import WISHES
from rightparty.planning.assembly import assemble_facts
from rightparty.planning.batches import NO_BATCHES
from rightparty.planning.cadence import with_step
from rightparty.planning.candidates import choose_candidates
from rightparty.planning.strategy import load_strategy
from rightparty.planning.world import World
from rightparty.policy.evaluate import evaluate
from rightparty.policy.pack import load_packs

AT: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SHARE: Final = 500_000
"""Accounts planned at once."""

TABLES: Final = ("accounts", "instalments", "payments", "roles", "attribution", "people", "history")


def write_portfolio(folder: Path, accounts: int) -> None:
    """Write the synthetic portfolio, one file per table and share."""
    for share, start in enumerate(range(0, accounts, SHARE)):
        rows = pl.int_range(start, min(start + SHARE, accounts), eager=True).alias("n")
        for name, frame in _share(pl.DataFrame([rows])).items():
            frame.write_parquet(folder / f"{name}-{share:04d}.parquet")


def _share(numbers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    n = pl.col("n")
    account, party = pl.format("A{}", n).alias("account_id"), pl.format("P{}", n).alias("party_id")
    market = pl.when(n % 10 < 7).then(pl.lit("CN")).otherwise(pl.lit("US")).alias("market")
    months = numbers.join(pl.DataFrame({"month": [9, 10, 11]}), how="cross")
    points = numbers.join(pl.DataFrame({"channel": ["phone", "email"]}), how="cross")
    instant = pl.Datetime("us", "UTC")
    return {
        "accounts": numbers.select(account, market, pl.lit("CNY").alias("currency"), account_open=pl.lit(value=True)),
        "instalments": months.select(
            account, pl.date(2026, pl.col("month"), n % 28 + 1).alias("due_on"), amount_minor=10_000 + n % 5_000
        ),
        "payments": numbers.filter(n % 3 > 0).select(
            account,
            paid_at=pl.lit(datetime(2026, 10, 2, tzinfo=UTC)).cast(instant),
            amount_minor=pl.when(n % 3 == 1).then(45_000).otherwise(10_000 + n % 5_000),
            status=pl.lit("posted"),
        ),
        "roles": numbers.select(account, party, role=pl.lit("debtor")),
        "attribution": points.select(
            party,
            "channel",
            value=pl.format("{}-{}", "channel", n),
            relation=pl.lit("self"),
            source=pl.lit("application"),
            p_person=(n % 100) / 100,
            p_alone=(n % 100) / 100,
            p_nobody=(1 - (n % 100) / 100) * 0.9,
            p_stranger=(1 - (n % 100) / 100) * 0.1,
            contradictions_mask=pl.when(n % 50 == 0).then(4).otherwise(0),
        ),
        "people": numbers.select(
            party,
            person_id=pl.format("P{}", n - n % 2),
            country=market,
            born_on=pl.lit(date(1985, 5, 5)),
            zone_set=pl.when(n % 10 < 7)
            .then(pl.lit("Asia/Shanghai"))
            .otherwise(pl.lit("America/New_York|America/Los_Angeles")),
            deceased=n % 997 == 0,
            represented=pl.lit(value=False),
            bankrupt=pl.lit(value=False),
            cease_communication=n % 499 == 0,
            language=pl.lit("zh-CN"),
        ),
        "history": numbers.filter(n % 10 == 0).select(
            account,
            person_id=pl.format("P{}", n - n % 2),
            channel=pl.lit("sms"),
            kind=pl.lit("sent"),
            occurred_at=pl.lit(datetime(2026, 11, 21, tzinfo=UTC)).cast(instant),
        ),
    }


WORDINGS: Final = pl.DataFrame(
    {
        "template": ["due", "overdue_soft", "overdue_firm"] * 4,
        "language": ["zh-Hans"] * 12,
        "channel": ["sms"] * 3 + ["email"] * 3 + ["sms"] * 3 + ["email"] * 3,
        "disclosure": ["limited_content"] * 6 + ["amount"] * 6,
        "disclosure_level": [1] * 6 + [3] * 6,
        "version": ["1"] * 12,
    },
    schema_overrides={"disclosure_level": pl.Int8},
)
NO_DOUBTS: Final = pl.DataFrame(schema=dict.fromkeys(("party_id", "channel", "address"), pl.String))
NO_OPT_OUTS: Final = pl.DataFrame(
    schema={
        **dict.fromkeys(("address", "channel"), pl.String),
        **dict.fromkeys(("opted_out", "consent_revoked", "consent_given"), pl.Boolean),
    }
)
NO_WISHES: Final = pl.DataFrame(schema=WISHES)
NO_PROMISES: Final = pl.DataFrame(schema={"person_id": pl.String, "account_id": pl.String, "promised_on": pl.Date})
NO_COMPLAINTS: Final = pl.DataFrame(
    schema={"account_id": pl.String, "party_id": pl.String, "ended_at": pl.Datetime("us", "UTC")}
)
NO_HOLDS: Final = pl.DataFrame(schema={"account_id": pl.String, "party_id": pl.String, "holds_mask": pl.Int32})


def plan(folder: Path) -> tuple[int, int]:
    """Plan every share and write its verdicts; return accounts planned and reminders permitted."""
    strategy, packs = load_strategy(None), load_packs()
    seen = permitted = 0
    for file in sorted(folder.glob("accounts-*.parquet")):
        share = file.stem.partition("-")[2]
        read = {name: pl.read_parquet(folder / f"{name}-{share}.parquet") for name in TABLES}
        paid = read["payments"].group_by("account_id").agg(last_paid_at=pl.col("paid_at").max())
        owed = balances(read["accounts"], read["instalments"], read["payments"], at=AT)
        ledger = owed.join(paid, on="account_id", how="left")
        world = World(
            at=AT,
            balances=ledger.join(read["accounts"], on="account_id"),
            roles=read["roles"],
            attribution=read["attribution"],
            people=read["people"],
            doubts=NO_DOUBTS,
            opt_outs=NO_OPT_OUTS,
            wishes=NO_WISHES,
            promises=NO_PROMISES,
            complaints=NO_COMPLAINTS,
            holds=NO_HOLDS,
            point_loads=None,
            batches=NO_BATCHES,
            history=read["history"],
        )
        stepped = with_step(world.balances.lazy(), strategy).filter(pl.col("step").is_not_null())
        least = packs.thresholds.limited_content
        candidates = choose_candidates(stepped, world, strategy, least_p=least).collect()
        facts = assemble_facts(candidates, world, wordings=WORDINGS, thresholds=packs.thresholds)
        verdicts = evaluate(facts.lazy(), packs).collect()
        verdicts.select("account_id", "party_id", "permitted", "reasons_mask").write_parquet(
            folder / f"verdicts-{share}.parquet"
        )
        seen += world.balances.height
        permitted += int(verdicts["permitted"].sum())
    return seen, permitted


def bare_read(folder: Path) -> int:
    """Read every column of every file the plan reads; return the rows."""
    rows = 0
    for name in TABLES:
        for file in sorted(folder.glob(f"{name}-*.parquet")):
            rows += pl.read_parquet(file).height
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_portfolio(folder, given.accounts)
        bare_read(folder)
        started = perf_counter()
        bare_read(folder)
        floor = perf_counter() - started
        started = perf_counter()
        seen, permitted = plan(folder)
        took = perf_counter() - started
    report = BenchmarkReport(
        benchmark="plan_accounts",
        parameters={"accounts": seen, "permitted": permitted, "seconds": round(took, 2)},
        measurements=[
            Measurement(name="planned", value=round(seen / took), unit="accounts/s", floor=round(seen / floor)),
            Measurement(name="times the bare read", value=round(took / floor, 1), unit="ratio", floor=1.0),
            Measurement(name="peak memory", value=round(peak_memory_mib()), unit="MiB"),
        ],
    )
    print_report(report, as_json=given.json)


if __name__ == "__main__":
    main()
