"""The client against scripted responses."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import http.server
import inspect
import json
import os
import re
import tempfile
import threading
import time
import tracemalloc
import unittest
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pydantic

from counsel import (
    AsyncCounsel,
    ConflictError,
    ConnectionFailedError,
    Counsel,
    CounselError,
    InvalidRequestError,
    TimedOutError,
    UnauthenticatedError,
    UnavailableError,
    WebhookError,
    models,
    operations,
    verify_webhook,
)

USER = {
    "id": "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e",
    "email": "ada@example.com",
    "emailVerified": True,
    "fullName": "Ada",
    "role": "client",
    "disabled": False,
    "createdAt": "2026-11-25T09:00:00Z",
    "addedLater": 1,
}
TOKENS = {"accessToken": "new", "tokenType": "Bearer", "expiresIn": 900, "refreshToken": "r2"}
ANSWER = {
    "answer": "Two years.",
    "references": [],
    "citations": [],
    "clarifications": [],
    "model": "m",
    "tokensUsed": 1,
    "cached": False,
    "consultationId": "c",
}
STORED = {
    "id": "d",
    "userId": "u",
    "name": "a.pdf",
    "contentType": "application/pdf",
    "kind": "uploaded",
    "size": 1,
    "checksum": "sha256:0",
    "textState": "pending",
    "createdAt": "2026-11-25T09:00:00Z",
    "fileUrl": "/f",
    "fileUrlExpiresAt": "2026-11-25T09:00:00Z",
}
CHAT = models.ChatRequest(user_id="u", message="Why?")
OLD = models.Tokens(access_token="old", token_type="Bearer", expires_in=1, refresh_token="r1")

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, *, api_key: str | None = None, tokens: models.Tokens | None = None, retries: int = 2) -> Counsel:
    http_client = httpx.Client(transport=httpx.MockTransport(handler))
    return Counsel("https://counsel.example/", http_client=http_client, api_key=api_key, tokens=tokens, retries=retries)


def problem(code: str, status: int, **headers: str) -> httpx.Response:
    body = {"type": "/docs/errors#x", "title": "T", "status": status, "code": code, "requestId": "r1", "errors": [{"pointer": "/x", "detail": "is wrong"}]}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **headers})


def stream(*events: object, end: str = "\n\n") -> httpx.Response:
    return httpx.Response(200, text="\n\n".join(f"data: {json.dumps(each)}" for each in events) + end, headers={"Content-Type": "text/event-stream"})


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives."""

    def __init__(self, content: bytes | Iterator[bytes]) -> None:
        self.content = iter([content]) if isinstance(content, bytes) else content

    def __iter__(self) -> Iterator[bytes]:
        return self.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.content:
            yield piece


class Calls(unittest.TestCase):
    def test_what_is_safe_to_repeat_is_retried(self) -> None:
        after = {"Retry-After": "0"}
        cases: dict[str, tuple[Callable[[Counsel], object], httpx.Response | Exception, int]] = {
            "a GET after 503": (lambda c: c.get_current_user(), problem("unavailable", 503, **after), 2),
            "a GET after 500": (lambda c: c.get_current_user(), problem("internal", 500, **after), 1),
            "a GET after a fault": (lambda c: c.get_current_user(), httpx.ConnectError("refused"), 2),
            "a long Retry-After": (lambda c: c.get_current_user(), problem("unavailable", 503, **{"Retry-After": "31"}), 1),
            "a POST with a key": (lambda c: c.send_chat(CHAT), problem("upstream", 502, **after), 2),
            "an attempt in progress": (lambda c: c.send_chat(CHAT), problem("idempotency_in_progress", 409, **after), 2),
            "a conflict": (lambda c: c.send_chat(CHAT), problem("conflict", 409), 1),
            "a POST without a key": (lambda c: c.mask_text(models.MaskRequest(text="Why?")), problem("unavailable", 503, **after), 1),
            "a DELETE": (lambda c: c.delete_case("x"), problem("unavailable", 503, **after), 1),
        }
        for name, (call, first, attempts) in cases.items():
            with self.subTest(name):
                requests: list[httpx.Request] = []

                def handle(request: httpx.Request, requests: list[httpx.Request] = requests, first: httpx.Response | Exception = first) -> httpx.Response:
                    requests.append(request)
                    if len(requests) > 1:
                        return httpx.Response(200, json=USER if request.method == "GET" else ANSWER)
                    if isinstance(first, Exception):
                        raise first
                    return first

                if attempts == 1:
                    with self.assertRaises(CounselError):
                        call(client(handle))
                else:
                    call(client(handle))
                self.assertEqual(len(requests), attempts)
                self.assertEqual(len({(each.headers.get("Idempotency-Key"), each.content) for each in requests}), 1)

    def test_the_callers_key_and_path_are_sent(self) -> None:
        requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(204) if request.method == "DELETE" else httpx.Response(200, json=ANSWER)

        counsel = client(handle, api_key="secret")
        counsel.delete_case("a/b")
        counsel.send_chat(CHAT, idempotency_key="mine", headers={"X-Request-Id": "r"})
        self.assertEqual(requests[0].url.raw_path, b"/api/cases/a%2Fb")
        self.assertEqual(requests[0].headers["Authorization"], "Bearer secret")
        self.assertEqual((requests[1].headers["Idempotency-Key"], requests[1].headers["X-Request-Id"]), ("mine", "r"))
        self.assertEqual(json.loads(requests[1].content), {"userId": "u", "message": "Why?"})

    def test_what_the_service_did_not_write_is_an_error(self) -> None:
        for status in (200, 404, 502):
            with self.assertRaises(CounselError) as raised:
                client(lambda _, status=status: httpx.Response(status, html="<h1>Sign in</h1>"), retries=0).get_current_user()  # type: ignore[misc]
            self.assertEqual(raised.exception.code, "unknown")
        with self.assertRaises(UnavailableError):
            client(lambda _: httpx.Response(200, json={"role": "client"})).get_current_user()

    def test_a_key_from_a_file_works_and_never_appears_in_an_error(self) -> None:
        def handle(request: httpx.Request) -> httpx.Response:
            self.assertEqual(request.headers["Authorization"], "Bearer secret")
            return httpx.Response(200, json=USER)

        client(handle, api_key="secret\n").get_current_user()
        for key in ("sec\nret", "secr\u00e9t"):
            with self.assertRaises(ValueError) as raised:
                client(handle, api_key=key)
            self.assertNotIn("sec", str(raised.exception))

    def test_redirects_are_not_followed(self) -> None:
        requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(307, headers={"Location": "https://other.example/"})

        counsel = client(handle, api_key="secret")
        with self.assertRaises(UnavailableError):
            counsel.get_current_user()
        with self.assertRaises(UnavailableError):
            counsel.send_chat(CHAT)
        self.assertEqual({request.url.host for request in requests}, {"counsel.example"})
        self.assertEqual(len(requests), 2)

    def test_path_parameters_cannot_change_the_operation(self) -> None:
        for value in ("", ".", ".."):
            with self.assertRaises(ValueError):
                client(lambda request: self.fail(str(request.url))).replay_webhook_delivery("w", value)

    def test_a_body_that_cannot_be_read_is_an_error(self) -> None:
        def cut() -> Iterator[bytes]:
            yield b"{"
            raise httpx.ReadError("reset")

        large = gzip.compress(b" " * (65 << 20))
        json_type = {"Content-Type": "application/json"}
        cases: tuple[tuple[str, Callable[[], httpx.Response], type[CounselError]], ...] = (
            ("not gzip", lambda: httpx.Response(200, headers={**json_type, "Content-Encoding": "gzip"}, stream=Pieces(b"{}")), ConnectionFailedError),
            ("a bomb", lambda: httpx.Response(200, headers={**json_type, "Content-Encoding": "gzip"}, stream=Pieces(large)), UnavailableError),
            ("a large error", lambda: httpx.Response(503, headers={"Content-Encoding": "gzip"}, stream=Pieces(large)), UnavailableError),
            ("a cut error", lambda: httpx.Response(503, headers=json_type, stream=Pieces(cut())), ConnectionFailedError),
        )
        for name, response, kind in cases:
            with self.subTest(name):

                def handle(_: httpx.Request, response: Callable[[], httpx.Response] = response) -> httpx.Response:
                    return response()

                with self.assertRaises(kind):
                    client(handle, retries=0).get_current_user()

                async def awaited(handle: Handler = handle) -> None:
                    transport = httpx.MockTransport(handle)
                    async with AsyncCounsel("https://counsel.example", http_client=httpx.AsyncClient(transport=transport), retries=0) as counsel:
                        await counsel.get_current_user()

                with self.assertRaises(kind):
                    asyncio.run(awaited())

    def test_problems_have_kinds_and_fields(self) -> None:
        with self.assertRaises(InvalidRequestError) as raised:
            client(lambda _: problem("invalid", 422)).send_chat(CHAT)
        self.assertEqual(str(raised.exception), "T /x: is wrong (invalid, request r1)")
        self.assertEqual(raised.exception.type, "/docs/errors#x")
        with self.assertRaises(ConflictError):
            client(lambda _: problem("conflict", 409)).send_chat(CHAT)

        def fail(error: Exception) -> Handler:
            def handle(_: httpx.Request) -> httpx.Response:
                raise error

            return handle

        with self.assertRaises(ConnectionFailedError):
            client(fail(httpx.ConnectError("refused")), retries=0).get_current_user()
        with self.assertRaises(TimedOutError):
            client(fail(httpx.ReadTimeout("late")), retries=0).get_current_user()

    def test_expired_tokens_are_refreshed_once(self) -> None:
        refreshes: list[object] = []

        def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/api/auth/refresh":
                refreshes.append(json.loads(request.content))
                return httpx.Response(200, json=TOKENS)
            return httpx.Response(200, json=USER) if request.headers["Authorization"] == "Bearer new" else problem("unauthenticated", 401)

        counsel = client(handle, tokens=OLD)
        threads = [threading.Thread(target=counsel.get_current_user) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(refreshes, [{"refreshToken": "r1"}])
        assert counsel.tokens
        self.assertEqual(counsel.tokens.access_token, "new")

        async def tasks() -> None:
            async with AsyncCounsel("https://counsel.example", http_client=httpx.AsyncClient(transport=httpx.MockTransport(handle)), tokens=OLD) as several:
                await asyncio.gather(*(several.get_current_user() for _ in range(8)))

        asyncio.run(tasks())
        self.assertEqual(len(refreshes), 2)

    def test_an_ended_session_has_no_tokens(self) -> None:
        counsel = client(lambda _: problem("unauthenticated", 401), tokens=OLD)
        with self.assertRaises(UnauthenticatedError):
            counsel.get_current_user()
        self.assertIsNone(counsel.tokens)

    def test_pages(self) -> None:
        item = {"id": "1", "name": "n", "createdAt": "2026-11-25T09:00:00Z"}

        def handle(request: httpx.Request) -> httpx.Response:
            self.assertEqual(request.url.params["limit"], "1")
            page = {"items": [{**item, "id": request.url.params.get("cursor", "first"), "reason": "manual", "address": "a@example.com"}]}
            return httpx.Response(200, json=page if "cursor" in request.url.params else {**page, "nextCursor": "a b&c"})

        found = [each.id for each in client(handle).list_suppressions_all(limit=1)]
        self.assertEqual(found, ["first", "a b&c"])

    def test_a_list_without_an_end_is_an_error(self) -> None:
        with self.assertRaises(UnavailableError):
            list(client(lambda _: httpx.Response(200, json={"items": [], "nextCursor": "same"})).list_cases_all())

    def test_forms(self) -> None:
        requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return problem("unavailable", 503, **{"Retry-After": "0"})

        with self.assertRaises(UnavailableError):
            client(handle).upload_document(("Vertrag für Ada.pdf", b"%PDF"), case_id="c")
        self.assertEqual(len({each.content for each in requests}), 1)
        self.assertEqual(len(requests), 3)
        form = requests[0].content.decode()
        self.assertLess(form.index('name="caseId"'), form.index('name="file"; filename="Vertrag für Ada.pdf"'))


class Later(unittest.TestCase):
    """What a later version of the service may answer."""

    def test_values_and_fields_that_are_not_known_yet(self) -> None:
        self.assertEqual(client(lambda _: httpx.Response(200, json={**USER, "role": "paralegal"})).get_current_user().role, "paralegal")
        document = {"kind": "document", "documentId": "d", "name": "n", "page": 1, "quote": "q", "start": 0, "end": 1}
        known = {"kind": "consultation", "consultationId": "c", "createdAt": "2026-11-25T09:00:00Z"}
        answer = {**ANSWER, "references": [{"kind": "statute_book", "section": "§ 1"}], "citations": [], "clarifications": [], "addedLater": {}}
        (reference,) = client(lambda _: httpx.Response(200, json=answer)).send_chat(CHAT).references
        self.assertEqual((reference.kind, type(reference)), ("statute_book", models.Unknown))
        self.assertEqual(models.Unknown.model_validate(document).kind, "document")
        self.assertEqual(models.Unknown.model_validate(known).kind, "consultation")

    def test_every_model_of_a_response_is_open(self) -> None:
        closed = []
        for name, model in vars(models).items():
            if not (isinstance(model, type) and issubclass(model, pydantic.BaseModel)) or issubclass(model, pydantic.RootModel):
                continue
            if model.model_config.get("extra") == "forbid":
                closed.append(name)
        answered = {each for each in re.findall(r"models\.(\w+)", inspect.getsource(operations)) if each.endswith(("Response", "List"))}
        self.assertEqual(sorted(answered & set(closed)), [])
        self.assertIn("ChatRequest", closed)  # a mistake in a request is found before it is sent

    def test_events(self) -> None:
        later, done = {"type": "thinking", "text": "…"}, {"type": "done", "response": ANSWER}
        events = list(client(lambda _: stream(later, done)).stream_chat(CHAT))
        self.assertEqual([event.type for event in events], ["thinking", "done"])

    def test_an_event_that_is_not_json_is_an_error(self) -> None:
        with self.assertRaises(UnavailableError):
            list(client(lambda _: stream(end="data: {\n\n")).stream_chat(CHAT))


class Files(unittest.TestCase):
    SIZE = 48 << 20
    LIMIT = 8 << 20  # of memory, at any time

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.uploads: list[tuple[int, str]] = []
        self.cut = False
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
                test.uploads.append((left, ""))
                while left:
                    piece = self.rfile.read(min(left, 1 << 16))
                    left -= len(piece)
                    digest.update(piece.replace(self.headers["Content-Type"].partition("boundary=")[2].encode(), b""))
                test.uploads[-1] = (test.uploads[-1][0], digest.hexdigest())
                body = json.dumps(problem("unavailable", 503).json() if len(test.uploads) == 1 else STORED).encode()
                self.send_response(503 if len(test.uploads) == 1 else 201)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Type", "application/problem+json" if len(test.uploads) == 1 else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/pdf")
                self.send_header("Content-Length", str(test.SIZE))
                self.end_headers()
                for _ in range(test.SIZE // (1 << 20) // (2 if test.cut else 1)):
                    self.wfile.write(b"x" * (1 << 20))
                self.close_connection = test.cut

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def bounded(self, action: Callable[[], object]) -> None:
        tracemalloc.start()
        try:
            action()
            self.assertLess(tracemalloc.get_traced_memory()[1], self.LIMIT)
        finally:
            tracemalloc.stop()

    def test_a_download_is_not_held_in_memory(self) -> None:
        path = os.path.join(self.folder.name, "a.pdf")
        with Counsel(self.url, api_key="k") as counsel:
            self.bounded(lambda: counsel.get_document_content_to(path, "d"))
            self.assertEqual(os.listdir(self.folder.name), ["a.pdf"])
            self.assertEqual(os.path.getsize(path), self.SIZE)
            with open(path, "wb") as target:
                found = counsel.get_document_content_to(target, "d")
            self.assertEqual((found.size, found.type, found.status, os.path.getsize(path)), (self.SIZE, "application/pdf", 200, self.SIZE))

        async def asynchronous() -> None:
            async with AsyncCounsel(self.url, api_key="k") as counsel:
                await counsel.get_document_content_to(os.path.join(self.folder.name, "b.pdf"), "d")

        self.bounded(lambda: asyncio.run(asynchronous()))
        self.assertEqual(os.path.getsize(os.path.join(self.folder.name, "b.pdf")), self.SIZE)

    def test_a_download_that_breaks_leaves_nothing(self) -> None:
        self.cut = True
        with Counsel(self.url, api_key="k") as counsel, self.assertRaises(ConnectionFailedError):
            counsel.get_document_content_to(os.path.join(self.folder.name, "a.pdf"), "d")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_what_has_not_changed_is_not_written(self) -> None:
        path = os.path.join(self.folder.name, "a.pdf")
        found = client(lambda _: httpx.Response(304)).get_document_content_to(path, "d", if_none_match="x")
        self.assertEqual((found.size, found.status, os.path.exists(path)), (0, 304, False))

    def test_an_upload_is_not_held_in_memory_and_sent_whole_again(self) -> None:
        path = os.path.join(self.folder.name, "a.pdf")
        with open(path, "wb") as new:
            new.write(b"%PDF-1.7")
            new.truncate(self.SIZE)
        with Counsel(self.url, api_key="k") as counsel, open(path, "rb") as file:
            self.bounded(lambda: counsel.upload_document(("a.pdf", file)))
        self.assertEqual(len(self.uploads), 2)
        self.assertGreater(self.uploads[0][0], self.SIZE)
        self.assertEqual(self.uploads[0], self.uploads[1])

        async def asynchronous() -> None:
            async with AsyncCounsel(self.url, api_key="k") as counsel:
                await counsel.upload_document(("a.pdf", file))

        with open(path, "rb") as file:
            self.bounded(lambda: asyncio.run(asynchronous()))
        self.assertEqual(self.uploads[2][0], self.uploads[0][0])

    def test_a_pipe_can_be_sent_again(self) -> None:
        reader, writer = os.pipe()
        os.write(writer, b"%PDF")
        os.close(writer)
        with Counsel(self.url, api_key="k") as counsel, open(reader, "rb") as file:
            counsel.upload_document(("a.pdf", file))
        self.assertEqual(len(self.uploads), 2)
        self.assertEqual(self.uploads[0], self.uploads[1])


class Streams(unittest.TestCase):
    def test_chat(self) -> None:
        delta, done = {"type": "delta", "text": "Two years."}, {"type": "done", "response": ANSWER}
        events = list(client(lambda _: stream(delta, done)).stream_chat(CHAT))
        self.assertEqual([event.type for event in events], ["delta", "done"])
        broken: dict[str, Handler] = {
            "incomplete_stream": lambda _: stream(delta, done, end="\n"),
            "unknown": lambda _: httpx.Response(200, json=ANSWER),
            "ai_unavailable": lambda _: stream({"type": "error", "problem": problem("ai_unavailable", 503).json()}),
        }
        for code, handle in broken.items():
            with self.assertRaises(UnavailableError) as raised:
                list(client(handle).stream_chat(CHAT))
            self.assertEqual(raised.exception.code, code)

            async def asynchronous(handle: Handler = handle) -> None:
                async with AsyncCounsel("https://x", http_client=httpx.AsyncClient(transport=httpx.MockTransport(handle))) as counsel:
                    async for _ in counsel.stream_chat(CHAT):
                        pass

            with self.assertRaises(UnavailableError) as raised:
                asyncio.run(asynchronous())
            self.assertEqual(raised.exception.code, code)


class Webhooks(unittest.TestCase):
    def test_signatures(self) -> None:
        key = b"a secret of thirty-two bytes ...."
        secret = "whsec_" + base64.b64encode(key).decode()
        body = b'{"type":"signature.completed","timestamp":"2026-11-25T09:00:00Z","data":{"trackingId":"t"}}'

        def sign(at: float) -> dict[str, str]:
            stamp = str(int(at))
            signature = base64.b64encode(hmac.digest(key, f"e1.{stamp}.".encode() + body, hashlib.sha256)).decode()
            return {"Webhook-Id": "e1", "Webhook-Timestamp": stamp, "Webhook-Signature": f"v1,AAAA v1,{signature}"}

        event = verify_webhook(sign(time.time()), body, ["whsec_AAAA", secret])
        self.assertEqual((event.type, event.data.tracking_id), ("signature.completed", "t"))
        for headers, received, used in (
            (sign(time.time()), body, "whsec_AAAA"),
            (sign(time.time()), body, "?"),
            (sign(time.time()), body + b" ", secret),
            (sign(time.time() - 301), body, secret),
            ({}, body, secret),
            ({**sign(time.time()), "Webhook-Id": "e\udc80"}, body, secret),
            ({**sign(time.time()), "Webhook-Signature": "v1,\udc80"}, body, secret),
            ({**sign(time.time()), "Webhook-Timestamp": "\u00b2"}, body, secret),
            (sign(time.time()), body, "whsec_\u00e9"),
            (sign(time.time()), body, ""),
        ):
            with self.assertRaises(WebhookError):
                verify_webhook(headers, received, used)


if __name__ == "__main__":
    unittest.main()
