"""The client of the Counsel API: every operation and type of its contract, with keys, sessions, retries, iterators, streams and webhooks.

from counsel import Counsel, models

with Counsel("https://counsel.example", api_key=key) as counsel:
    me = counsel.get_current_user()
    answer = counsel.send_chat(models.ChatRequest(user_id=me.id, message="How long does an NDA bind me?"))
"""

from . import models
from .call import CallOptions, Content, File, KeyedCallOptions, Saved, Target
from .client import AsyncCounsel, Counsel
from .errors import (
    ConflictError,
    ConnectionFailedError,
    CounselError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    TimedOutError,
    UnauthenticatedError,
    UnavailableError,
)
from .operations import ProblemCode
from .webhook import WebhookError, verify_webhook

__all__ = [
    "AsyncCounsel",
    "CallOptions",
    "ConflictError",
    "ConnectionFailedError",
    "Content",
    "Counsel",
    "CounselError",
    "File",
    "ForbiddenError",
    "InvalidRequestError",
    "KeyedCallOptions",
    "NotFoundError",
    "ProblemCode",
    "RateLimitedError",
    "Saved",
    "Target",
    "TimedOutError",
    "UnauthenticatedError",
    "UnavailableError",
    "WebhookError",
    "models",
    "verify_webhook",
]
