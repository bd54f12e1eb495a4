"""The errors of calls."""

from __future__ import annotations

import email.utils
import time
from typing import TYPE_CHECKING

import httpx
import pydantic

from .models import FieldError, Problem

if TYPE_CHECKING:
    from .operations import ProblemCode


class CounselError(Exception):
    """A failed call, with the fields of its problem document (RFC 9457).

    `code` is stable and meant for programs: a `ProblemCode`, one of a later version, or that of a failure without a problem
    document: `unknown` (a response that is not one of the service, such as a proxy's error page), `incomplete_stream`,
    `connection_failed`, `timed_out`. The subclasses are the kinds of failures that a program treats alike.
    """

    def __init__(
        self,
        title: str,
        *,
        status: int,
        code: ProblemCode | str,
        detail: str | None = None,
        request_id: str = "",
        errors: list[FieldError] | None = None,
        retry_after: float | None = None,
        type: str = "about:blank",
    ) -> None:
        fields = "".join(f" {each.pointer}: {each.detail}" for each in errors or [])
        request = f", request {request_id}" if request_id else ""
        super().__init__(f"{detail or title}{fields} ({code}{request})")
        self.type = type
        """Leads to the explanation of the code; relative to the service if that has no public address."""
        self.title = title
        self.status = status
        """The HTTP status; in a stream, the one that the same failure would have had; 0 without a response."""
        self.code: ProblemCode | str = code
        self.detail = detail
        self.request_id = request_id
        """Identifies the request in the service's logs."""
        self.errors = errors or []
        """The invalid fields, each by its JSON Pointer into the body."""
        self.retry_after = retry_after
        """Seconds to wait before a retry, if the service sent Retry-After."""


class InvalidRequestError(CounselError):
    """The request is wrong (400, 413, 422): `errors` names the fields. Sending it again fails again."""


class UnauthenticatedError(CounselError):
    """The caller is not signed in, or no longer, or the key is not valid (401)."""


class ForbiddenError(CounselError):
    """The caller may not do this (403)."""


class NotFoundError(CounselError):
    """It does not exist, or not for the caller (404)."""


class ConflictError(CounselError):
    """The state of the resource does not allow this, or it was changed meanwhile (409)."""


class RateLimitedError(CounselError):
    """Too many requests, or a budget is spent (429): wait `retry_after` seconds."""


class UnavailableError(CounselError):
    """The service, or one it needs, is not available (502, 503, 504): try again later."""


class ConnectionFailedError(CounselError):
    """No response: the network failed. Whether the request was processed is unknown."""


class TimedOutError(ConnectionFailedError):
    """No response in time."""


_KINDS: dict[int, type[CounselError]] = {
    400: InvalidRequestError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidRequestError,
    422: InvalidRequestError,
    429: RateLimitedError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def of_problem(problem: Problem, status: int | None = None, retry_after: float | None = None) -> CounselError:
    kind = _KINDS.get(status or problem.status, CounselError)
    return kind(
        problem.title,
        status=status or problem.status,
        code=problem.code,
        detail=problem.detail,
        request_id=problem.request_id,
        errors=problem.errors,
        retry_after=retry_after,
        type=problem.type,
    )


def of_response(response: httpx.Response, body: bytes) -> CounselError:
    """The error of a failed response, whatever it contains."""
    if response.headers.get("Content-Type", "").partition(";")[0] == "application/problem+json":
        try:
            return of_problem(Problem.model_validate_json(body), response.status_code, retry_after_of(response))
        except pydantic.ValidationError:
            pass
    return unexpected(response)


def unexpected(response: httpx.Response) -> CounselError:
    """The error of a response that the service did not write."""
    status = response.status_code if response.status_code >= 400 else 502
    return _KINDS.get(status, CounselError)(
        "Unexpected response",
        status=status,
        code="unknown",
        detail=f"The response is not one of the service: {response.status_code} {response.reason_phrase}.",
        request_id=response.headers.get("X-Request-Id", ""),
        retry_after=retry_after_of(response),
    )


def too_large(response: httpx.Response) -> CounselError:
    """The error of a response that is too large to be read."""
    error = unexpected(response)
    return type(error)("Response too large", status=error.status, code=error.code, request_id=error.request_id)


def of_transport(error: httpx.RequestError) -> CounselError:
    """The error of a request without a response, or without all of it."""
    if isinstance(error, httpx.TimeoutException):
        return TimedOutError("Timed out", status=0, code="timed_out")
    return ConnectionFailedError("Connection failed", status=0, code="connection_failed", detail=f"The connection failed: {error}.")


def incomplete_stream() -> CounselError:
    return UnavailableError("Incomplete stream", status=502, code="incomplete_stream", detail="The connection ended before the last event.")


def same_page() -> CounselError:
    return UnavailableError("Same page again", status=502, code="unknown", detail="The service sent the cursor of the same page again.")


def retry_after_of(response: httpx.Response) -> float | None:
    """The seconds of Retry-After: a number or, as from proxies, a date."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
