"""Our sender in a process of its own, over a database of its own: ``python -m benchmarks.send_ours``.

It freezes the recipients, sends to the port it is given, and prints one line of JSON.
"""

import argparse
import json
import resource
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.store import count_states
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.opening import Place, opened
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.server.settings import database_url
from tests.server.practice import add_location, add_organisation
from tests.server.sender import CONTENT, approve, save

_PARAGRAPH = (
    "Our hygienist has time for you this spring. A visit takes half an hour, you need not be on an empty "
    "stomach, and afterwards your teeth feel as smooth as they should. Come by bus, by car or on foot: there "
    "is a place for a bicycle behind the house, and a step-free way in on the left of it.\n\n"
)
BODY = (
    "Dear {first_name|patient},\n\n"
    + _PARAGRAPH * 3
    + "Read more: https://practice.example/spring\nBook: https://practice.example/book\n\n"
    + "Your team at {practice_name}"
)
MESSAGE: Content = replace(CONTENT, subject="{first_name|Hello}, spring is here", email_body=BODY)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.send_ours")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--most", type=int, help="stop after about so many messages")
    arguments = parser.parse_args()
    print(json.dumps(send(arguments.data, arguments.port, arguments.count, arguments.most)))


def send(data: Path, port: int, count: int, most: int | None) -> Mapping[str, float]:
    data.mkdir(parents=True, exist_ok=True)
    with opened(Place(data, database_url(data))) as (database, key):
        with database.write() as uow:
            _fill(uow, key, port, count)
        campaigns, worker = assemble(database, ConsentService(key.for_hashes), Carriers(key))
        with database.write() as uow:
            save(campaigns, uow, MESSAGE)
            approve(campaigns, uow, MESSAGE, outside_window=True)
        begin = time.perf_counter()
        worker._keep_house()
        frozen = time.perf_counter()
        if most is None:
            worker.work()
        else:
            for _ in range(0, most, 20):
                worker._turn(Channel.EMAIL)
            worker._write()
        end = time.perf_counter()
        worker.stop()
        with database.read() as connection:
            run_id = connection.execute(delivery.select().limit(1)).mappings().one()["run_id"]
            sent = count_states(connection, run_id)
    return {
        "freeze_s": frozen - begin,
        "send_s": end - frozen,
        "sent": next((number for state, number in sent.items() if state == "sent"), 0),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _fill(uow: UnitOfWork, key: ServerKey, port: int, count: int) -> None:
    add_organisation(uow)
    add_location(uow)
    values = {
        "public_address": "https://practice.example",
        "sender_email": "hello@practice.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(port),
        "smtp_security": "none",
        "selection_limit": "100000",
    }
    organisation.configure(uow.connection, key, values)
    for start in range(0, count, 1000):
        numbers = range(start, min(start + 1000, count))
        uow.connection.execute(
            insert(patient),
            [
                {
                    "id": f"p{number:06}",
                    "location_id": "loc-1",
                    "given_name": f"Ann{number}",
                    "family_name": "Person",
                    "status": "active",
                    "email": f"p{number}@example.com",
                    "email_state": "ok",
                }
                for number in numbers
            ],
        )
        uow.connection.execute(
            insert(permission),
            [
                {
                    "id": f"p{number:06}:email:promotions",
                    "patient_id": f"p{number:06}",
                    "channel": Channel.EMAIL.value,
                    "purpose": Purpose.PROMOTIONS.value,
                    "state": "opted_in",
                    "changed_at": uow.now,
                    "source": "import",
                }
                for number in numbers
            ],
        )


if __name__ == "__main__":
    main()
