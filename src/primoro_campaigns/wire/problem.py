"""How the server says no: RFC 9457 problem details with a code and advice."""

from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One thing wrong with one field of a request."""

    field: str
    words: str


class Problem(BaseModel):
    """``title`` is a sentence for a person, ``detail`` says what is safe and what to do next, ``code`` is for
    programs.
    """

    type: str = "about:blank"
    status: int
    title: str
    detail: str
    code: str
    problems: list[FieldProblem] = []
