"""One call, and what both clients make of it."""

from __future__ import annotations

import json
import os
import random
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any, cast
from urllib.parse import quote

import httpx
import pydantic
from typing_extensions import TypedDict

from .errors import of_transport, retry_after_of, too_large, unexpected

File = tuple[str, "bytes | IO[bytes]"]
"""A file to upload: its name and its content. An open file is sent from its beginning, piece by piece."""

Target = str | os.PathLike[str] | IO[bytes]
"""Where a download is written: to a path or an open binary file."""

MAX_RETRY_AFTER = 30.0
"""The longest Retry-After that is waited for, in seconds. After a longer one, the response is final."""


MAX_RESPONSE = 64 << 20
"""The size of the largest JSON response that is read, decompressed, in bytes."""


class CallOptions(TypedDict, total=False):
    headers: Mapping[str, str]
    """Headers of this call."""
    timeout: float
    """How long one attempt may wait for data, in seconds."""


class KeyedCallOptions(CallOptions, total=False):
    idempotency_key: str
    """The key of this call, with which it can be repeated later. Without it, the call gets a new one."""


@dataclass
class Content:
    """A response that is not JSON."""

    data: bytes
    type: str
    """The media type."""
    status: int
    """200, 206 for a range, 304 if it is what If-None-Match named."""
    headers: httpx.Headers


@dataclass
class Saved:
    """A response that is not JSON and was written to a file."""

    size: int
    """The bytes written; 0 if nothing was, because it is what If-None-Match named."""
    type: str
    """The media type."""
    status: int
    """200, 206 for a range, 304 if it is what If-None-Match named."""
    headers: httpx.Headers


@dataclass
class Call:
    method: str
    template: str
    path: Mapping[str, str | int] = field(default_factory=dict)
    query: Mapping[str, str | int | date | list[Any] | None] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: pydantic.BaseModel | Mapping[str, object] | None = None
    form: Mapping[str, str | File | None] | None = None
    authorized: bool = False
    keyed: bool = False

    def request(self, client: httpx.Client | httpx.AsyncClient, options: CallOptions | KeyedCallOptions, accept: str | None = None) -> httpx.Request:
        headers = {name: value for name, value in self.headers.items() if value is not None}
        headers["Accept"] = accept or "application/json, */*;q=0.5"
        if self.keyed:
            headers["Idempotency-Key"] = cast("KeyedCallOptions", options).get("idempotency_key") or secrets.token_hex(16)
        content: bytes | None = None
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            if isinstance(self.body, pydantic.BaseModel):
                content = self.body.model_dump_json(by_alias=True, exclude_none=True).encode()
            else:
                content = json.dumps(self.body).encode()
        data: dict[str, str] = {}
        files: dict[str, tuple[str, bytes | IO[bytes]]] = {}
        for name, value in (self.form or {}).items():
            if isinstance(value, tuple):
                # What can be read only once is read now, so that it can be sent again.
                files[name] = (value[0], value[1] if isinstance(value[1], bytes) or value[1].seekable() else value[1].read())
            elif value is not None:
                data[name] = value
        headers.update(options.get("headers", {}))
        for name, segment in self.path.items():
            # Servers and httpx shorten "." and "..": such an id would call another operation.
            if str(segment) in ("", ".", ".."):
                raise ValueError(f"{name} cannot be {str(segment)!r}.")
        return client.build_request(
            self.method,
            self.template.format(**{name: quote(str(value), safe="") for name, value in self.path.items()}),
            params={name: _text(value) for name, value in self.query.items() if value is not None},
            headers=headers,
            content=content,
            data=data or None,
            files=files or None,
            timeout=options.get("timeout", client.timeout),
        )


@contextmanager
def opened(target: Target) -> Iterator[IO[bytes]]:
    """Opens a target. A path gets its file when all of it was written."""
    if not isinstance(target, (str, os.PathLike)):
        yield target
        return
    path = os.fspath(target)
    descriptor, part = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".counsel-")
    try:
        with open(descriptor, "wb") as file:
            yield file
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def saved(response: httpx.Response, size: int) -> Saved:
    return Saved(size, _media_type(response), response.status_code, response.headers)


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0]


def _text(value: str | int | date | list[Any]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


def read(response: httpx.Response, limit: int | None = MAX_RESPONSE) -> bytes:
    """The body of a response."""
    body = bytearray()
    try:
        for piece in response.iter_bytes():
            body += piece
            if limit is not None and len(body) > limit:
                raise too_large(response)
    except httpx.RequestError as error:
        raise of_transport(error) from error
    return bytes(body)


async def aread(response: httpx.Response, limit: int | None = MAX_RESPONSE) -> bytes:
    """The body of a response."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if limit is not None and len(body) > limit:
                raise too_large(response)
    except httpx.RequestError as error:
        raise of_transport(error) from error
    return bytes(body)


def limit_of(decoder: type[Any] | Mapping[int, Any] | None) -> int | None:
    """How much of a response is read: all of a file."""
    return None if decoder is Content else MAX_RESPONSE


def decode(response: httpx.Response, body: bytes, decoder: type[Any] | Mapping[int, Any] | None) -> Any:
    """What a successful response contains."""
    kind = decoder.get(response.status_code) if isinstance(decoder, Mapping) else decoder
    if kind is None:
        return None
    media = _media_type(response)
    if kind is Content:
        return Content(body, media, response.status_code, response.headers)
    if media != "application/json":
        raise unexpected(response)
    try:
        return pydantic.TypeAdapter(kind).validate_json(body)
    except pydantic.ValidationError as error:
        raise unexpected(response) from error


def retry_wait(request: httpx.Request, response: httpx.Response | None, attempt: int, retries: int) -> float | None:
    """How many seconds to wait before the request is sent again; None if its outcome is final.

    Requests that are safe to repeat are GETs and those with an Idempotency-Key.
    """
    keyed = "Idempotency-Key" in request.headers
    if attempt >= retries or not (keyed or request.method == "GET"):
        return None
    wait: float = 0.5 * 2**attempt * random.uniform(0.75, 1.25)
    if response is None:
        return wait
    after = retry_after_of(response)
    # 409 with Retry-After: an earlier attempt is still being processed.
    passing = response.status_code in (429, 502, 503) or (response.status_code == 409 and keyed and after is not None)
    if not passing or (after or 0) > MAX_RETRY_AFTER:
        return None
    return wait if after is None else after
