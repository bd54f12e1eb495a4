"""The client against scripted responses."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
import unittest
from collections.abc import Callable

import httpx

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
CHAT = models.ChatRequest(user_id="u", message="Why?")
OLD = models.Tokens(access_token="old", token_type="Bearer", expires_in=1, refresh_token="r1")

Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, *, api_key: str | None = None, tokens: models.Tokens | None = None, retries: int = 2) -> Counsel:
    http_client = httpx.Client(transport=httpx.MockTransport(handler))
    return Counsel("https://counsel.example/", http_client=http_client, api_key=api_key, tokens=tokens, retries=retries)


def problem(code: str, status: int, **headers: str) -> httpx.Response:
    body = {"type": "about:blank", "title": "T", "status": status, "code": code, "requestId": "r1", "errors": [{"pointer": "/x", "detail": "is wrong"}]}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **headers})


def stream(*events: object, end: str = "\n\n") -> httpx.Response:
    return httpx.Response(200, text="\n\n".join(f"data: {json.dumps(each)}" for each in events) + end, headers={"Content-Type": "text/event-stream"})


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

    def test_problems_have_kinds_and_fields(self) -> None:
        with self.assertRaises(InvalidRequestError) as raised:
            client(lambda _: problem("invalid", 422)).send_chat(CHAT)
        self.assertEqual(str(raised.exception), "T /x: is wrong (invalid, request r1)")
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
        ):
            with self.assertRaises(WebhookError):
                verify_webhook(headers, received, used)


if __name__ == "__main__":
    unittest.main()
