"""What sends calls: with a key or the tokens of a session, and again if that is safe."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, TypeVar, overload

import httpx
from typing_extensions import Self

from .call import Call, CallOptions, Saved, Target, aread, decode, limit_of, opened, read, retry_wait, saved
from .errors import UnauthenticatedError, of_response, of_transport
from .models import RefreshRequest, Tokens

T = TypeVar("T")

_PIECE = 1 << 16


class _Credentials:
    """A key, or the tokens of a session."""

    def __init__(self, api_key: str | None, tokens: Tokens | None) -> None:
        self.api_key = api_key.strip() if api_key else None  # files end with a newline
        if self.api_key and not (self.api_key.isascii() and self.api_key.isprintable()):
            # httpx would put the key into the message of its error.
            raise ValueError("The API key has characters that no key has.")
        self.tokens = tokens
        """The tokens of the session; None when signed out."""

    def authorize(self, request: httpx.Request) -> str | None:
        """Adds the credentials to a request and returns the access token, if that is what was added."""
        if "Authorization" in request.headers:
            return None
        token = self.api_key or (self.tokens.access_token if self.tokens else None)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return None if self.api_key else token

    def refresh_call(self, expired: str) -> Call | None:
        """The call that replaces the expired token; None if another call has replaced it, or if there is none."""
        if self.tokens is None or self.tokens.access_token != expired:
            return None
        return Call("POST", "/api/auth/refresh", body=RefreshRequest(refresh_token=self.tokens.refresh_token))


class Session(_Credentials):
    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        tokens: Tokens | None = None,
        retries: int = 2,
        timeout: float = 120,
        http_client: httpx.Client | None = None,
    ) -> None:
        super().__init__(api_key, tokens)
        self.http_client = http_client or httpx.Client(timeout=timeout)
        self.http_client.base_url = httpx.URL(base_url)
        self._retries = retries
        self._refreshing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self.http_client.close()

    @overload
    def call(self, call: Call, decoder: type[T], options: CallOptions) -> T: ...

    @overload
    def call(self, call: Call, decoder: Mapping[int, Any] | None, options: CallOptions) -> Any: ...

    def call(self, call: Call, decoder: type[T] | Mapping[int, Any] | None, options: CallOptions) -> Any:
        """Sends a call and returns its response, decoded by its type, by the type for its status, or not at all."""
        with self.stream(call, options) as response:
            return decode(response, read(response, limit_of(decoder)), decoder)

    def save(self, call: Call, target: Target, options: CallOptions) -> Saved:
        """Sends a call and writes its response to a file, as it arrives."""
        with self.stream(call, options) as response:
            if response.status_code == 304:
                return saved(response, 0)
            size = 0
            try:
                with opened(target) as file:
                    for piece in response.iter_bytes(_PIECE):
                        file.write(piece)
                        size += len(piece)
            except httpx.RequestError as error:
                raise of_transport(error) from error
            return saved(response, size)

    @contextmanager
    def stream(self, call: Call, options: CallOptions, accept: str | None = None) -> Iterator[httpx.Response]:
        """Sends a call; its body has not been read."""
        request = call.request(self.http_client, options, accept)
        token = self.authorize(request) if call.authorized else None
        response = self._send(request)
        if response.status_code == 401 and token and self._refresh(token):
            response.close()
            del request.headers["Authorization"]
            self.authorize(request)
            response = self._send(request)
        try:
            if response.status_code >= 300 and response.status_code != 304:
                raise of_response(response, read(response))
            yield response
        finally:
            response.close()

    def _refresh(self, expired: str) -> bool:
        """Replaces the expired token, once for all threads. False: the session has ended."""
        with self._refreshing:
            if call := self.refresh_call(expired):
                try:
                    self.tokens = self.call(call, Tokens, {})
                except UnauthenticatedError:
                    self.tokens = None
            return self.tokens is not None

    def _send(self, request: httpx.Request) -> httpx.Response:
        attempt = 0
        while True:
            failure: httpx.TransportError | None = None
            response: httpx.Response | None = None
            try:
                response = self.http_client.send(request, stream=True)
            except httpx.TransportError as error:
                failure = error
            wait = retry_wait(request, response, attempt, self._retries)
            if wait is None:
                if response is None:
                    assert failure is not None
                    raise of_transport(failure) from failure
                return response
            if response is not None:
                response.close()
            time.sleep(wait)
            attempt += 1


class AsyncSession(_Credentials):
    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        tokens: Tokens | None = None,
        retries: int = 2,
        timeout: float = 120,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(api_key, tokens)
        self.http_client = http_client or httpx.AsyncClient(timeout=timeout)
        self.http_client.base_url = httpx.URL(base_url)
        self._retries = retries
        self._refreshing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self.http_client.aclose()

    @overload
    async def call(self, call: Call, decoder: type[T], options: CallOptions) -> T: ...

    @overload
    async def call(self, call: Call, decoder: Mapping[int, Any] | None, options: CallOptions) -> Any: ...

    async def call(self, call: Call, decoder: type[T] | Mapping[int, Any] | None, options: CallOptions) -> Any:
        """Sends a call and returns its response, decoded by its type, by the type for its status, or not at all."""
        async with self.stream(call, options) as response:
            return decode(response, await aread(response, limit_of(decoder)), decoder)

    async def save(self, call: Call, target: Target, options: CallOptions) -> Saved:
        """Sends a call and writes its response to a file, as it arrives."""
        async with self.stream(call, options) as response:
            if response.status_code == 304:
                return saved(response, 0)
            size = 0
            try:
                with opened(target) as file:
                    async for piece in response.aiter_bytes(_PIECE):
                        await asyncio.to_thread(file.write, piece)
                        size += len(piece)
            except httpx.RequestError as error:
                raise of_transport(error) from error
            return saved(response, size)

    @asynccontextmanager
    async def stream(self, call: Call, options: CallOptions, accept: str | None = None) -> AsyncIterator[httpx.Response]:
        """Sends a call; its body has not been read."""
        request = call.request(self.http_client, options, accept)
        token = self.authorize(request) if call.authorized else None
        response = await self._send(request)
        if response.status_code == 401 and token and await self._refresh(token):
            await response.aclose()
            del request.headers["Authorization"]
            self.authorize(request)
            response = await self._send(request)
        try:
            if response.status_code >= 300 and response.status_code != 304:
                raise of_response(response, await aread(response))
            yield response
        finally:
            await response.aclose()

    async def _refresh(self, expired: str) -> bool:
        """Replaces the expired token, once for all tasks. False: the session has ended."""
        async with self._refreshing:
            if call := self.refresh_call(expired):
                try:
                    self.tokens = await self.call(call, Tokens, {})
                except UnauthenticatedError:
                    self.tokens = None
            return self.tokens is not None

    async def _send(self, request: httpx.Request) -> httpx.Response:
        attempt = 0
        while True:
            failure: httpx.TransportError | None = None
            response: httpx.Response | None = None
            try:
                response = await self.http_client.send(request, stream=True)
            except httpx.TransportError as error:
                failure = error
            wait = retry_wait(request, response, attempt, self._retries)
            if wait is None:
                if response is None:
                    assert failure is not None
                    raise of_transport(failure) from failure
                return response
            if response is not None:
                await response.aclose()
            await asyncio.sleep(wait)
            attempt += 1
