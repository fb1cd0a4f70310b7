"""Ledger rows claimed and settled on PostgreSQL by two workers, twenty rows a batch, each batch committed.

The queue's own statements and nothing around them: no gate, no message, no Contact entry. As in the worker,
what became of a batch is written in the transaction that claims the next. The reference is the goal,
20,000 rows a second. ``PRIMORO_BENCH_LINES`` says how many rows (40,000). The PostgreSQL is that of the
tests, so its disk is not waited for: what is measured is the work, not the disk.
"""

import multiprocessing
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from benchmarks.measure import Measurement
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.migrate import upgrade
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.claiming import LINES_A_CLAIM
from primoro_campaigns.server.delivery.queue import store as queue
from primoro_campaigns.server.delivery.queue.store import Line, Settled, ToClaim
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.support.clock import SystemClock
from tests.postgresql import postgresql_server

GOAL = 20_000
WORKERS = 2


def run() -> Iterable[Measurement]:
    count = int(os.environ.get("PRIMORO_BENCH_LINES", "40000"))
    with postgresql_server() as server:
        url = server.url(server.create())
        upgrade(url)
        _fill(url, count)
        context = multiprocessing.get_context("spawn")
        ready = context.Barrier(WORKERS + 1)
        workers = [context.Process(target=work, args=(url, f"w{number}", ready)) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        ready.wait()
        begin = time.perf_counter()
        for worker in workers:
            worker.join()
        seconds = time.perf_counter() - begin
        _check(url, count)
    yield Measurement("rows claimed and settled", count / seconds, GOAL, "rows/s", count)


def work(url: str, name: str, ready: "multiprocessing.synchronize.Barrier") -> None:
    """Claim and settle until nothing is due."""
    database = Database(open_engine(url), SystemClock())
    with database.read() as connection:
        queue.next_run(connection, Channel.EMAIL, database.clock.now())
    ready.wait()
    lines: list[Line] = []
    while True:
        # As the worker does: what became of the last claim and the next claim in one transaction.
        with database.write() as uow:
            settled = [
                Settled(line.id, DeliveryState.SENT, "", "", 1, uow.now, f"id-{line.id}", "")
                for line in lines
            ]
            queue.settle_lines(uow.connection, settled, name, uow.now)
            lines = queue.due_lines(uow.connection, "r1", Channel.EMAIL, uow.now, LINES_A_CLAIM)
            claimed = [ToClaim(line.id, line.address, None, "smtp") for line in lines]
            queue.claim_lines(uow.connection, claimed, name, uow.now, uow.now + timedelta(minutes=1))
        if not lines:
            break
    database.close()


def _fill(url: str, count: int) -> None:
    now = datetime.now(UTC)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(
            insert(campaign).values(
                id="c1",
                owner_id="u1",
                name="Claims",
                name_key="claims",
                revision=1,
                state="sending",
                purpose="promotions",
                kind="one_off",
                channel_policy="email",
                content="{}",
                fingerprint="",
                created_at=now,
                updated_at=now,
            )
        )
        connection.execute(
            insert(campaign_run).values(
                id="r1",
                campaign_id="c1",
                revision=1,
                fingerprint="",
                content="{}",
                state="sending",
                due_at=now,
                approved_by="u1",
                approved_at=now,
            )
        )
        for start in range(0, count, 1000):
            connection.execute(
                insert(delivery),
                [
                    {
                        "id": f"d{number:08}",
                        "campaign_id": "c1",
                        "run_id": "r1",
                        "patient_id": f"p{number:08}",
                        "location_id": "loc-1",
                        "channel": "email",
                        "address": f"p{number}@example.com",
                        "state": "planned",
                        "at": now,
                        "not_before": now,
                    }
                    for number in range(start, min(start + 1000, count))
                ],
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _check(url: str, count: int) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM delivery WHERE state = 'sent' AND attempts = 1"
        ).scalar_one()
    engine.dispose()
    if found != count:
        raise RuntimeError(f"{found} of {count} rows were settled")
