"""The body of a request from outside, read no further than it may be long."""

from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from primoro_campaigns.domain.errors import PrimoroError

_MOST_FIELDS = 200


class TooLargeError(PrimoroError):
    status = 413

    def __init__(self) -> None:
        super().__init__("This request is too large.", "Nothing was changed.", "http.too_large")


async def limited_body(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises ``TooLargeError`` as soon as more has come."""
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > most_bytes:
                raise TooLargeError
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(found)


async def form_fields(request: Request, most_bytes: int) -> list[tuple[str, str]]:
    """The fields of a posted form, in either of the encodings that forms have.

    Files are left out; what cannot be read has no fields. Raises ``TooLargeError``.
    """
    body = await limited_body(request, most_bytes)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _multipart(request, body)
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []


async def _multipart(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    try:
        parser = MultiPartParser(request.headers, stream(), max_files=0, max_fields=_MOST_FIELDS)
        form = await parser.parse()
    except MultiPartException:
        return []
    return [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]
