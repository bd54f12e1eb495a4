# Generated from openapi.yaml by datamodel-code-generator; not to be edited.
"""The types of the contract."""

from __future__ import annotations

from datetime import date as date_aliased
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel


class Unknown(BaseModel):
    """
    A member of a union that a later version of the service added.
    """

    model_config = ConfigDict(
        extra="allow",
    )
    kind: str


class Index(BaseModel):
    """
    The addresses of the documentation, relative to this server.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """
    The name of the API.
    """
    version: str
    """
    The version of the contract.
    """
    documentation: str
    """
    The documentation.
    """
    openapi: str
    """
    This OpenAPI document.
    """
    health: str
    """
    The health check.
    """


class FieldError(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    pointer: str
    """
    A JSON Pointer into the body (RFC 6901); for a parameter, its name after a `?`, and for an item of a query parameter, its index, as in `?name/0`; for a header, its name.
    """
    detail: str
    """
    What is wrong with it.
    """
    reason: str | None = None
    """
    The machine-readable reason why a document is unfit, see `initiateSignature`.
    """
    page: int | None = None
    """
    The page of the document, from 1.
    """
    quote: str | None = None
    """
    The text of the document, or the name of what was found in it.
    """


class CreateApiKeyRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    name: str
    """
    What the key is for, such as the program that uses it.
    """
    mode: Literal["live", "test"] | None = None
    """
    live: the key works with real data. test: it works with the data of a test account, and nothing reaches the outside.
    """
    scopes: list[
        Literal[
            "*:read",
            "*:write",
            "ai:read",
            "ai:write",
            "billing:read",
            "billing:write",
            "cases:read",
            "cases:write",
            "compliance:read",
            "compliance:write",
            "docs:read",
            "docs:write",
            "drafts:read",
            "drafts:write",
            "email:read",
            "email:write",
            "esign:read",
            "esign:write",
            "jobs:read",
            "jobs:write",
            "notifications:read",
            "notifications:write",
            "payments:read",
            "payments:write",
            "registry:read",
            "registry:write",
            "templates:read",
            "templates:write",
            "test-data:write",
            "webhooks:read",
            "webhooks:write",
        ]
    ]
    """
    What the key may do.
    """
    expires_at: Annotated[AwareDatetime | None, Field(alias="expiresAt")] = None
    """
    When the key stops working, within 366 days; absent: in 365 days.
    """
    ip_ranges: Annotated[list[str] | None, Field(alias="ipRanges")] = None
    """
    The network addresses from which the key works; absent or empty: all.
    """
    rate_limit: Annotated[int | None, Field(alias="rateLimit")] = None
    """
    The number of requests per minute, within what the service allows; absent: all of that.
    """


class ApiKey(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    name: str
    """
    What the key is for, such as the program that uses it.
    """
    mode: Literal["live", "test"] | str
    """
    live: the key works with real data. test: it works with the data of a test account, and nothing reaches the outside.
    """
    status: Literal["active", "expired", "revoked"] | str
    """
    Whether the key works.
    """
    prefix: str
    """
    The start of the secret.
    """
    last_four: Annotated[str, Field(alias="lastFour")]
    """
    The last characters of the secret.
    """
    scopes: list[
        Literal[
            "*:read",
            "*:write",
            "ai:read",
            "ai:write",
            "billing:read",
            "billing:write",
            "cases:read",
            "cases:write",
            "compliance:read",
            "compliance:write",
            "docs:read",
            "docs:write",
            "drafts:read",
            "drafts:write",
            "email:read",
            "email:write",
            "esign:read",
            "esign:write",
            "jobs:read",
            "jobs:write",
            "notifications:read",
            "notifications:write",
            "payments:read",
            "payments:write",
            "registry:read",
            "registry:write",
            "templates:read",
            "templates:write",
            "test-data:write",
            "webhooks:read",
            "webhooks:write",
        ]
        | str
    ]
    """
    What the key may do.
    """
    ip_ranges: Annotated[list[str], Field(alias="ipRanges")]
    """
    The network addresses from which the key works; empty: all.
    """
    rate_limit: Annotated[int | None, Field(alias="rateLimit")] = None
    """
    The number of requests per minute; absent: what the service allows.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    last_used_at: Annotated[AwareDatetime | None, Field(alias="lastUsedAt")] = None
    """
    When the key was last used, to the minute; absent: never.
    """
    revoked_at: Annotated[AwareDatetime | None, Field(alias="revokedAt")] = None
    """
    RFC 3339, in UTC.
    """


class ApiKeyWithSecret(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    api_key: Annotated[ApiKey, Field(alias="apiKey")]
    secret: str
    """
    The key to send. It is not shown again.
    """


class DeleteTestDataResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    job_id: Annotated[str, Field(alias="jobId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class ApiKeyList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[ApiKey]
    """
    The keys.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class RegisterRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    password: str
    """
    At least eight characters of any kind, including spaces. A very common password, or one made of the
    account's name or address, is 422.

    """
    full_name: Annotated[str, Field(alias="fullName")]
    """
    The person's name.
    """


class LoginRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    password: str
    """
    The account's password.
    """


class RequestPasswordResetRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """


class RefreshRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    refresh_token: Annotated[str, Field(alias="refreshToken")]
    """
    The refresh token of the latest pair.
    """


class Tokens(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    access_token: Annotated[str, Field(alias="accessToken")]
    """
    A JWT for `Authorization: Bearer`.
    """
    token_type: Annotated[Literal["Bearer"] | str, Field(alias="tokenType")] = "Bearer"
    """
    How the access token is sent.
    """
    expires_in: Annotated[int, Field(alias="expiresIn")]
    """
    Seconds until the access token expires.
    """
    refresh_token: Annotated[str, Field(alias="refreshToken")]
    """
    Can be used for one `POST /api/auth/refresh`.
    """


class Session(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    last_used_at: Annotated[AwareDatetime, Field(alias="lastUsedAt")]
    """
    RFC 3339, in UTC.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    current: bool
    """
    Whether it is the session of this request.
    """


class SessionList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Session]
    """
    The sessions.
    """


class User(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    email_verified: Annotated[bool, Field(alias="emailVerified")]
    """
    Whether the person has confirmed the address.
    """
    full_name: Annotated[str, Field(alias="fullName")]
    """
    The person's name.
    """
    role: Literal["client", "lawyer", "admin"] | str
    """
    The role of an account.
    """
    disabled: bool
    """
    Whether the account cannot sign in.
    """
    test_mode: Annotated[bool | None, Field(alias="testMode")] = None
    """
    True for the test account that a test key acts as.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class UserList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[User]
    """
    The accounts.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class UpdateUserRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    role: Literal["client", "lawyer", "admin"] | None = None
    """
    The role of an account.
    """
    disabled: bool | None = None
    """
    True prevents the account from signing in.
    """


class Question(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    message: str
    """
    The question.
    """
    locale: str | None = None
    """
    The language as a BCP 47 tag; English if absent or unknown.
    """


class WarmCacheRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    questions: list[Question]
    """
    The questions.
    """


class WarmCacheResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    job_id: Annotated[str, Field(alias="jobId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    total: int
    """
    How many questions there are.
    """


class ChatContext(BaseModel):
    """
    What the answer takes into account. An answer with a context is never shared with another caller.
    """

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    consultation_id: Annotated[str | None, Field(alias="consultationId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    document_ids: Annotated[list[str] | None, Field(alias="documentIds")] = None
    """
    The documents to answer from.
    """
    facts: str | None = None
    """
    The facts of the case.
    """


class ConsultationReference(BaseModel):
    """
    The consultation that the question follows up on.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    kind: Literal["consultation"] = "consultation"
    """
    Always `consultation`.
    """
    consultation_id: Annotated[str, Field(alias="consultationId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    excerpt: str
    """
    The beginning of its question.
    """


class DocumentReference(BaseModel):
    """
    Text of a document that the answer quotes. It was found verbatim on that page.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    kind: Literal["document"] = "document"
    """
    Always `document`.
    """
    marker: int
    """
    The number in brackets after the quotation in the answer. Several references can have the same.
    """
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    name: str
    """
    The document's file name.
    """
    page: int
    """
    The page number, from 1.
    """
    quote: str
    """
    The text of the page.
    """


class Citation(BaseModel):
    """
    A statute, act or decision that a text of the AI names.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    text: str
    """
    As the text writes it.
    """
    kind: Literal["statute", "act", "case"] | str
    """
    `statute`: a provision or a numbered act, such as § 622 BGB or 42 U.S.C. § 1983; `act`: an act, code or treaty by its name; `case`: a decision.
    """
    start: int
    """
    Where it begins in the text, in UTF-16 code units.
    """
    end: int
    """
    Where it ends (exclusive), in UTF-16 code units.
    """
    verified: bool
    """
    Whether it stands in what the AI was given. Nothing vouches for the others.
    """
    source: Literal["document", "context", "question"] | str | None = None
    """
    Where it stands: in a document; in the facts, the case or the previous question; in the question or the inputs.
    """
    doc_id: Annotated[str | None, Field(alias="docId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    page: int | None = None
    """
    Its page in that document, from 1.
    """


class Clarification(BaseModel):
    """
    A question to the user that the answer hangs on.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    about: Literal["jurisdiction", "dates", "facts"] | str
    """
    What is missing: whose law applies, the dates that deadlines depend on, or another fact.
    """
    question: str
    """
    The question, in the language of the answer.
    """


class DraftSection(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    position: int
    """
    Its position in the draft, from 1.
    """
    heading: str
    """
    The heading.
    """
    body: str
    """
    The text, in Markdown.
    """


class PageBox(BaseModel):
    """
    The rectangle around the part of the quote that is on `page`, in points (1/72 inch) of the page's user space: the
    origin is the lower left corner of an upright page, `top` is greater than `bottom`, and a rotation of the page is not
    applied. Absent if the words are not drawn as text.

    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    left: float
    """
    The left edge.
    """
    bottom: float
    """
    The lower edge.
    """
    right: float
    """
    The right edge.
    """
    top: float
    """
    The upper edge.
    """


class MaskRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    text: str
    """
    The text to mask.
    """


class MaskedSpan(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    placeholder: str
    """
    The placeholder in the masked text.
    """
    type: (
        Literal[
            "PERSON",
            "COMPANY",
            "LOCATION",
            "ADDRESS",
            "EMAIL",
            "PHONE",
            "CREDIT_CARD",
            "IBAN",
            "SSN",
            "IP",
            "URL",
            "DATE",
            "ID",
            "TITLE",
            "NATIONALITY",
            "LITERAL",
        ]
        | str
    )
    """
    The kind of data that a placeholder stands for.
    """
    start: int
    """
    Where the masked part of the submitted text begins, in UTF-16 code units.
    """
    end: int
    """
    Where it ends (exclusive), in UTF-16 code units.
    """


class AIUsageGroup(RootModel[Literal["day", "month", "user", "case", "model"]]):
    root: Literal["day", "month", "user", "case", "model"]
    """
    What the use of the AI is summed up by.
    """


class AICost(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    micros: int
    """
    The amount in millionths of the currency.
    """
    currency: str
    """
    The currency (ISO 4217).
    """


class AIBudget(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    scope: Literal["user", "firm"] | str
    """
    Whose use counts: the caller's, or that of all accounts together.
    """
    period: Literal["day", "month"] | str
    """
    The period for which it applies, in UTC.
    """
    unit: Literal["tokens", "cost"] | str
    """
    What is limited: tokens, or the cost in millionths of the currency.
    """
    limit: int
    """
    The limit.
    """
    spent: int
    """
    What was used in the current period.
    """
    resets_at: Annotated[AwareDatetime, Field(alias="resetsAt")]
    """
    RFC 3339, in UTC.
    """


class ConsultationSummary(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: Literal["chat", "document", "analysis"] | str
    """
    The type of a consultation.
    """
    excerpt: str
    """
    The beginning of the question.
    """
    cached: bool
    """
    Whether the answer came from the cache.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class ConsultationList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[ConsultationSummary]
    """
    The consultations.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class DocumentType(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    The value for the `type` of a draft.
    """
    title: str
    """
    Its name.
    """
    description: str
    """
    What it is for.
    """
    version: str
    """
    The version of its template.
    """
    inputs_schema: Annotated[dict[str, Any], Field(alias="inputsSchema")]
    """
    The JSON Schema (2020-12) of `inputs`.
    """
    example: dict[str, Any]
    """
    Inputs that match the schema.
    """


class DocumentTypeList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[DocumentType]
    """
    The document types.
    """


class DraftSummary(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    origin: Literal["generated", "written"] | str
    """
    Who wrote the first version: the AI or a person.
    """
    type: str | None = None
    """
    The id of a document type.
    """
    locale: str
    """
    The language of the text.
    """
    title: str
    """
    The title.
    """
    status: Literal["drafted", "reviewed", "final"] | str
    """
    The status of a draft.
    """
    version: int
    """
    A version of a draft: 1, 2, and so on.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class DraftList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[DraftSummary]
    """
    The drafts.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class Draft(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    origin: Literal["generated", "written"] | str
    """
    Who wrote the first version: the AI or a person.
    """
    type: str | None = None
    """
    The id of a document type.
    """
    locale: str
    """
    The language of the text.
    """
    title: str
    """
    The title.
    """
    status: Literal["drafted", "reviewed", "final"] | str
    """
    The status of a draft.
    """
    version: int
    """
    A version of a draft: 1, 2, and so on.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """
    body: str
    """
    The text, in Markdown.
    """
    warnings: list[str]
    """
    What a lawyer should check in the generated text; it may have been resolved since.
    """
    quality_score: Annotated[float | None, Field(alias="qualityScore")] = None
    """
    How complete the generated text was; absent if a person wrote it.
    """
    reviewed_by: Annotated[str | None, Field(alias="reviewedBy")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    reviewed_at: Annotated[AwareDatetime | None, Field(alias="reviewedAt")] = None
    """
    RFC 3339, in UTC.
    """
    finalized_by: Annotated[str | None, Field(alias="finalizedBy")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    finalized_at: Annotated[AwareDatetime | None, Field(alias="finalizedAt")] = None
    """
    RFC 3339, in UTC.
    """


class CreateDraftRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    title: str
    """
    The title; one line.
    """
    body: str
    """
    The text, in Markdown.
    """
    type: str | None = None
    """
    The id of a document type.
    """
    locale: str | None = None
    """
    The language as a BCP 47 tag; English if absent or unknown.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class UpdateDraftRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    version: int
    """
    A version of a draft: 1, 2, and so on.
    """
    title: str | None = None
    """
    The new title; one line.
    """
    body: str | None = None
    """
    The new text, in Markdown.
    """
    note: str | None = None
    """
    A note about the change, stored with the new version.
    """
    status: Literal["drafted", "reviewed", "final"] | None = None
    """
    The status of a draft.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class DraftVersionSummary(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    version: int
    """
    A version of a draft: 1, 2, and so on.
    """
    title: str
    """
    The title of this version.
    """
    note: str | None = None
    """
    The author's note about the change.
    """
    author_id: Annotated[str, Field(alias="authorId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class DraftVersionList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[DraftVersionSummary]
    """
    The versions.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class DraftVersion(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    version: int
    """
    A version of a draft: 1, 2, and so on.
    """
    title: str
    """
    The title of this version.
    """
    note: str | None = None
    """
    The author's note about the change.
    """
    author_id: Annotated[str, Field(alias="authorId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    body: str
    """
    The text of this version, in Markdown.
    """


class TextChange(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    kind: Literal["equal", "delete", "insert"] | str
    """
    Whether the piece is unchanged, deleted or inserted.
    """
    text: str
    """
    The piece.
    """


class CaseSummary(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    title: str
    """
    The title of the case.
    """
    status: Literal["open", "closed"] | str
    """
    The status of a case.
    """
    legal_hold: Annotated[bool, Field(alias="legalHold")]
    """
    Whether deletion is forbidden.
    """
    my_role: Annotated[Literal["owner", "lawyer", "assistant", "client", "viewer"] | str | None, Field(alias="myRole")] = None
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class CaseList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseSummary]
    """
    The cases.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class Case(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    title: str
    """
    The title of the case.
    """
    description: str
    """
    What the case is about.
    """
    status: Literal["open", "closed"] | str
    """
    The status of a case.
    """
    legal_hold: Annotated[bool, Field(alias="legalHold")]
    """
    Whether deletion is forbidden.
    """
    my_role: Annotated[Literal["owner", "lawyer", "assistant", "client", "viewer"] | str | None, Field(alias="myRole")] = None
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """
    closed_at: Annotated[AwareDatetime | None, Field(alias="closedAt")] = None
    """
    RFC 3339, in UTC.
    """


class AddCaseMemberRequest(BaseModel):
    """
    Names the person by either `userId` or `email`.
    """

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    user_id: Annotated[str | None, Field(alias="userId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    email: str | None = None
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"]
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """


class UpdateCaseMemberRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"]
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """


class CaseMember(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    full_name: Annotated[str, Field(alias="fullName")]
    """
    The person's name.
    """
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"] | str
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    since: AwareDatetime
    """
    RFC 3339, in UTC.
    """


class CaseMemberList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseMember]
    """
    The members.
    """


class CaseInvitation(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str, Field(alias="caseId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    email: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"] | str
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    invited_by: Annotated[str, Field(alias="invitedBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """


class CaseInvitationList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseInvitation]
    """
    The invitations.
    """


class Invitation(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    inviter_name: Annotated[str, Field(alias="inviterName")]
    """
    The name of the person who sent the invitation.
    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"] | str
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """


class InvitationList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Invitation]
    """
    The invitations.
    """


class AcceptedInvitation(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    case_id: Annotated[str, Field(alias="caseId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"] | str
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """


class CreateCaseNoteRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    body: str
    """
    The note.
    """


class CaseNote(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    author_id: Annotated[str, Field(alias="authorId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    body: str
    """
    The note.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class CaseNoteList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseNote]
    """
    The notes.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class CaseTaskContent(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    title: str
    """
    What is to be done.
    """
    status: Literal["open", "done"] | None = None
    """
    The status of a task.
    """
    due_on: Annotated[date_aliased | None, Field(alias="dueOn")] = None
    """
    The day it is due; 1900 to 2999.
    """
    assignee_id: Annotated[str | None, Field(alias="assigneeId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class CaseTask(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    title: str
    """
    What is to be done.
    """
    status: Literal["open", "done"] | str
    """
    The status of a task.
    """
    due_on: Annotated[date_aliased | None, Field(alias="dueOn")] = None
    """
    The day it is due.
    """
    assignee_id: Annotated[str | None, Field(alias="assigneeId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class CaseTaskList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseTask]
    """
    The tasks.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class TimeEntry(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    Who worked.
    """
    date: date_aliased
    """
    The day of the work.
    """
    minutes: int
    """
    How long it took.
    """
    rate: int
    """
    The price of an hour.
    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    billable: bool
    """
    Whether it can be invoiced.
    """
    description: str
    """
    What was done, as on the invoice.
    """
    invoice_id: Annotated[str | None, Field(alias="invoiceId")] = None
    """
    The invoice that bills it, if that is not void. The entry is locked then.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class TimeEntryList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[TimeEntry]
    """
    The time entries.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class CreateTimeEntryRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    user_id: Annotated[str | None, Field(alias="userId")] = None
    """
    Who worked; absent: the caller.
    """
    date: date_aliased
    """
    The day of the work.
    """
    minutes: int
    """
    How long it took.
    """
    rate: int
    """
    The price of an hour.
    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    billable: bool | None = None
    """
    Whether it can be invoiced.
    """
    description: str
    """
    What was done, as on the invoice.
    """


class UpdateTimeEntryRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    date: date_aliased | None = None
    """
    The day of the work.
    """
    minutes: int | None = None
    """
    How long it took.
    """
    rate: int | None = None
    """
    The price of an hour.
    """
    currency: str | None = None
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    billable: bool | None = None
    """
    Whether it can be invoiced.
    """
    description: str | None = None
    """
    What was done, as on the invoice.
    """


class InvoiceRecipient(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """
    Who is to pay.
    """
    address: str | None = None
    """
    The postal address, on several lines.
    """
    email: str | None = None
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """


class InvoiceLineInput(BaseModel):
    """
    A line that bills a time entry, by its id, or a free one with description, quantity and unit price.
    """

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    time_entry_id: Annotated[str | None, Field(alias="timeEntryId")] = None
    """
    The time entry that it bills.
    """
    description: str | None = None
    """
    What it is for; absent: as in the time entry.
    """
    quantity: str | None = None
    """
    How much of it, above zero, with at most three decimals.
    """
    unit_price: Annotated[int | None, Field(alias="unitPrice")] = None
    """
    The price of one, without tax. Below zero for a discount.
    """
    tax_rate: Annotated[int | None, Field(alias="taxRate")] = None
    """
    The rate of the tax in basis points: 1900 is 19 %.
    """
    tax_name: Annotated[str | None, Field(alias="taxName")] = None
    """
    The name of the tax, such as VAT.
    """


class InvoiceLine(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    time_entry_id: Annotated[str | None, Field(alias="timeEntryId")] = None
    """
    The time entry that it bills.
    """
    description: str
    """
    What it is for.
    """
    quantity: str
    """
    How much of it. For time, hours rounded to three decimals; the amount is computed from minutes.
    """
    unit_price: Annotated[int, Field(alias="unitPrice")]
    """
    The price of one, without tax.
    """
    tax_rate: Annotated[int, Field(alias="taxRate")]
    """
    The rate of the tax in basis points.
    """
    tax_name: Annotated[str | None, Field(alias="taxName")] = None
    """
    The name of the tax.
    """
    amount: int
    """
    The amount without tax.
    """
    tax: int
    """
    The tax on it.
    """


class CreateInvoiceRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    recipient: InvoiceRecipient
    locale: Literal["en", "de", "fr", "es"] | None = None
    """
    The language of the PDF and the mail.
    """
    notes: str | None = None
    """
    Anything else that it should say.
    """
    due_on: Annotated[date_aliased | None, Field(alias="dueOn")] = None
    """
    When it is due; absent: fourteen days after it is sent.
    """
    lines: list[InvoiceLineInput]
    """
    The lines.
    """


class UpdateInvoiceRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    recipient: InvoiceRecipient | None = None
    locale: Literal["en", "de", "fr", "es"] | None = None
    """
    The language of the PDF and the mail.
    """
    notes: str | None = None
    """
    Anything else that it should say.
    """
    due_on: Annotated[date_aliased | None, Field(alias="dueOn")] = None
    """
    When it is due.
    """
    lines: list[InvoiceLineInput] | None = None
    """
    All lines.
    """


class Invoice(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str, Field(alias="caseId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["draft", "open", "partly_paid", "paid", "void", "uncollectible"] | str
    """
    The status of an invoice. open: issued and not paid. uncollectible: written off; a payment opens it again.
    """
    number: str | None = None
    """
    The number, without gaps in each year; absent for a draft.
    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    recipient: InvoiceRecipient
    locale: Literal["en", "de", "fr", "es"] | str
    """
    The language of the PDF and the mail.
    """
    notes: str | None = None
    """
    What else it says.
    """
    due_on: Annotated[date_aliased | None, Field(alias="dueOn")] = None
    """
    When it is due.
    """
    lines: list[InvoiceLine] | None = None
    """
    The lines; absent in lists.
    """
    subtotal: int
    """
    The sum of the amounts, without tax.
    """
    tax: int
    """
    The sum of the taxes.
    """
    total: int
    """
    Both together.
    """
    paid: int
    """
    What was received and counts towards the total.
    """
    due: int
    """
    What is still to be paid.
    """
    credit: int
    """
    What was received beyond the total, or for a void invoice, and is to be refunded.
    """
    document_id: Annotated[str | None, Field(alias="documentId")] = None
    """
    The PDF of the invoice; absent until it is made.
    """
    receipt_id: Annotated[str | None, Field(alias="receiptId")] = None
    """
    The PDF of the receipt; absent until it is made.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """
    issued_at: Annotated[AwareDatetime | None, Field(alias="issuedAt")] = None
    """
    When it got its number.
    """
    sent_at: Annotated[AwareDatetime | None, Field(alias="sentAt")] = None
    """
    When it was last mailed.
    """
    paid_at: Annotated[AwareDatetime | None, Field(alias="paidAt")] = None
    """
    When the total was paid.
    """
    voided_at: Annotated[AwareDatetime | None, Field(alias="voidedAt")] = None
    """
    When it was voided.
    """


class InvoiceList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Invoice]
    """
    The invoices, without lines.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class PayFromTrustRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    amount: int | None = None
    """
    What to pay; absent: all that is due.
    """


class TrustMovementRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    amount: int
    """
    How much.
    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    reference: str | None = None
    """
    The reference at the bank.
    """


class LedgerBalance(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    account: (
        Literal[
            "trust_bank",
            "trust",
            "operating",
            "receivables",
            "revenue",
            "tax",
            "provider_clearing",
            "client_credit",
            "refunds",
            "disputes",
            "fees",
            "write_offs",
        ]
        | str
    )
    """
    An account of the ledger. `trust_bank`: client money at the bank. `trust`: what is owed to the client
    of it. `operating`: the firm's money. `receivables`: what is due for issued invoices. `revenue` and
    `tax`: what was invoiced. `provider_clearing`: what a payment provider holds. `client_credit`:
    received beyond what was due. `refunds`: on their way. `disputes`: charged back and not decided.
    `fees`: of the payment provider. `write_offs`: given up.

    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    balance: int
    """
    The balance; above zero: debit.
    """


class LedgerLine(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    account: (
        Literal[
            "trust_bank",
            "trust",
            "operating",
            "receivables",
            "revenue",
            "tax",
            "provider_clearing",
            "client_credit",
            "refunds",
            "disputes",
            "fees",
            "write_offs",
        ]
        | str
    )
    """
    An account of the ledger. `trust_bank`: client money at the bank. `trust`: what is owed to the client
    of it. `operating`: the firm's money. `receivables`: what is due for issued invoices. `revenue` and
    `tax`: what was invoiced. `provider_clearing`: what a payment provider holds. `client_credit`:
    received beyond what was due. `refunds`: on their way. `disputes`: charged back and not decided.
    `fees`: of the payment provider. `write_offs`: given up.

    """
    currency: str
    """
    A currency of ISO 4217. Amounts are in its minor units: cents of EUR, whole JPY, thousandths of KWD.
    """
    amount: int
    """
    Above zero: debit; below: credit.
    """


class LedgerEntry(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: (
        Literal[
            "invoice",
            "void",
            "write_off",
            "reinstatement",
            "payment",
            "trust_deposit",
            "trust_return",
            "trust_payment",
            "refund",
            "refund_settled",
            "refund_cancelled",
            "chargeback",
            "chargeback_lost",
            "chargeback_won",
        ]
        | str
    )
    """
    What it books.
    """
    source_id: Annotated[str, Field(alias="sourceId")]
    """
    The invoice, payment, refund or deposit that it books.
    """
    invoice_id: Annotated[str | None, Field(alias="invoiceId")] = None
    """
    The invoice that it concerns.
    """
    actor_id: Annotated[str, Field(alias="actorId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    reference: str | None = None
    """
    The reference at the bank.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    lines: list[LedgerLine]
    """
    The lines, which add up to zero.
    """


class Ledger(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[LedgerEntry]
    """
    The entries.
    """
    balances: list[LedgerBalance]
    """
    The balance of each account that was used.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class TrialBalance(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[LedgerBalance]
    """
    The balance of each account that was used.
    """


class AddCasePartyRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    kind: Literal["person", "company"]
    """
    Whether a party is a person or a company.
    """
    side: Literal["client", "opposing", "other"]
    """
    The side of a party; other: neither side, such as a witness.
    """
    name: str
    """
    The party's name.
    """
    email: str | None = None
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    registration_number: Annotated[str | None, Field(alias="registrationNumber")] = None
    """
    The company registration number or a tax number.
    """
    registration_country: Annotated[str | None, Field(alias="registrationCountry")] = None
    """
    The country of the register (ISO 3166-1 alpha-2). The same number of another country is another company.
    """


class PartyConflict(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    side: Literal["client", "opposing", "other"] | str
    """
    The side of a party; other: neither side, such as a witness.
    """
    score: float
    """
    How well the best of several matches matches: 1 for the same name, address or number, from 0.95 the same name written otherwise, below it names that may be of the same party.
    """
    reasons: list[
        Literal["exact", "folded", "transliterated", "order", "spacing", "initial", "nickname", "missingWord", "title", "legalForm", "abbreviation", "spelling"]
        | str
    ]
    """
    How the names differ; empty if only an address or number matches.
    """
    matched: list[Literal["name", "similarName", "email", "registrationNumber"] | str]
    """
    What matches; `similarName` means that it may be the same person.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class RegisteredAddress(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    lines: list[str] | None = None
    """
    Street, house and the like.
    """
    postal_code: Annotated[str | None, Field(alias="postalCode")] = None
    """
    The postal code.
    """
    city: str | None = None
    """
    The town or city.
    """
    region: str | None = None
    """
    The region, as the register writes it.
    """
    country: str | None = None
    """
    ISO 3166-1 alpha-2, or the name of the country, as the register writes it.
    """


class RegisteredLei(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    code: str
    """
    The LEI.
    """
    status: str
    """
    The status of the LEI in the words of GLEIF, such as ISSUED, LAPSED, MERGED or RETIRED.
    """
    renewal_on: Annotated[str | None, Field(alias="renewalOn")] = None
    """
    A day, as YYYY-MM-DD.
    """


class CompanyFiling(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["accounts", "confirmation-statement"] | str
    """
    What is to be filed.
    """
    due_on: Annotated[str | None, Field(alias="dueOn")] = None
    """
    A day, as YYYY-MM-DD.
    """
    overdue: bool
    """
    Whether the register calls it overdue.
    """


class CompanyRelation(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["direct-parent", "ultimate-parent", "successor"] | str
    """
    What the other company is to this one.
    """
    id: str | None = None
    """
    The id of the other company in the register.
    """
    name: str | None = None
    """
    The name of the other company.
    """


class CompanyOfficer(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """
    The name.
    """
    role: str
    """
    The office in the words of the register, such as director.
    """
    appointed_on: Annotated[str | None, Field(alias="appointedOn")] = None
    """
    A day, as YYYY-MM-DD.
    """
    resigned_on: Annotated[str | None, Field(alias="resignedOn")] = None
    """
    A day, as YYYY-MM-DD.
    """


class RegisteredCompany(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    source: Literal["gleif", "companies-house"] | str
    """
    A register of companies: the Global LEI Index (`gleif`), or Companies House of the United Kingdom.
    """
    id: str
    """
    The id of a company in its register: an LEI, or a company number.
    """
    name: str
    """
    The legal name.
    """
    other_names: Annotated[list[str], Field(alias="otherNames")]
    """
    Former and other names.
    """
    status: Literal["active", "insolvent", "inactive", "unknown"] | str
    """
    Whether the company exists. `insolvent`: it exists, and is in liquidation, administration or the like. `inactive`:
    dissolved, closed or merged. `unknown`: the register reports no status that is known here.

    """
    register_status: Annotated[str | None, Field(alias="registerStatus")] = None
    """
    The status in the words of the register.
    """
    legal_form: Annotated[str | None, Field(alias="legalForm")] = None
    """
    The legal form as the register codes it, such as ltd or the code of ISO 20275.
    """
    jurisdiction: str | None = None
    """
    The law under which the company exists, as the register codes it.
    """
    register_: Annotated[str | None, Field(alias="register")] = None
    """
    The register of companies, such as the code of a registration authority.
    """
    registration_number: Annotated[str | None, Field(alias="registrationNumber")] = None
    """
    The number in that register.
    """
    address: RegisteredAddress
    headquarters: RegisteredAddress | None = None
    created_on: Annotated[str | None, Field(alias="createdOn")] = None
    """
    A day, as YYYY-MM-DD.
    """
    dissolved_on: Annotated[str | None, Field(alias="dissolvedOn")] = None
    """
    A day, as YYYY-MM-DD.
    """
    lei: RegisteredLei | None = None
    filings: list[CompanyFiling]
    """
    What is to be filed next.
    """
    relations: list[CompanyRelation]
    """
    Parents and successors.
    """
    officers: list[CompanyOfficer] | None = None
    """
    Present and former officers; only from `getRegisteredCompany`, and only if the register has them.
    """


class RegisteredCompanyList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[RegisteredCompany]
    """
    The companies.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class LinkPartyCompanyRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    source: Literal["gleif", "companies-house"]
    """
    A register of companies: the Global LEI Index (`gleif`), or Companies House of the United Kingdom.
    """
    company_id: Annotated[str, Field(alias="companyId")]
    """
    The id of a company in its register: an LEI, or a company number.
    """


class PartyFields(BaseModel):
    """
    Particulars of a company in the shape of a party in the shipped templates.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """
    The legal name.
    """
    registration_number: Annotated[str | None, Field(alias="registrationNumber")] = None
    """
    The number in the register of companies.
    """
    address: str | None = None
    """
    The address on one line.
    """


class PartyCompany(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    party_id: Annotated[str, Field(alias="partyId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    company: RegisteredCompany
    fields: PartyFields
    linked_by: Annotated[str, Field(alias="linkedBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    linked_at: Annotated[AwareDatetime, Field(alias="linkedAt")]
    """
    RFC 3339, in UTC.
    """


class VatCheckRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    number: str
    """
    A VAT number of a member state of the European Union or Northern Ireland, with the country's prefix; spaces, dots and hyphens are ignored.
    """


class VatCheck(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    number: str
    """
    The number with its prefix and without separators.
    """
    status: Literal["valid", "invalid", "unknown"] | str
    """
    The answer; `unknown` if VIES or the member state cannot say.
    """
    reason: str | None = None
    """
    Why it is unknown, in the words of VIES, such as MS_UNAVAILABLE.
    """
    name: str | None = None
    """
    The name, if the member state discloses it.
    """
    address: str | None = None
    """
    The address, if the member state discloses it.
    """
    consultation_number: Annotated[str | None, Field(alias="consultationNumber")] = None
    """
    The number under which VIES recorded the check.
    """
    checked_at: Annotated[AwareDatetime, Field(alias="checkedAt")]
    """
    RFC 3339, in UTC.
    """


class SanctionsCheckRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    name: str
    """
    The name.
    """
    kind: Literal["person", "company"]
    """
    What has the name.
    """
    birth_year: Annotated[int | None, Field(alias="birthYear")] = None
    """
    The year of birth of a person.
    """


class ScreenedList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: Literal["eu", "uk", "us"] | str
    """
    The list: of the European Union, the United Kingdom, or OFAC.
    """
    published_on: Annotated[str | None, Field(alias="publishedOn")] = None
    """
    A day, as YYYY-MM-DD.
    """
    entries: int
    """
    How many entries it has.
    """


class SanctionsHit(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    list_: Annotated[Literal["eu", "uk", "us"] | str, Field(alias="list")]
    """
    The list: of the European Union, the United Kingdom, or OFAC.
    """
    entry_id: Annotated[str, Field(alias="entryId")]
    """
    The id of the entry in its list.
    """
    kind: Literal["person", "company", "other"] | str
    """
    What is listed; `other` is a ship or an aircraft.
    """
    primary_name: Annotated[str, Field(alias="primaryName")]
    """
    The first name of the entry.
    """
    matched_name: Annotated[str, Field(alias="matchedName")]
    """
    The name or alias that matches.
    """
    weak_alias: Annotated[bool, Field(alias="weakAlias")]
    """
    Whether the list calls that alias one of low quality.
    """
    score: int
    """
    How similar the names are, in percent; from 95 on they are the same name, written otherwise.
    """
    reasons: list[str]
    """
    How the names differ.
    """
    birth_year: Annotated[Literal["unknown", "same", "differs"] | str, Field(alias="birthYear")]
    """
    Whether the year of birth agrees, give or take one.
    """
    birth_years: Annotated[list[int], Field(alias="birthYears")]
    """
    The years of birth of the entry.
    """
    countries: list[str]
    """
    The nationalities of the entry, as the list writes them.
    """
    programme: str | None = None
    """
    The regime or programme.
    """


class SanctionsCheck(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    lists: list[ScreenedList]
    """
    What was looked through.
    """
    hits: list[SanctionsHit]
    """
    Similar names, the best first.
    """
    truncated: bool
    """
    Whether there are more hits.
    """


class WatchSubject(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    source: Literal["gleif", "companies-house"] | str | None = None
    """
    A register of companies: the Global LEI Index (`gleif`), or Companies House of the United Kingdom.
    """
    company_id: Annotated[str | None, Field(alias="companyId")] = None
    """
    The id of a company in its register: an LEI, or a company number.
    """
    name: str | None = None
    """
    The name that is looked for.
    """
    screened: Literal["person", "company"] | str | None = None
    """
    What has the name.
    """
    birth_year: Annotated[int | None, Field(alias="birthYear")] = None
    """
    The year of birth of a person.
    """
    number: str | None = None
    """
    The VAT number.
    """


class CreateWatchRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    kind: Literal["company", "sanctions", "vat"]
    """
    What is watched: a company in a register, a name in the lists of sanctions, or a VAT number.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    label: str | None = None
    """
    A name for people; by default, what is watched.
    """
    source: Literal["gleif", "companies-house"] | None = None
    """
    A register of companies: the Global LEI Index (`gleif`), or Companies House of the United Kingdom.
    """
    company_id: Annotated[str | None, Field(alias="companyId")] = None
    """
    The id of a company in its register: an LEI, or a company number.
    """
    name: str | None = None
    """
    The name to look for.
    """
    screened: Literal["person", "company"] | None = None
    """
    What has the name.
    """
    birth_year: Annotated[int | None, Field(alias="birthYear")] = None
    """
    The year of birth of a person.
    """
    number: str | None = None
    """
    A VAT number of a member state of the European Union or Northern Ireland, with the country's prefix; spaces, dots and hyphens are ignored.
    """


class Watch(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    source: Literal["gleif", "companies-house"] | str | None = None
    """
    A register of companies: the Global LEI Index (`gleif`), or Companies House of the United Kingdom.
    """
    company_id: Annotated[str | None, Field(alias="companyId")] = None
    """
    The id of a company in its register: an LEI, or a company number.
    """
    name: str | None = None
    """
    The name that is looked for.
    """
    screened: Literal["person", "company"] | str | None = None
    """
    What has the name.
    """
    birth_year: Annotated[int | None, Field(alias="birthYear")] = None
    """
    The year of birth of a person.
    """
    number: str | None = None
    """
    The VAT number.
    """
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: Literal["company", "sanctions", "vat"] | str
    """
    What is watched: a company in a register, a name in the lists of sanctions, or a VAT number.
    """
    label: str
    """
    The name for people.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    next_check_at: Annotated[AwareDatetime, Field(alias="nextCheckAt")]
    """
    RFC 3339, in UTC.
    """
    last_checked_at: Annotated[AwareDatetime | None, Field(alias="lastCheckedAt")] = None
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class WatchList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Watch]
    """
    The watches.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class WatchChange(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["name", "status", "merged", "address", "lei", "parent", "officer", "overdue", "sanctions-hit", "vat"] | str
    """
    What has changed.
    """
    from_: Annotated[str | None, Field(alias="from")] = None
    """
    What it was; absent for something new.
    """
    to: str | None = None
    """
    What it is; absent for something that is gone.
    """


class WatchCheck(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    watch_id: Annotated[str, Field(alias="watchId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    outcome: Literal["first", "unchanged", "changed", "failed"] | str
    """
    The result; `first` has nothing to be compared with.
    """
    asked: WatchSubject
    company: RegisteredCompany | None = None
    sanctions: SanctionsCheck | None = None
    vat: VatCheck | None = None
    changes: list[WatchChange]
    """
    How the answer differs from the previous one.
    """
    error_code: Annotated[str | None, Field(alias="errorCode")] = None
    """
    Why it failed: the code of a problem.
    """
    checked_at: Annotated[AwareDatetime, Field(alias="checkedAt")]
    """
    RFC 3339, in UTC.
    """


class WatchCheckList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[WatchCheck]
    """
    The checks.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class ExportedWatch(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    watch: Watch
    checks: list[WatchCheck]
    """
    Its checks, newest first.
    """


class TimelineEntry(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    seq: int
    """
    The sequence number, from 1 without gaps.
    """
    at: AwareDatetime
    """
    RFC 3339, in UTC.
    """
    actor_id: Annotated[str, Field(alias="actorId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    key_id: Annotated[str | None, Field(alias="keyId")] = None
    """
    The API key that acted for the actor, if one did.
    """
    verb: Literal["read", "download", "create", "update", "delete", "hold"] | str
    """
    The action.
    """
    subject: (
        Literal[
            "case",
            "member",
            "note",
            "task",
            "party",
            "timeline",
            "consultation",
            "draft",
            "document",
            "signature",
            "payment",
            "invoice",
            "time_entry",
            "ledger",
            "watch",
        ]
        | str
    )
    """
    The resource that it was applied to.
    """
    subject_id: Annotated[str | None, Field(alias="subjectId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    refused: bool
    """
    Whether the action was refused.
    """
    detail: str
    """
    What changed, or why it was refused; for people. It never contains what a person wrote.
    """
    prev_hash: Annotated[str, Field(alias="prevHash")]
    """
    A SHA-256 hash in hexadecimal.
    """
    hash: str
    """
    A SHA-256 hash in hexadecimal.
    """


class CaseTimeline(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[TimelineEntry]
    """
    The entries.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class TimelineVerification(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    intact: bool
    """
    Whether every entry is unchanged.
    """
    entries: int
    """
    How many entries, from the first on, are unchanged.
    """
    broken_at: Annotated[int | None, Field(alias="brokenAt")] = None
    """
    The first entry that was changed or is missing; absent if intact.
    """
    head: str
    """
    A SHA-256 hash in hexadecimal.
    """


class UploadDocumentRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    file: bytes
    """
    A file of at most 25 MiB (the upload limit). In a form, its part should have a file name.
    """


class EmailAttachment(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    filename: str
    """
    The file name for the recipient.
    """
    file_url: Annotated[str | None, Field(alias="fileUrl")] = None
    """
    The `fileUrl` of a document, or the path of its content. Either this or docId is required.
    """
    doc_id: Annotated[str | None, Field(alias="docId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    inline: bool | None = None
    """
    Whether it is an image that the HTML shows.
    """


class SendEmailsError(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    code: str
    """
    The code of a problem.
    """
    detail: str
    """
    What went wrong.
    """
    errors: list[FieldError]
    """
    The invalid fields.
    """


class EmailRecipient(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    address: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    field: Literal["to", "cc", "bcc"] | str
    """
    The header field that lists the recipient.
    """
    status: Literal["queued", "sent", "bounced", "failed", "cancelled", "suppressed"] | str
    """
    As for the e-mail; suppressed: the address is on the suppression list.
    """
    reason: str | None = None
    """
    Why it was not sent, or not yet: the reply of the mail server.
    """


class EmailFile(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    filename: str
    """
    The file name for the recipient.
    """
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    content_type: Annotated[str, Field(alias="contentType")]
    """
    The content type.
    """
    size: int
    """
    Bytes.
    """
    inline: bool
    """
    Whether it is an image that the HTML shows.
    """


class Email(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    subject: str
    """
    The subject.
    """
    body_text: Annotated[str | None, Field(alias="bodyText")] = None
    """
    The text body; absent in lists, and after the retention period.
    """
    body_html: Annotated[str | None, Field(alias="bodyHtml")] = None
    """
    The HTML body as it is sent; absent in lists.
    """
    reply_to: Annotated[str | None, Field(alias="replyTo")] = None
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | str
    """
    queued: waiting to be sent; sent: accepted by the mail server for at least one recipient; bounced: rejected permanently; failed: the service stopped trying; cancelled: by the sender.
    """
    reason: str | None = None
    """
    Why it was not sent, or not yet.
    """
    attempts: int
    """
    The number of attempts.
    """
    recipients: list[EmailRecipient]
    """
    The recipients with their status.
    """
    attachments: list[EmailFile]
    """
    The attachments.
    """
    test_mode: Annotated[bool | None, Field(alias="testMode")] = None
    """
    True if it was sent in test mode: it reached nobody.
    """
    send_at: Annotated[AwareDatetime, Field(alias="sendAt")]
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class EmailList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Email]
    """
    The e-mails.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class CreateSuppressionRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    address: str
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """


class Suppression(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    address: str
    """
    The suppressed address. The address of a person who was erased is not stored; instead there is `erased-`, the first 32 hexadecimal digits of the SHA-256 of the lower-case address, and `@erased.invalid`.
    """
    reason: Literal["bounced", "manual", "unsubscribed"] | str
    """
    bounced: a mail server reported that the address does not exist; manual: an admin added it; unsubscribed: its owner wants no bulk e-mail.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class SuppressionList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Suppression]
    """
    The entries.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class TrackedChanges(BaseModel):
    """
    Tracked changes and comments of a Word document, once its text is extracted; absent if there are none. The text is read as if all changes were accepted, with the comments. Check the changes in the document itself before you rely on the text.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    insertions: int
    """
    Tracked insertions, which are part of the text.
    """
    deletions: int
    """
    Tracked deletions, which are not part of the text.
    """
    moves: int
    """
    Tracked moves; the text is read at its new place.
    """
    comments: int
    """
    Comments, which are in the text as “[Comment by Ada: …]”.
    """


class OpenCheckoutRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    invoice_id: Annotated[str, Field(alias="invoiceId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    success_url: Annotated[str | None, Field(alias="successUrl")] = None
    """
    Where the person goes after paying.
    """
    cancel_url: Annotated[str | None, Field(alias="cancelUrl")] = None
    """
    Where the person goes who does not pay.
    """


class PaymentRefund(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["pending", "succeeded", "failed"] | str
    """
    pending: the provider has not sent the money; failed: the money is still there.
    """
    amount: int
    """
    In minor units of the currency of the payment.
    """
    reason: str
    """
    Empty if it was made at the provider.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class PaymentDispute(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["inquiry", "closed", "open", "won", "lost"] | str
    """
    inquiry: the bank asks, and no money moved; closed: it is satisfied; open: the bank took the money back until it decides; won: the money is back; lost: it is gone.
    """
    amount: int
    """
    In minor units of the currency of the payment.
    """
    reason: str
    """
    The provider's code, such as fraudulent.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class RefundPaymentRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    amount: int | None = None
    """
    In minor units of the currency of the payment; absent: all that is left.
    """
    reason: str
    """
    Why, for the firm. The provider does not get it.
    """


class NewSigner(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    name: str
    """
    The name, as it is printed on the certificate.
    """
    email: str
    """
    The address that the link is sent to.
    """
    order: int | None = None
    """
    The position in a sequential workflow, for all signers or for none. A parallel workflow has no order.
    """


class InitiateSignatureResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    signing_url: Annotated[str, Field(alias="signingUrl")]
    """
    The page where a signer can request their link. It contains no secret.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    tracking_id: Annotated[str, Field(alias="trackingId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class Signer(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    number: int
    """
    The number of the signer in the log and the certificate.
    """
    turn: int
    """
    Signers with the same turn sign at the same time.
    """
    name: str
    """
    The signer's name.
    """
    email: str
    """
    The signer's address.
    """
    status: Literal["waiting", "sent", "opened", "viewed", "consented", "signed", "declined"] | str
    """
    waiting: others sign first; sent: the link was e-mailed or is about to be; opened: the link was used; viewed: the whole document was downloaded with it; consented: the signer agreed to sign electronically.
    """
    signed_at: Annotated[AwareDatetime | None, Field(alias="signedAt")] = None
    """
    RFC 3339, in UTC.
    """
    signing_url: Annotated[str | None, Field(alias="signingUrl")] = None
    """
    In test mode, the link of a signer who can sign now. The part after `#` is the `token` of the signing operations.
    """
    reason: str | None = None
    """
    Why the signer declined.
    """


class SignatureEvent(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    seq: int
    """
    The sequence number, from 1 without gaps.
    """
    at: AwareDatetime
    """
    RFC 3339, in UTC.
    """
    kind: (
        Literal[
            "created",
            "risks",
            "failed",
            "sent",
            "reminded",
            "delivered",
            "bounced",
            "forwarded",
            "opened",
            "viewed",
            "consented",
            "signed",
            "declined",
            "cancelled",
            "expired",
            "completed",
        ]
        | str
    )
    """
    What happened. risks: the sender accepted risks of the document; delivered, bounced: the mail server accepted or rejected the e-mail to this address; forwarded: the link was used and led to the provider; opened: the link was used; viewed: the whole document was downloaded with it, or the provider reports that it was viewed.
    """
    signer: int | None = None
    """
    The signer who did it.
    """
    ip: str | None = None
    """
    The network address of the signer.
    """
    user_agent: Annotated[str | None, Field(alias="userAgent")] = None
    """
    The browser of the signer.
    """
    detail: str | None = None
    """
    A checksum, the version of the consent text, the accepted risks, or the reason of a failure.
    """
    signed_as: Annotated[str | None, Field(alias="signedAs")] = None
    """
    The name that was typed as a signature, if it differs from the signer's name.
    """
    prev: str
    """
    A SHA-256.
    """
    hash: str
    """
    A SHA-256.
    """


class SignatureEventList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[SignatureEvent]
    """
    The log, from its beginning.
    """


class ProviderWebhook(BaseModel):
    """
    The provider's own event.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
    )


class SigningToken(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of a signing link after the `#`.
    """


class SigningConsent(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of a signing link after the `#`.
    """
    disclosure: str
    """
    The version of the consent text that was shown.
    """


class SignaturePoint(BaseModel):
    """
    A point, from the upper left corner of the field.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    x: float
    """
    To the right.
    """
    y: float
    """
    Down.
    """


class SigningDecline(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of a signing link after the `#`.
    """
    reason: str | None = None
    """
    The reason, for the sender.
    """


class SigningLinkRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    tracking_id: Annotated[str, Field(alias="trackingId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    email: str
    """
    The signer's address.
    """


class SigningDisclosure(BaseModel):
    """
    The consent text.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    version: str
    """
    The version of the text.
    """
    text: str
    """
    The text.
    """


class SigningText(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    pages: list[str]
    """
    The text of each page.
    """


class Passage(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    name: str
    """
    The document's file name.
    """
    page: int
    """
    The page number, from 1.
    """
    quote: str
    """
    The text of the page around the match.
    """
    matches: list[str]
    """
    The matching words of the quote, as they are written there.
    """


class PassageList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Passage]
    """
    The pages, best match first.
    """


class RenderBatchResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    job_id: Annotated[str, Field(alias="jobId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    total: int
    """
    How many documents the job renders.
    """


class RenderOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    draft: bool | None = None
    """
    Whether every page is marked DRAFT.
    """
    page_size: Annotated[Literal["A4", "Letter"] | None, Field(alias="pageSize")] = None
    """
    The paper size; if absent, the template's, or A4 for a draft.
    """
    verify_url: Annotated[str | None, Field(alias="verifyUrl")] = None
    """
    A URL where a reader can verify the document; printed as a QR code on the last page.
    """


class RenderPdfResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    file_url: Annotated[str, Field(alias="fileUrl")]
    """
    Where anyone who has the URL can download the file until it expires.
    """
    file_url_expires_at: Annotated[AwareDatetime, Field(alias="fileUrlExpiresAt")]
    """
    RFC 3339, in UTC.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    size: int
    """
    The size of the file in bytes.
    """


class JobProgress(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    done: int
    """
    How many steps are done.
    """
    total: int
    """
    How many steps there are; 0 if unknown.
    """


class JobError(BaseModel):
    """
    Why the last attempt failed.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    code: str
    """
    The `code` of a problem.
    """
    detail: str
    """
    What happened.
    """


class Verification(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    intact: bool
    """
    Whether the stored bytes are the recorded ones.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    stored_checksum: Annotated[str | None, Field(alias="storedChecksum")] = None
    """
    The SHA-256 of a file's bytes.
    """
    stored_size: Annotated[int, Field(alias="storedSize")]
    """
    The size of the stored file in bytes.
    """
    reproducible: bool | None = None
    """
    Whether rendering it again gives the same bytes; absent for an uploaded document.
    """
    verified_at: Annotated[AwareDatetime, Field(alias="verifiedAt")]
    """
    RFC 3339, in UTC.
    """


class TemplateVersionSummary(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    version: str
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """
    name: str
    """
    The template's name in this version.
    """
    published: bool
    """
    Whether everyone with whom the template is shared can use it.
    """
    author_id: Annotated[str | None, Field(alias="authorId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    published_at: Annotated[AwareDatetime | None, Field(alias="publishedAt")] = None
    """
    RFC 3339, in UTC.
    """


class TemplateVersion(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    template_id: Annotated[str, Field(alias="templateId")]
    """
    The id of a template: lower-case letters, digits and hyphens.
    """
    version: str
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """
    name: str
    """
    The template's name in this version.
    """
    published: bool
    """
    Whether everyone with whom the template is shared can use it.
    """
    author_id: Annotated[str | None, Field(alias="authorId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    published_at: Annotated[AwareDatetime | None, Field(alias="publishedAt")] = None
    """
    RFC 3339, in UTC.
    """
    description: str
    """
    What it is for.
    """
    body: str
    """
    Front matter and Markdown with placeholders.
    """
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """
    The JSON Schema (2020-12) of the data.
    """
    sample_data: Annotated[dict[str, Any], Field(alias="sampleData")]
    """
    Data that matches the schema and fills the template.
    """


class CreateTemplateRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    template_id: Annotated[str, Field(alias="templateId")]
    """
    The id of a template: lower-case letters, digits and hyphens.
    """
    version: str
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """
    body: str
    """
    Front matter and Markdown with placeholders.
    """
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """
    The JSON Schema (2020-12) of the data.
    """
    sample_data: Annotated[dict[str, Any], Field(alias="sampleData")]
    """
    Data that matches the schema and fills the template.
    """


class CreateTemplateVersionRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    version: str
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """
    body: str
    """
    Front matter and Markdown with placeholders.
    """
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """
    The JSON Schema (2020-12) of the data.
    """
    sample_data: Annotated[dict[str, Any], Field(alias="sampleData")]
    """
    Data that matches the schema and fills the template.
    """


class UpdateTemplateRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    sharing: Literal["firm", "private"]
    """
    Who can use the published versions: everyone (firm), or only the owner (private).
    """


class CopyTemplateRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    template_id: Annotated[str, Field(alias="templateId")]
    """
    The id of a template: lower-case letters, digits and hyphens.
    """
    version: str | None = None
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """


class PreviewTemplateRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    data: dict[str, Any] | None = None
    """
    The data for the template; its sample data if absent.
    """


class TemplatePreview(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    title: str
    """
    The document's title.
    """
    html: str
    """
    The document as a fragment of HTML.
    """


class UpdateNotificationRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    read: bool
    """
    Whether it has been read.
    """


class ReadNotificationsRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    newest_id: Annotated[str, Field(alias="newestId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class NotificationPreference(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: (
        Literal[
            "case.updated",
            "case.closed",
            "case.joined",
            "task.assigned",
            "document.uploaded",
            "document.rendered",
            "document.deleted",
            "draft.created",
            "draft.updated",
            "draft.deleted",
            "email.sent",
            "email.bounced",
            "email.failed",
            "compliance.changed",
            "invoice.sent",
            "invoice.paid",
            "invoice.overdue",
            "invoice.voided",
            "invoice.overpaid",
            "payment.succeeded",
            "payment.failed",
            "payment.refunded",
            "payment.disputed",
            "signature.created",
            "signature.signed",
            "signature.declined",
            "signature.completed",
            "signature.cancelled",
            "signature.expired",
            "signature.failed",
        ]
        | str
    )
    """
    The type of an event, as in WebhookEventType. `case.joined` notifies the new member and
    `task.assigned` the assignee; the others notify the members of the case, or else the owner of the
    resource. Nobody is notified of what they did themselves.

    """
    in_app: Annotated[bool, Field(alias="inApp")]
    """
    Whether to notify in the app.
    """
    email: bool
    """
    Whether to notify by e-mail. The e-mail names the type of event and no content.
    """


class NotificationPreferences(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[NotificationPreference]
    """
    One preference per type.
    """


class CreateWebhookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    url: str
    """
    Where events are POSTed.
    """
    description: str | None = None
    """
    What the webhook is for.
    """
    event_types: Annotated[
        list[
            Literal[
                "case.created",
                "case.updated",
                "case.closed",
                "case.joined",
                "task.assigned",
                "document.uploaded",
                "document.rendered",
                "document.deleted",
                "draft.created",
                "draft.updated",
                "draft.deleted",
                "email.sent",
                "email.bounced",
                "email.failed",
                "compliance.changed",
                "invoice.sent",
                "invoice.paid",
                "invoice.overdue",
                "invoice.voided",
                "invoice.overpaid",
                "payment.succeeded",
                "payment.failed",
                "payment.refunded",
                "payment.disputed",
                "signature.created",
                "signature.signed",
                "signature.declined",
                "signature.completed",
                "signature.cancelled",
                "signature.expired",
                "signature.failed",
            ]
        ],
        Field(alias="eventTypes"),
    ]
    """
    The events to send.
    """


class UpdateWebhookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    url: str | None = None
    """
    Where events are POSTed.
    """
    description: str | None = None
    """
    What the webhook is for.
    """
    event_types: Annotated[
        list[
            Literal[
                "case.created",
                "case.updated",
                "case.closed",
                "case.joined",
                "task.assigned",
                "document.uploaded",
                "document.rendered",
                "document.deleted",
                "draft.created",
                "draft.updated",
                "draft.deleted",
                "email.sent",
                "email.bounced",
                "email.failed",
                "compliance.changed",
                "invoice.sent",
                "invoice.paid",
                "invoice.overdue",
                "invoice.voided",
                "invoice.overpaid",
                "payment.succeeded",
                "payment.failed",
                "payment.refunded",
                "payment.disputed",
                "signature.created",
                "signature.signed",
                "signature.declined",
                "signature.completed",
                "signature.cancelled",
                "signature.expired",
                "signature.failed",
            ]
        ]
        | None,
        Field(alias="eventTypes"),
    ] = None
    """
    The events to send.
    """
    enabled: bool | None = None
    """
    Whether events are sent.
    """


class Webhook(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    url: str
    """
    Where events are POSTed.
    """
    description: str
    """
    What the webhook is for.
    """
    event_types: Annotated[
        list[
            Literal[
                "case.created",
                "case.updated",
                "case.closed",
                "case.joined",
                "task.assigned",
                "document.uploaded",
                "document.rendered",
                "document.deleted",
                "draft.created",
                "draft.updated",
                "draft.deleted",
                "email.sent",
                "email.bounced",
                "email.failed",
                "compliance.changed",
                "invoice.sent",
                "invoice.paid",
                "invoice.overdue",
                "invoice.voided",
                "invoice.overpaid",
                "payment.succeeded",
                "payment.failed",
                "payment.refunded",
                "payment.disputed",
                "signature.created",
                "signature.signed",
                "signature.declined",
                "signature.completed",
                "signature.cancelled",
                "signature.expired",
                "signature.failed",
            ]
            | str
        ],
        Field(alias="eventTypes"),
    ]
    """
    The events that are sent.
    """
    enabled: bool
    """
    Whether events are sent.
    """
    disabled_reason: Annotated[Literal["owner", "gone", "failing"] | str | None, Field(alias="disabledReason")] = None
    """
    Why the webhook is disabled. owner: somebody disabled it; gone: the receiver answered 410; failing: nothing was delivered for five days.
    """
    disabled_at: Annotated[AwareDatetime | None, Field(alias="disabledAt")] = None
    """
    RFC 3339, in UTC.
    """
    failing_since: Annotated[AwareDatetime | None, Field(alias="failingSince")] = None
    """
    RFC 3339, in UTC.
    """
    previous_secret_expires_at: Annotated[AwareDatetime | None, Field(alias="previousSecretExpiresAt")] = None
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """


class WebhookWithSecret(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    webhook: Webhook
    secret: str
    """
    The secret that requests are signed with. It is not shown again.
    """


class WebhookList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Webhook]
    """
    The webhooks.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class ReplayWebhookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    since: AwareDatetime
    """
    RFC 3339, in UTC.
    """


class ReplayWebhookResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    job_id: Annotated[str, Field(alias="jobId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class WebhookDelivery(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    webhook_id: Annotated[str, Field(alias="webhookId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    event_type: Annotated[str, Field(alias="eventType")]
    """
    A WebhookEventType, or ping.
    """
    status: Literal["pending", "delivered", "failed", "withheld"] | str
    """
    The status of a delivery: pending; answered with 2xx; failed after all attempts; or not sent, because the account may no longer receive the event.
    """
    attempts: int
    """
    The number of attempts.
    """
    next_attempt_at: Annotated[AwareDatetime | None, Field(alias="nextAttemptAt")] = None
    """
    RFC 3339, in UTC.
    """
    finished_at: Annotated[AwareDatetime | None, Field(alias="finishedAt")] = None
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class WebhookDeliveryList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[WebhookDelivery]
    """
    The deliveries.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class EventIds(BaseModel):
    """
    The ids of the resources that an event is about.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    member_id: Annotated[str | None, Field(alias="memberId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    task_id: Annotated[str | None, Field(alias="taskId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    assignee_id: Annotated[str | None, Field(alias="assigneeId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    document_id: Annotated[str | None, Field(alias="documentId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    draft_id: Annotated[str | None, Field(alias="draftId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    email_id: Annotated[str | None, Field(alias="emailId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    watch_id: Annotated[str | None, Field(alias="watchId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    check_id: Annotated[str | None, Field(alias="checkId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    invoice_id: Annotated[str | None, Field(alias="invoiceId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    payment_id: Annotated[str | None, Field(alias="paymentId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    refund_id: Annotated[str | None, Field(alias="refundId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    dispute_id: Annotated[str | None, Field(alias="disputeId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    tracking_id: Annotated[str | None, Field(alias="trackingId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    webhook_id: Annotated[str | None, Field(alias="webhookId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class WebhookAttempt(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    number: int
    """
    1, 2, and so on.
    """
    at: AwareDatetime
    """
    RFC 3339, in UTC.
    """
    outcome: Literal["delivered", "refused", "redirected", "timeout", "no_address", "forbidden_address", "no_answer", "insecure", "unsigned"] | str
    """
    The outcome: a 2xx response; another status; a 3xx redirect, which is not followed; no response
    within 15 seconds; a host name that does not resolve, or not to a public address; a connection that
    failed or broke; an invalid certificate; a signing secret that this service could not read (rotate
    it).

    """
    status: int | None = None
    """
    The HTTP status of the response, if there was one.
    """
    duration_ms: Annotated[int, Field(alias="durationMs")]
    """
    The time until the response or the failure, in milliseconds.
    """


class Liveness(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    status: Literal["ok"] | str = "ok"
    """
    Alive.
    """


class Problem(BaseModel):
    """
    An error (RFC 9457).
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: str
    """
    Identifies the kind of problem, and leads to its explanation. Relative to this server if the service has no public address.
    """
    title: str
    """
    A short text for the kind of problem; the same for the same type.
    """
    status: int
    """
    The HTTP status.
    """
    detail: str | None = None
    """
    What went wrong with this request.
    """
    instance: str | None = None
    """
    The path of the request.
    """
    code: str
    """
    Stable and for programs: malformed, invalid, unauthenticated, forbidden, scope_missing, address_not_allowed, api_key_refused, test_mode_refused, not_found, method_not_allowed, conflict, legal_hold, case_closed, case_owner, invoice_draft, invoice_issued, invoice_not_open, invoice_void, payment_from_trust, refund_too_large, time_entry_billed, trust_insufficient, template_unpublished, template_archived, text_pending, too_large, range_not_satisfiable, rate_limited, ai_budget_spent, storage_unavailable, ai_unavailable, ai_bad_answer, ai_answer_cut_off, ai_text_filtered, ai_text_too_long, ai_quota_exceeded, ai_key_refused, ai_model_unknown, ai_request_refused, document_unfit, document_gone, document_corrupt, email_unavailable, link_invalid, link_early, link_signed, link_declined, link_expired, link_closed, link_elsewhere, not_viewed, signature_open, signature_mailing, signature_creating, signature_sealing, signature_failed, signature_completed, signature_declined, signature_cancelled, signature_expired, esign_unavailable, esign_refused, registry_unavailable, registry_rate_limited, registry_response, registry_not_configured, invoice_not_payable, payment_processing, payment_not_succeeded, payment_refunded, payments_unavailable, payments_rejected, idempotency_key_reused, idempotency_in_progress, idempotency_answer_unreadable, upstream, unavailable, timeout, internal.
    """
    request_id: Annotated[str, Field(alias="requestId")]
    """
    The id of the request, as in the logs.
    """
    errors: list[FieldError] | None = None
    """
    The invalid fields.
    """


class ResetPasswordRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of the link after the `=`.
    """
    password: str
    """
    At least eight characters of any kind, including spaces. A very common password, or one made of the
    account's name or address, is 422.

    """
    revoke_api_keys: Annotated[bool | None, Field(alias="revokeApiKeys")] = None
    """
    Whether the API keys of the account are revoked.
    """


class VerifyEmailRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of the link after the `=`.
    """


class ExportedDraft(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    draft: Draft
    versions: list[DraftVersion]
    """
    All versions, the newest first.
    """


class ChatRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    message: str
    """
    The question.
    """
    context: ChatContext | None = None
    locale: str | None = None
    """
    The language as a BCP 47 tag; English if absent or unknown.
    """


class GenerateDocumentRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    type: str
    """
    The id of a document type.
    """
    inputs: dict[str, Any]
    """
    The inputs of the draft, which must match the `inputsSchema` of its type.
    """
    tone: Literal["formal", "plain", "firm", "friendly"] | None = None
    """
    The tone of the draft; formal if absent.
    """
    locale: str | None = None
    """
    The language as a BCP 47 tag; English if absent or unknown.
    """
    policy: Literal["default", "nda", "vendor", "employment", "lease", "dpa", "sale", "loan"] | None = None
    """
    The rule set that a text is checked against: any commercial contract, a non-disclosure agreement, goods or
    services from a vendor, an employment contract, a lease, a data processing agreement, a sale of goods or a
    loan. Each speaks English, German, French and Spanish.

    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class GenerateDocumentResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    draft_id: Annotated[str, Field(alias="draftId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    draft_text: Annotated[str, Field(alias="draftText")]
    """
    The whole draft, in Markdown.
    """
    sections: dict[str, DraftSection]
    """
    The sections of the draft by id.
    """
    quality_score: Annotated[float, Field(alias="qualityScore")]
    """
    How complete the draft is, computed from its text: the sections, the points that they cover and the inputs that appear; 1 is complete. A point that only repeats the instruction does not count, and a draft in the wrong language gets half. It does not assess the law.
    """
    citations: list[Citation]
    """
    The statutes, acts and decisions that `draftText` names, in its order. Those that stand in the inputs are verified.
    """
    warnings: list[str]
    """
    What a lawyer should check.
    """
    model: str
    """
    The model that wrote it, as its provider names it. During an outage of the AI provider it can be the fallback.
    """
    tokens_used: Annotated[int, Field(alias="tokensUsed")]
    """
    Tokens that the provider counted for this draft; 0 for a cached one.
    """
    cached: bool
    """
    Whether the draft came from the cache.
    """
    consultation_id: Annotated[str, Field(alias="consultationId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class AnalyzeRequest(BaseModel):
    """
    Either `text` or `docId` is required, not both.
    """

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    text: str | None = None
    """
    The text to review.
    """
    doc_id: Annotated[str | None, Field(alias="docId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    policy: str
    """
    A shipped policy (`default`, `nda`, `vendor`, `employment`, `lease`, `dpa`, `sale` or `loan`) or, for lawyers and
    admins, the id of a playbook.

    """
    locale: str | None = None
    """
    The language as a BCP 47 tag; English if absent or unknown.
    """


class PlaybookPosition(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    clause_type: Annotated[str, Field(alias="clauseType")]
    """
    The clause type, see `Finding`.
    """
    severity: Literal["low", "medium", "high"] | str
    """
    The severity of a finding or the risk of a whole text.
    """
    required: bool | None = None
    """
    Whether such a clause must be there; false if absent.
    """
    forbidden: bool | None = None
    """
    Whether such a clause must not be there; false if absent.
    """
    preferred: str | None = None
    """
    What the firm asks for.
    """
    fallback: str | None = None
    """
    What it accepts as well.
    """
    unacceptable: str | None = None
    """
    What it does not accept, in words.
    """
    unacceptable_terms: Annotated[list[str] | None, Field(alias="unacceptableTerms")] = None
    """
    Terms that no sentence may have.
    """
    required_terms: Annotated[list[str] | None, Field(alias="requiredTerms")] = None
    """
    Terms of which the clause must have one.
    """
    wording: str | None = None
    """
    The clause that the firm proposes.
    """


class Finding(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    kind: Literal["risk", "clause", "missing"] | str
    """
    `risk`: a passage that deserves attention. `clause`: a passage that was recognized as a clause of this type and to
    which nothing is objected; it does not count for the risk. `missing`: a clause that the policy expects and the text
    does not have.

    """
    clause_type: Annotated[str, Field(alias="clauseType")]
    """
    The clause type: one of the 41 of the CUAD data set, one of those beyond it such as `Confidentiality` or `Payment`, or `Embedded Instruction`.
    """
    title: str | None = None
    """
    What the finding is about, in a few words; absent for findings of the AI and for recognized clauses.
    """
    quote: str
    """
    The quoted text, verbatim; empty for a missing clause.
    """
    start: int
    """
    Where the quote begins, in UTF-16 code units; 0 for a missing clause.
    """
    end: int
    """
    Where it ends (exclusive), in UTF-16 code units; 0 for a missing clause.
    """
    severity: Literal["low", "medium", "high"] | str
    """
    The severity of a finding or the risk of a whole text.
    """
    confidence: float
    """
    The confidence in the finding.
    """
    rationale: str
    """
    Why it matters; for a recognized clause, what such a clause is about.
    """
    suggestion: str
    """
    What to do about it; empty for a recognized clause.
    """
    wording: str | None = None
    """
    A clause to propose, in the language of the text if that is English, German, French or Spanish, else in English. What stands in square brackets is to be filled in.
    """
    page: int | None = None
    """
    The page of the document on which the quote begins.
    """
    paragraph: int | None = None
    """
    The paragraph of a Word file in which the quote begins, counted from 1 in the whole document.
    """
    box: PageBox | None = None


class MaskResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    masked_text: Annotated[str, Field(alias="maskedText")]
    """
    The text with placeholders.
    """
    placeholders: list[MaskedSpan]
    """
    What was masked, in the order of the text.
    """


class MaskingEntry(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    text: str
    """
    Words that are always or never masked. It has a letter or digit.
    """
    type: Literal["PERSON", "COMPANY", "LOCATION", "ADDRESS", "ID"] | str
    """
    The type of its placeholder.
    """


class MaskingLists(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    always: list[MaskingEntry]
    """
    What is always masked, in the order in which it was given.
    """
    never: list[str]
    """
    What is never masked, in the order in which it was given.
    """
    version: int
    """
    The version of the lists: 0 until they are replaced for the first time.
    """
    updated_at: Annotated[AwareDatetime | None, Field(alias="updatedAt")] = None
    """
    RFC 3339, in UTC.
    """
    updated_by: Annotated[str | None, Field(alias="updatedBy")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class ReplaceMaskingListsRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    always: list[MaskingEntry]
    """
    What is always masked.
    """
    never: list[str]
    """
    What is never masked.
    """
    version: int | None = None
    """
    The version of the lists: 0 until they are replaced for the first time.
    """


class AIUsage(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    period: date_aliased | None = None
    """
    The day, or the first day of the month; only if grouped by it.
    """
    user_id: Annotated[str | None, Field(alias="userId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    model: str | None = None
    """
    The model, as its provider names it; only if grouped by it.
    """
    calls: int
    """
    How many calls of a model were made.
    """
    cached_calls: Annotated[int, Field(alias="cachedCalls")]
    """
    How many requests were answered without a call of their own.
    """
    prompt_tokens: Annotated[int, Field(alias="promptTokens")]
    """
    Tokens sent.
    """
    completion_tokens: Annotated[int, Field(alias="completionTokens")]
    """
    Tokens received.
    """
    cost: AICost


class Consultation(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: Literal["chat", "document", "analysis"] | str
    """
    The type of a consultation.
    """
    question: str
    """
    The message, the reviewed text, or the inputs of the draft as JSON.
    """
    answer: str
    """
    The answer or draft in Markdown, or the findings as JSON.
    """
    masked_text: Annotated[str | None, Field(alias="maskedText")] = None
    """
    What the AI received for it, with placeholders for personal data: the question with its context, the text with its playbook, or the inputs. Reviews of documents, and consultations from before this was recorded, have none.
    """
    references: list[Annotated[ConsultationReference | DocumentReference | Unknown, Field(union_mode="left_to_right")]] | None = None
    """
    The sources of the answer.
    """
    citations: list[Citation] | None = None
    """
    The statutes, acts and decisions that a chat answer names.
    """
    clarifications: list[Clarification] | None = None
    """
    Questions to the user. What they answer can change the answer.
    """
    warnings: list[str] | None = None
    """
    What the reader should know: documents with pages that contain instructions to the AI, quotations that are not in the documents, and an answer in another language than the requested one.
    """
    draft_id: Annotated[str | None, Field(alias="draftId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    locale: str | None = None
    """
    The language of the answer.
    """
    model: str
    """
    The model that answered.
    """
    cached: bool
    """
    Whether the answer came from the cache.
    """
    tokens_used: Annotated[int, Field(alias="tokensUsed")]
    """
    Tokens that the provider counted.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class DraftHunk(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    old_start: Annotated[int, Field(alias="oldStart")]
    """
    The first line in the old text, from 1.
    """
    old_lines: Annotated[int, Field(alias="oldLines")]
    """
    How many lines of the old text.
    """
    new_start: Annotated[int, Field(alias="newStart")]
    """
    The first line in the new text, from 1.
    """
    new_lines: Annotated[int, Field(alias="newLines")]
    """
    How many lines of the new text.
    """
    changes: list[TextChange]
    """
    The lines, in pieces.
    """


class CreateCaseRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    title: str
    """
    The title of the case.
    """
    description: str | None = None
    """
    What the case is about.
    """


class UpdateCaseRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    title: str | None = None
    """
    The title of the case.
    """
    description: str | None = None
    """
    What the case is about.
    """
    status: Literal["open", "closed"] | None = None
    """
    The status of a case.
    """
    legal_hold: Annotated[bool | None, Field(alias="legalHold")] = None
    """
    Whether deletion is forbidden.
    """


class CaseParty(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: Literal["person", "company"] | str
    """
    Whether a party is a person or a company.
    """
    side: Literal["client", "opposing", "other"] | str
    """
    The side of a party; other: neither side, such as a witness.
    """
    name: str
    """
    The party's name.
    """
    email: str | None = None
    """
    An e-mail address, with letters of any language on both sides of the @. Case is ignored, and a domain
    in Unicode equals its ASCII form (xn--).

    """
    registration_number: Annotated[str | None, Field(alias="registrationNumber")] = None
    """
    The company registration number or a tax number.
    """
    registration_country: Annotated[str | None, Field(alias="registrationCountry")] = None
    """
    The country of the register (ISO 3166-1 alpha-2).
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    conflicts: list[PartyConflict] | None = None
    """
    Conflicts of interest: the same party on the other side of other cases; absent if there are none.
    """


class CasePartyList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[CaseParty]
    """
    The parties.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class SendEmailRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    to: list[str]
    """
    The recipients; at most 100 together with cc and bcc.
    """
    cc: list[str] | None = None
    """
    Recipients of a copy.
    """
    bcc: list[str] | None = None
    """
    Recipients of a copy whom the others do not see.
    """
    reply_to: Annotated[str | None, Field(alias="replyTo")] = None
    """
    An e-mail address. An invalid one only fails its own e-mail, not the others of a batch.
    """
    subject: str
    """
    The subject; one line.
    """
    body_html: Annotated[str | None, Field(alias="bodyHtml")] = None
    """
    The HTML body. Either this or bodyText is required.
    """
    body_text: Annotated[str | None, Field(alias="bodyText")] = None
    """
    The text body.
    """
    attachments: list[EmailAttachment] | None = None
    """
    The attachments.
    """
    send_at: Annotated[AwareDatetime | None, Field(alias="sendAt")] = None
    """
    RFC 3339, in UTC.
    """


class SendEmailResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | str
    """
    queued: waiting to be sent; sent: accepted by the mail server for at least one recipient; bounced: rejected permanently; failed: the service stopped trying; cancelled: by the sender.
    """


class SendEmailsRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    emails: list[SendEmailRequest]
    """
    The e-mails.
    """


class SendEmailsItem(BaseModel):
    """
    An id and a status, or an error.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str | None = None
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | str | None = None
    """
    queued: waiting to be sent; sent: accepted by the mail server for at least one recipient; bounced: rejected permanently; failed: the service stopped trying; cancelled: by the sender.
    """
    error: SendEmailsError | None = None


class StoredDocument(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    name: str
    """
    Its file name.
    """
    content_type: Annotated[str, Field(alias="contentType")]
    """
    The content type, detected from the content.
    """
    kind: Literal["uploaded", "rendered", "signed"] | str
    """
    The origin of a document: uploaded, rendered by the service, or signed by all signers.
    """
    text_state: Annotated[Literal["pending", "indexed", "none", "unreadable"] | str, Field(alias="textState")]
    """
    pending: the text is still to be extracted; indexed: the search can find it; none: there is no text, as in a scan or an image; unreadable: the text could not be extracted, see `textError`.
    """
    text_error: Annotated[Literal["memory", "time", "failed"] | str | None, Field(alias="textError")] = None
    """
    Why the text is unreadable. memory: extraction exceeds the memory limit; time: it exceeds the time limit; failed: it failed several times. The document itself is stored unchanged.
    """
    tracked_changes: Annotated[TrackedChanges | None, Field(alias="trackedChanges")] = None
    size: int
    """
    Bytes.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    file_url: Annotated[str, Field(alias="fileUrl")]
    """
    Gives access to the file without further credentials until it expires. Anyone who has the URL can read the file.
    """
    file_url_expires_at: Annotated[AwareDatetime, Field(alias="fileUrlExpiresAt")]
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """


class StoredDocumentList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[StoredDocument]
    """
    The documents.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class Payment(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    invoice_id: Annotated[str, Field(alias="invoiceId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    case_id: Annotated[str, Field(alias="caseId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    status: Literal["created", "open", "processing", "succeeded", "failed", "expired", "canceled"] | str
    """
    created: the provider has not confirmed the checkout; open: it can be paid; processing: somebody paid in a way that takes days; succeeded: the money arrived; failed: it did not, or the provider rejected the checkout; expired: nobody paid in time; canceled: another checkout replaced it, or the invoice is no longer to be paid. A payment that was refunded or is disputed stays succeeded.
    """
    amount: int
    """
    What is asked for, in minor units of the currency.
    """
    currency: str
    """
    A code of ISO 4217.
    """
    received: int
    """
    What arrived.
    """
    fee: int | None = None
    """
    What the provider keeps, if it is known.
    """
    fee_currency: Annotated[str | None, Field(alias="feeCurrency")] = None
    """
    The currency of the fee.
    """
    checkout_url: Annotated[str | None, Field(alias="checkoutUrl")] = None
    """
    The page on which to pay; absent if nobody can pay there.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    failure_reason: Annotated[str | None, Field(alias="failureReason")] = None
    """
    The provider's code for why the last attempt to pay failed, such as insufficient_funds.
    """
    refunds: list[PaymentRefund]
    """
    Its refunds, oldest first.
    """
    disputes: list[PaymentDispute]
    """
    Its disputes, oldest first.
    """
    test_mode: Annotated[bool | None, Field(alias="testMode")] = None
    """
    True if it is of a test account; absent otherwise.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """
    paid_at: Annotated[AwareDatetime | None, Field(alias="paidAt")] = None
    """
    RFC 3339, in UTC.
    """


class PaymentList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Payment]
    """
    The payments.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class InitiateSignatureRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    signers: list[NewSigner]
    """
    The signers; each address once.
    """
    workflow: Literal["sequential", "parallel"]
    """
    The order of signing.
    """
    message: str | None = None
    """
    The message in the e-mails to the signers.
    """
    accept_risks: Annotated[
        list[
            Literal[
                "blank",
                "draft",
                "unreadable",
                "empty_field",
                "javascript",
                "launch",
                "link",
                "form_action",
                "external_document",
                "action",
                "attachment",
                "media",
                "layers",
            ]
        ]
        | None,
        Field(alias="acceptRisks"),
    ] = None
    """
    The risks that the sender accepts. Only those that the document has are recorded.
    """
    language: str | None = None
    """
    The language of the e-mails as a BCP 47 tag: German, French, Spanish, or else English. If absent, that of the Accept-Language header.
    """
    expires_at: Annotated[AwareDatetime | None, Field(alias="expiresAt")] = None
    """
    When the request expires, an hour to a year from now; thirty days if absent.
    """


class SignatureRequest(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    tracking_id: Annotated[str, Field(alias="trackingId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str, Field(alias="userId")]
    """
    The account of the sender.
    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    The document's case.
    """
    doc_id: Annotated[str, Field(alias="docId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    document_name: Annotated[str, Field(alias="documentName")]
    """
    Its file name.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    workflow: Literal["sequential", "parallel"] | str
    """
    The order of signing.
    """
    provider: Literal["builtin", "docuseal", "documenso"] | str
    """
    The signing provider; builtin: this service itself.
    """
    status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | str
    """
    creating: it is being sent to the provider; open: it can be signed; sealing: all have signed, and the file is being sealed or downloaded; completed, declined, cancelled, expired and failed are final. failed: the provider did not accept it and nobody was asked to sign, or all have signed but the document is lost or damaged and cannot be sealed; the last entry of the log has the reason.
    """
    sender_name: Annotated[str, Field(alias="senderName")]
    """
    The name of the sender, as the signers see it.
    """
    message: str | None = None
    """
    The message in the e-mails to the signers.
    """
    language: Literal["en", "de", "fr", "es"] | str
    """
    The language of the e-mails.
    """
    signers: list[Signer]
    """
    The signers in the order of signing.
    """
    test_mode: Annotated[bool | None, Field(alias="testMode")] = None
    """
    True in test mode: nobody is asked to sign, and the document is sealed as a test.
    """
    signed_doc_id: Annotated[str | None, Field(alias="signedDocId")] = None
    """
    The signed document, once the request is completed.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    changed_at: Annotated[AwareDatetime, Field(alias="changedAt")]
    """
    When it got this status.
    """


class SignatureRequestList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[SignatureRequest]
    """
    The requests.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class Signature(BaseModel):
    """
    Either typed, or drawn as strokes in a field with a width and a height.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    typed: str | None = None
    """
    The typed name.
    """
    strokes: list[list[SignaturePoint]] | None = None
    """
    The drawn lines.
    """
    width: float | None = None
    """
    The size of the field.
    """
    height: float | None = None
    """
    The size of the field.
    """


class SigningView(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    state: Literal["open", "early", "signed", "declined", "expired", "closed"] | str
    """
    The state of the link. open: the signer can sign; early: others sign first; closed: the request was cancelled, or declined by another signer.
    """
    document_name: Annotated[str, Field(alias="documentName")]
    """
    Its file name.
    """
    size: int
    """
    Bytes.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    sender_name: Annotated[str, Field(alias="senderName")]
    """
    The name of the sender.
    """
    message: str | None = None
    """
    The sender's message.
    """
    signer_name: Annotated[str, Field(alias="signerName")]
    """
    The name of the signer.
    """
    expires_at: Annotated[AwareDatetime, Field(alias="expiresAt")]
    """
    RFC 3339, in UTC.
    """
    consented: bool
    """
    Whether the signer agreed to sign electronically.
    """
    signing_url: Annotated[str | None, Field(alias="signingUrl")] = None
    """
    Where the signer signs if the service uses an external provider: a secret URL, new each time. The signing operations of this service are then 409.
    """
    disclosure: SigningDisclosure


class RenderPdfRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    template_id: Annotated[str, Field(alias="templateId")]
    """
    The template.
    """
    version: str
    """
    Its version.
    """
    data: dict[str, Any]
    """
    The data for the template, which must match the version's `schema`.
    """
    options: RenderOptions | None = None
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """


class RenderBatchRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    items: list[RenderPdfRequest]
    """
    The documents to render.
    """


class RenderDraftRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    version: int | None = None
    """
    A version of a draft: 1, 2, and so on.
    """
    options: RenderOptions | None = None


class Job(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    user_id: Annotated[str | None, Field(alias="userId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    kind: str
    """
    The kind of job, such as `email.send`.
    """
    queue: Literal["interactive", "standard", "bulk"] | str
    """
    The priority: interactive before standard, standard before bulk.
    """
    status: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | str
    """
    The state of the job. A job that will be retried is waiting; failed is final.
    """
    progress: JobProgress
    result: dict[str, Any] | None = None
    """
    The result. The operation that starts the job describes it.
    """
    error: JobError | None = None
    attempts: int
    """
    How many attempts have failed.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    run_at: Annotated[AwareDatetime, Field(alias="runAt")]
    """
    RFC 3339, in UTC.
    """
    started_at: Annotated[AwareDatetime | None, Field(alias="startedAt")] = None
    """
    RFC 3339, in UTC.
    """
    finished_at: Annotated[AwareDatetime | None, Field(alias="finishedAt")] = None
    """
    RFC 3339, in UTC.
    """


class JobList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Job]
    """
    The jobs.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class JobEvent(BaseModel):
    """
    One event of the stream. The SSE event name equals `type`.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["progress", "done", "error"] | str
    """
    progress: the job has changed; done: it has ended (the last event); error: it can no longer be followed (the last event).
    """
    job: Job | None = None
    problem: Problem | None = None


class Template(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    template_id: Annotated[str, Field(alias="templateId")]
    """
    The id of a template: lower-case letters, digits and hyphens.
    """
    sharing: Literal["firm", "private"] | str
    """
    Who can use the published versions: everyone (firm), or only the owner (private).
    """
    owner_id: Annotated[str | None, Field(alias="ownerId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    archived_at: Annotated[AwareDatetime | None, Field(alias="archivedAt")] = None
    """
    RFC 3339, in UTC.
    """
    name: str
    """
    Its name in the latest version.
    """
    description: str
    """
    What it is for.
    """
    latest_version: Annotated[str, Field(alias="latestVersion")]
    """
    The name of a version, such as 1, 2.1 or 2026-03.
    """
    versions: list[TemplateVersionSummary]
    """
    The versions, oldest first.
    """


class TemplateList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Template]
    """
    The templates.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class Notification(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    type: (
        Literal[
            "case.updated",
            "case.closed",
            "case.joined",
            "task.assigned",
            "document.uploaded",
            "document.rendered",
            "document.deleted",
            "draft.created",
            "draft.updated",
            "draft.deleted",
            "email.sent",
            "email.bounced",
            "email.failed",
            "compliance.changed",
            "invoice.sent",
            "invoice.paid",
            "invoice.overdue",
            "invoice.voided",
            "invoice.overpaid",
            "payment.succeeded",
            "payment.failed",
            "payment.refunded",
            "payment.disputed",
            "signature.created",
            "signature.signed",
            "signature.declined",
            "signature.completed",
            "signature.cancelled",
            "signature.expired",
            "signature.failed",
        ]
        | str
    )
    """
    The type of an event, as in WebhookEventType. `case.joined` notifies the new member and
    `task.assigned` the assignee; the others notify the members of the case, or else the owner of the
    resource. Nobody is notified of what they did themselves.

    """
    case_id: Annotated[str | None, Field(alias="caseId")] = None
    """
    A UUIDv7: ids sort by creation time.
    """
    case_title: Annotated[str | None, Field(alias="caseTitle")] = None
    """
    The case's title now.
    """
    data: EventIds
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    read_at: Annotated[AwareDatetime | None, Field(alias="readAt")] = None
    """
    RFC 3339, in UTC.
    """


class NotificationList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Notification]
    """
    The notifications.
    """
    unread_count: Annotated[int, Field(alias="unreadCount")]
    """
    How many notifications are unread; 100 means 100 or more.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class WebhookEvent(BaseModel):
    """
    The payload of a delivery.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: str
    """
    A WebhookEventType, or ping.
    """
    timestamp: AwareDatetime
    """
    RFC 3339, in UTC.
    """
    data: EventIds
    test_mode: Annotated[bool | None, Field(alias="testMode")] = None
    """
    True if a test key caused it; absent otherwise.
    """


class Checks(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    database: Literal["ok", "down"] | str
    """
    The state of a part.
    """
    redis: Literal["ok", "down"] | str
    """
    The state of a part.
    """


class Readiness(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    status: Literal["ok", "degraded"] | str
    """
    Whether all parts are up.
    """
    checks: Checks


class ExportedSignature(BaseModel):
    """
    What is stored about a signer, without the other signers.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    tracking_id: Annotated[str, Field(alias="trackingId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    document_name: Annotated[str, Field(alias="documentName")]
    """
    Its file name.
    """
    checksum: str
    """
    The SHA-256 of a file's bytes.
    """
    sender_name: Annotated[str, Field(alias="senderName")]
    """
    The name of the sender.
    """
    message: str | None = None
    """
    The sender's message.
    """
    status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | str
    """
    creating: it is being sent to the provider; open: it can be signed; sealing: all have signed, and the file is being sealed or downloaded; completed, declined, cancelled, expired and failed are final. failed: the provider did not accept it and nobody was asked to sign, or all have signed but the document is lost or damaged and cannot be sealed; the last entry of the log has the reason.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    signer: Signer
    disclosure: str | None = None
    """
    The version of the consent text that the signer agreed to.
    """
    signature: Signature | None = None
    events: list[SignatureEvent]
    """
    The signer's entries of the log.
    """


class ExportedCase(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    case_id: Annotated[str, Field(alias="caseId")]
    """
    A UUIDv7: ids sort by creation time.
    """
    role: Literal["owner", "lawyer", "assistant", "client", "viewer"] | str
    """
    The role of a member. owner: manages the case and its members and can delete it. lawyer: works on the case and can change it. assistant: works on the case. client: reads it and asks questions in it. viewer: reads it.
    """
    since: AwareDatetime
    """
    RFC 3339, in UTC.
    """
    notes: list[CaseNote]
    """
    The notes that the person wrote.
    """
    tasks: list[CaseTask]
    """
    The tasks that the person created or is assigned to.
    """
    consultations: list[Consultation]
    """
    The person's consultations in the case.
    """
    drafts: list[ExportedDraft]
    """
    The drafts that the person created in the case.
    """
    documents: list[StoredDocument]
    """
    The documents that the person rendered or uploaded in the case, each with a link to its file.
    """
    signature_requests: Annotated[list[SignatureRequest], Field(alias="signatureRequests")]
    """
    The signature requests that the person sent in the case.
    """


class ChatResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    answer: str
    """
    The answer, in Markdown.
    """
    references: list[Annotated[ConsultationReference | DocumentReference | Unknown, Field(union_mode="left_to_right")]]
    """
    The sources of the answer.
    """
    citations: list[Citation]
    """
    The statutes, acts and decisions that the answer names, in its order.
    """
    clarifications: list[Clarification]
    """
    Questions to the user. What they answer can change the answer.
    """
    warnings: list[str] | None = None
    """
    What the reader should know: documents with pages that contain instructions to the AI, quotations that are not in the documents, and an answer in another language than the requested one.
    """
    model: str
    """
    The model that wrote it, as its provider names it. During an outage of the AI provider it can be the fallback.
    """
    tokens_used: Annotated[int, Field(alias="tokensUsed")]
    """
    Tokens that the provider counted for this answer; 0 for a cached one.
    """
    cached: bool
    """
    Whether the answer came from the cache.
    """
    consultation_id: Annotated[str, Field(alias="consultationId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class ChatEvent(BaseModel):
    """
    One event of the stream. The SSE event name equals `type`.
    """

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["delta", "done", "error"] | str
    """
    delta: a piece of the answer; done: the whole answer, as the last event; error: the failure, as the last event.
    """
    text: str | None = None
    """
    A piece of the answer (delta).
    """
    response: ChatResponse | None = None
    problem: Problem | None = None


class AnalyzeResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    findings: list[Finding]
    """
    The findings, in the order of the text; missing clauses last.
    """
    risk_level: Annotated[Literal["low", "medium", "high"] | str, Field(alias="riskLevel")]
    """
    The severity of a finding or the risk of a whole text.
    """
    suggestions: list[str]
    """
    What to do, most important first.
    """
    model: str
    """
    The model that reviewed the text, as its provider names it. During an outage of the AI provider it can be the fallback. Empty if the rules alone reviewed the text.
    """
    model_used: Annotated[bool, Field(alias="modelUsed")]
    """
    Whether the AI took part. If it could not be asked, the rules alone reviewed the text; ask again later for the full review.
    """
    warnings: list[str]
    """
    What the reader should know about the review.
    """
    tokens_used: Annotated[int, Field(alias="tokensUsed")]
    """
    Tokens that the provider counted for this review; 0 for a cached one.
    """
    cached: bool
    """
    Whether the AI's part came from the cache.
    """
    consultation_id: Annotated[str, Field(alias="consultationId")]
    """
    A UUIDv7: ids sort by creation time.
    """


class PlaybookContent(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    """
    Its name.
    """
    description: str | None = None
    """
    For whom and how a document is reviewed.
    """
    extends: Literal["default", "nda", "vendor", "employment", "lease", "dpa", "sale", "loan"] | str | None = None
    """
    The rule set that a text is checked against: any commercial contract, a non-disclosure agreement, goods or
    services from a vendor, an employment contract, a lease, a data processing agreement, a sale of goods or a
    loan. Each speaks English, German, French and Spanish.

    """
    positions: list[PlaybookPosition]
    """
    The positions, each on another clause type.
    """


class AIUsageList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[AIUsage]
    """
    The sums.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """
    budgets: list[AIBudget]
    """
    The budgets that apply to the caller.
    """


class DraftComparison(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    from_: Annotated[int, Field(alias="from")]
    """
    A version of a draft: 1, 2, and so on.
    """
    to: int
    """
    A version of a draft: 1, 2, and so on.
    """
    title: list[TextChange]
    """
    The difference between the titles, in pieces.
    """
    hunks: list[DraftHunk]
    """
    The changed places, in the order of the text; empty if nothing changed.
    """
    inserted_words: Annotated[int, Field(alias="insertedWords")]
    """
    How many words were inserted.
    """
    deleted_words: Annotated[int, Field(alias="deletedWords")]
    """
    How many words were deleted.
    """


class SendEmailsResponse(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[SendEmailsItem]
    """
    The result for each e-mail, in the same order.
    """


class SigningSignature(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    token: str
    """
    The part of a signing link after the `#`.
    """
    signature: Signature


class WebhookDeliveryDetail(WebhookDelivery):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    payload: WebhookEvent
    log: list[WebhookAttempt]
    """
    The latest attempts, newest first.
    """


class Playbook(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    id: str
    """
    A UUIDv7: ids sort by creation time.
    """
    created_by: Annotated[str, Field(alias="createdBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    version: int
    """
    Increases by 1 with each change.
    """
    created_at: Annotated[AwareDatetime, Field(alias="createdAt")]
    """
    RFC 3339, in UTC.
    """
    updated_at: Annotated[AwareDatetime, Field(alias="updatedAt")]
    """
    RFC 3339, in UTC.
    """
    updated_by: Annotated[str, Field(alias="updatedBy")]
    """
    A UUIDv7: ids sort by creation time.
    """
    playbook: PlaybookContent


class PlaybookList(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    items: list[Playbook]
    """
    The playbooks.
    """
    next_cursor: Annotated[str | None, Field(alias="nextCursor")] = None
    """
    The cursor of the next page; absent on the last page.
    """


class ReplacePlaybookRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
    )
    version: int
    """
    Increases by 1 with each change.
    """
    playbook: PlaybookContent


class UserExport(BaseModel):
    model_config = ConfigDict(
        populate_by_name=True,
    )
    exported_at: Annotated[AwareDatetime, Field(alias="exportedAt")]
    """
    RFC 3339, in UTC.
    """
    user: User
    consultations: list[Consultation]
    """
    The consultations outside of cases.
    """
    drafts: list[ExportedDraft]
    """
    The drafts outside of cases.
    """
    documents: list[StoredDocument]
    """
    The documents outside of cases, each with a link to its file.
    """
    emails: list[Email]
    """
    The e-mails that the person sent.
    """
    signature_requests: Annotated[list[SignatureRequest], Field(alias="signatureRequests")]
    """
    The signature requests that the person sent outside of cases.
    """
    signatures: list[ExportedSignature]
    """
    The documents that the person was asked to sign, if their address is confirmed.
    """
    webhooks: list[Webhook]
    """
    The webhooks, without their secrets.
    """
    notifications: list[Notification]
    """
    The notifications that the person can still read.
    """
    notification_preferences: Annotated[list[NotificationPreference], Field(alias="notificationPreferences")]
    """
    The person's notification preferences.
    """
    templates: list[TemplateVersion]
    """
    The versions of the templates that the person owns.
    """
    cases: list[ExportedCase]
    """
    The cases the person is a member of.
    """
    ai_usage: Annotated[list[AIUsage], Field(alias="aiUsage")]
    """
    The person's use of the AI, by day and model.
    """
    playbooks: list[Playbook]
    """
    The person's playbooks.
    """
    api_keys: Annotated[list[ApiKey], Field(alias="apiKeys")]
    """
    The person's API keys, without their secrets.
    """
    payments: list[Payment]
    """
    The payments for which the person opened a checkout.
    """
    time_entries: Annotated[list[TimeEntry], Field(alias="timeEntries")]
    """
    What the person worked. It is kept when the person is erased, as the law demands.
    """
    invoices: list[Invoice]
    """
    The invoices that the person drafted. They are kept when the person is erased, as the law demands.
    """
    watches: list[ExportedWatch]
    """
    What the person watches in registers outside of cases, with all checks.
    """
