"""The clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import httpx
import httpx_sse
import pydantic
from typing_extensions import Unpack

from .call import Call, CallOptions, KeyedCallOptions
from .errors import CounselError, UnauthenticatedError, incomplete_stream, of_problem, of_transport, unexpected
from .models import ChatEvent, ChatRequest, Job, JobEvent, LoginRequest
from .operations import AsyncOperations, Operations

M = TypeVar("M", bound=pydantic.BaseModel)

_EVENTS = "text/event-stream"
_MAX_FAILURES = 5


def _chat(body: ChatRequest) -> Call:
    return Call("POST", "/api/ai/chat", body=body, authorized=True, keyed=True)


def _job(job_id: str) -> Call:
    return Call("GET", "/api/jobs/{jobId}", path={"jobId": job_id}, authorized=True)


def _check_event(event: ChatEvent | JobEvent) -> None:
    if event.type == "error":
        raise of_problem(event.problem) if event.problem else incomplete_stream()


def _is_final(error: CounselError) -> bool:
    return 400 <= error.status < 500 and error.status != 429


class Counsel(Operations):
    """A client of one service, as one caller: with `api_key`, or after `login`. It can be used by several threads.

    Each operation of the contract is a method. A failed call raises a CounselError. GETs, and POSTs that take an
    Idempotency-Key, are sent again after a network fault, 429, 502 or 503, `retries` times at most. `timeout` limits how
    long an attempt may wait for data, in seconds.
    """

    def login(self, email: str, password: str) -> None:
        """Signs in. The access token is then refreshed when it has expired."""
        self.tokens = self.login_user(LoginRequest(email=email, password=password))

    def logout(self) -> None:
        """Signs out. The tokens are removed even if the service cannot be reached."""
        try:
            if self.tokens:
                self.logout_user()
        except UnauthenticatedError:
            pass  # it had ended before
        finally:
            self.tokens = None

    def stream_chat(self, body: ChatRequest, **options: Unpack[KeyedCallOptions]) -> Iterator[ChatEvent]:
        """Asks a question and yields the answer while it is produced: pieces (`delta`), then the whole answer (`done`).

        Raises a CounselError if the answer fails later, with the code `incomplete_stream` if the connection ends before.
        Once the stream has begun, the question is not repeated.
        """
        for event in self._events(_chat(body), ChatEvent, options):
            yield event
            if event.type == "done":
                return
        raise incomplete_stream()

    def wait_for_job(self, job_id: str, on_progress: Callable[[Job], object] | None = None, **options: Unpack[CallOptions]) -> Job:
        """Waits for a job to end and returns it. `on_progress` is called with each change."""
        failures = 0
        while True:
            try:
                for event in self._events(_job(job_id), JobEvent, options):
                    if event.job is None:
                        continue
                    if event.type == "done":
                        return event.job
                    failures = 0
                    if on_progress:
                        on_progress(event.job)
                raise incomplete_stream()
            except CounselError as error:
                failures += 1
                if _is_final(error) or failures == _MAX_FAILURES:
                    raise
            time.sleep(failures)

    def _events(self, call: Call, kind: type[M], options: CallOptions) -> Iterator[M]:
        with self.stream(call, options, _EVENTS) as response:
            try:
                if not response.headers.get("Content-Type", "").startswith(_EVENTS):
                    raise unexpected(response)
                for sent in httpx_sse.EventSource(response).iter_sse():
                    event = kind.model_validate_json(sent.data)
                    if isinstance(event, (ChatEvent, JobEvent)):
                        _check_event(event)
                    yield event
            except pydantic.ValidationError as error:
                raise unexpected(response) from error
            except httpx.RequestError as error:
                raise of_transport(error) from error


class AsyncCounsel(AsyncOperations):
    """Counsel for asyncio: the same methods, awaited."""

    async def login(self, email: str, password: str) -> None:
        """Signs in. The access token is then refreshed when it has expired."""
        self.tokens = await self.login_user(LoginRequest(email=email, password=password))

    async def logout(self) -> None:
        """Signs out. The tokens are removed even if the service cannot be reached."""
        try:
            if self.tokens:
                await self.logout_user()
        except UnauthenticatedError:
            pass  # it had ended before
        finally:
            self.tokens = None

    async def stream_chat(self, body: ChatRequest, **options: Unpack[KeyedCallOptions]) -> AsyncIterator[ChatEvent]:
        """Asks a question and yields the answer while it is produced: see Counsel.stream_chat."""
        async for event in self._events(_chat(body), ChatEvent, options):
            yield event
            if event.type == "done":
                return
        raise incomplete_stream()

    async def wait_for_job(self, job_id: str, on_progress: Callable[[Job], object] | None = None, **options: Unpack[CallOptions]) -> Job:
        """Waits for a job to end and returns it. `on_progress` is called with each change."""
        failures = 0
        while True:
            try:
                async for event in self._events(_job(job_id), JobEvent, options):
                    if event.job is None:
                        continue
                    if event.type == "done":
                        return event.job
                    failures = 0
                    if on_progress:
                        on_progress(event.job)
                raise incomplete_stream()
            except CounselError as error:
                failures += 1
                if _is_final(error) or failures == _MAX_FAILURES:
                    raise
            await asyncio.sleep(failures)

    async def _events(self, call: Call, kind: type[M], options: CallOptions) -> AsyncIterator[M]:
        async with self.stream(call, options, _EVENTS) as response:
            try:
                if not response.headers.get("Content-Type", "").startswith(_EVENTS):
                    raise unexpected(response)
                async for sent in httpx_sse.EventSource(response).aiter_sse():
                    event = kind.model_validate_json(sent.data)
                    if isinstance(event, (ChatEvent, JobEvent)):
                        _check_event(event)
                    yield event
            except pydantic.ValidationError as error:
                raise unexpected(response) from error
            except httpx.RequestError as error:
                raise of_transport(error) from error
