"""The receiver of webhooks (Standard Webhooks)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

import pydantic

from .models import WebhookEvent

_TOLERANCE = 300
"""How much the sender's clock may differ, in seconds."""


class WebhookError(Exception):
    """The request is not a valid webhook. Answer it with 400 and ignore its body."""


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str | Sequence[str], *, now: float | None = None) -> WebhookEvent:
    """Verifies the signature of a webhook request and returns its event.

    `body` is the body as received, `secret` the `whsec_…` of the webhook; while it is rotated, pass both. A request that
    is older than five minutes is refused. The same event can arrive more than once: ignore a `webhook-id` that was
    processed before, and types you do not know.
    """
    received = {name.lower(): value for name, value in headers.items()}
    try:
        identifier, timestamp, signatures = (received[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise WebhookError(f"The header {error} is missing.") from None
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and abs((time.time() if now is None else now) - int(timestamp)) <= _TOLERANCE):
        raise WebhookError("The timestamp is too far from now.")
    if not (identifier.isascii() and signatures.isascii()):
        raise WebhookError("The signature does not match.")
    signed = f"{identifier}.{timestamp}.".encode() + body
    for each in [secret] if isinstance(secret, str) else secret:
        try:
            key = base64.b64decode(each.removeprefix("whsec_"), validate=True)
        except ValueError:
            raise WebhookError("The secret is not one of this service.") from None
        expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        if key and any(hmac.compare_digest(expected, signature.encode()) for signature in signatures.split(" ")):
            try:
                return WebhookEvent.model_validate_json(body)
            except pydantic.ValidationError:
                raise WebhookError("The body is not an event.") from None
    raise WebhookError("The signature does not match.")
