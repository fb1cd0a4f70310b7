"""Every no has one form, a crash gives a code and nothing else, and the log knows no patient."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from starlette.testclient import TestClient
from starlette.types import Message

from primoro_campaigns.domain.errors import ConflictError
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http.app import create_app
from primoro_campaigns.server.http.size import MOST_BYTES
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.logs import JsonFormatter
from primoro_campaigns.wire.problem import MEDIA_TYPE, Problem
from tests.server.desk import services
from tests.strict import LogWatch

router = APIRouter()


class Order(BaseModel):
    name: str = Field(min_length=2)
    age: int


@router.get("/refuse")
def refuse() -> None:
    raise ConflictError("It changed.", "Look again.", "test.changed")


@router.get("/crash/{patient_name}")
def crash(patient_name: str) -> None:
    raise KeyError(patient_name)


@router.get("/full")
def full() -> None:
    raise HTTPException(413)


@router.post("/order")
def order(asked: Order) -> Order:
    return asked


@pytest.fixture
def client(clock: FixedClock, tmp_path: Path) -> Iterator[TestClient]:
    # No request of these tests gets as far as the database.
    database = Database.__new__(Database)
    database.clock = clock
    client = TestClient(create_app(database, [router]))
    yield client
    client.close()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program logs, as it is written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("primoro_campaigns")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def problem(client: TestClient, method: str, path: str, body: object = None) -> Problem:
    answer = client.request(method, path, json=body)
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    found = Problem.model_validate_json(answer.content)
    assert found.status == answer.status_code
    assert found.title
    assert found.detail
    return found


def test_a_refusal_carries_its_words_and_code(client: TestClient) -> None:
    found = problem(client, "GET", "/refuse")
    assert (found.status, found.title, found.detail, found.code) == (
        409,
        "It changed.",
        "Look again.",
        "test.changed",
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "http.not_found"),
        ("DELETE", "/refuse", 405, "http.method"),
        ("GET", "/full", 413, "http.too_large"),
    ],
)
def test_what_the_web_framework_refuses_looks_the_same(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    found = problem(client, method, path)
    assert (found.status, found.code) == (status, code)


def test_a_body_over_the_ceiling_is_refused_whatever_it_announces(client: TestClient) -> None:
    def piecemeal() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 2**20 + 2):
            yield b" " * 2**20

    as_json = {"Content-Type": "application/json"}
    for answer in (
        client.post("/order", content=b"", headers={"Content-Length": str(MOST_BYTES + 1)}),
        client.post("/order", content=piecemeal(), headers=as_json),
    ):
        found = Problem.model_validate_json(answer.content)
        assert (answer.status_code, found.code) == (413, "http.too_large")
    ample = b" " * (MOST_BYTES - 30) + b'{"name": "Ann", "age": 80}'
    assert client.post("/order", content=ample, headers=as_json).json()["age"] == 80


def test_a_body_without_end_is_left_at_the_ceiling(client: TestClient) -> None:
    received, sent = count(), list[Message]()

    async def receive() -> Message:
        next(received)
        return {"type": "http.request", "body": b" " * 2**20, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        scope = {"type": "http", "method": "POST", "path": "/order", "query_string": b"", "headers": []}
        await client.app(scope, receive, send)

    asyncio.run(ask())
    assert next(received) == MOST_BYTES // 2**20 + 1
    assert [message.get("status") for message in sent] == [413, None]


def test_a_malformed_request_names_each_field_and_repeats_no_value(client: TestClient) -> None:
    found = problem(client, "POST", "/order", {"name": "?"})
    assert (found.status, found.code) == (422, "http.malformed")
    assert {each.field: each.words for each in found.problems} == {
        "name": "String should have at least 2 characters.",
        "age": "This is needed.",
    }
    secret = problem(client, "POST", "/order", {"name": "Mrs Secret", "age": "Secret"})
    assert "Secret" not in secret.model_dump_json()


def test_a_crash_is_an_incident_without_a_patients_name(
    client: TestClient, log: io.StringIO, expect_log: LogWatch
) -> None:
    with expect_log("primoro_campaigns.server.http", logging.ERROR, "crashed"):
        found = problem(client, "GET", "/crash/Mrs-Secret?also=Secret")
    assert (found.status, found.code) == (500, "server.unexpected")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    crashed, request = lines
    assert crashed["incident"] in found.detail
    assert crashed["exception"] == "KeyError"
    assert any("test_app.py" in frame and "crash" in frame for frame in crashed["trace"])
    assert (request["status"], request["route"]) == (500, "/crash/{patient_name}")
    assert "Secret" not in log.getvalue()
    assert "Secret" not in found.model_dump_json()


def test_each_request_has_an_id_and_one_line(client: TestClient, log: io.StringIO) -> None:
    answer = client.post("/order?name=Secret", json={"name": "Mrs Secret", "age": 80})
    (line,) = [json.loads(each) for each in log.getvalue().splitlines()]
    assert line["request"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/order", 200)
    assert "Secret" not in log.getvalue()


def test_the_whole_server_describes_itself(database: Database, tmp_path: Path) -> None:
    client = TestClient(services(database, tmp_path).app)
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/health", "/api/v1/session", "/api/v1/sync/round", "/api/v1/sync/events"} <= set(paths)
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404
    client.close()
