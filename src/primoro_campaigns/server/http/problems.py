"""Every way of saying no, as problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.wire.problem import MEDIA_TYPE, FieldProblem, Problem

_WORDS: Mapping[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "The server does not know this.",
    "json_invalid": "This is not JSON.",
    "uuid_parsing": "This is not an id.",
    "bool_parsing": "This must be true or false.",
    "int_parsing": "This must be a whole number.",
    "datetime_from_date_parsing": "This must be a date and time.",
    "date_from_datetime_parsing": "This must be a date.",
    "timezone_aware": "This needs a time zone.",
}
"""Sentences for the commonest of pydantic's error types; the others keep pydantic's own words."""

_TITLES: Mapping[int, tuple[str, str]] = {
    404: ("This address does not exist on the server.", "http.not_found"),
    405: ("This address cannot be used in this way.", "http.method"),
    413: ("This is too much to take in at once.", "http.too_large"),
}


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The response that carries ``problem``."""
    return Response(problem.model_dump_json(), problem.status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: PrimoroError) -> Problem:
    return Problem(status=error.status, title=error.title, detail=error.advice, code=error.code)


def unexpected(incident: str) -> Problem:
    """What a person is told of a mistake in the program; ``incident`` is in the server's log."""
    return Problem(
        status=500,
        title="Something went wrong on the server.",
        detail=f"Try again in a moment. If it happens again, give the code {incident} to support.",
        code="server.unexpected",
    )


def register(app: FastAPI) -> None:
    """Answer refusals, malformed requests and unknown addresses in the one form."""
    app.add_exception_handler(PrimoroError, _refusal)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


def _refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, PrimoroError):
        raise error
    headers: dict[str, str] = {}
    retry_after_s = getattr(error, "retry_after_s", None)
    if isinstance(retry_after_s, int):
        headers["Retry-After"] = str(retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return answer(problem_of(error), headers)


def _malformed(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return answer(
        Problem(
            status=422,
            title="The server could not understand this request.",
            detail="Nothing was changed. The program may be older or newer than the server.",
            code="http.malformed",
            problems=field_problems(error.errors()),
        )
    )


def field_problems(errors: Sequence[Mapping[str, object]]) -> list[FieldProblem]:
    """pydantic's errors in words; the values that were sent are never repeated."""
    problems = []
    for each in errors:
        place = each["loc"] if isinstance(each["loc"], tuple | list) else ()
        field = ".".join(str(part) for part in place if part not in {"body", "query", "path"})
        words = _WORDS.get(str(each["type"]), f"{each['msg']}.")
        problems.append(FieldProblem(field=field, words=words))
    return problems


def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title, code = _TITLES.get(
        error.status_code, ("The server could not answer this request.", "http.refused")
    )
    problem = Problem(
        status=error.status_code,
        title=title,
        detail="Nothing was changed. The program may be older or newer than the server.",
        code=code,
    )
    return answer(problem, error.headers)
