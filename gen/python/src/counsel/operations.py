# Generated from openapi.yaml by generate.py; not to be edited.
"""The operations of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Literal

from typing_extensions import Unpack

from . import models
from .call import Call, CallOptions, Content, File, KeyedCallOptions, Saved, Target
from .errors import same_page
from .session import AsyncSession, Session

ProblemCode = Literal[
    "malformed",
    "invalid",
    "unauthenticated",
    "forbidden",
    "scope_missing",
    "address_not_allowed",
    "api_key_refused",
    "test_mode_refused",
    "not_found",
    "method_not_allowed",
    "conflict",
    "legal_hold",
    "case_closed",
    "case_owner",
    "invoice_draft",
    "invoice_issued",
    "invoice_not_open",
    "invoice_void",
    "payment_from_trust",
    "refund_too_large",
    "time_entry_billed",
    "trust_insufficient",
    "template_unpublished",
    "template_archived",
    "text_pending",
    "too_large",
    "range_not_satisfiable",
    "rate_limited",
    "ai_budget_spent",
    "storage_unavailable",
    "ai_unavailable",
    "ai_bad_answer",
    "ai_answer_cut_off",
    "ai_text_filtered",
    "ai_text_too_long",
    "ai_quota_exceeded",
    "ai_key_refused",
    "ai_model_unknown",
    "ai_request_refused",
    "document_unfit",
    "document_gone",
    "document_corrupt",
    "email_unavailable",
    "link_invalid",
    "link_early",
    "link_signed",
    "link_declined",
    "link_expired",
    "link_closed",
    "link_elsewhere",
    "not_viewed",
    "signature_open",
    "signature_mailing",
    "signature_creating",
    "signature_sealing",
    "signature_failed",
    "signature_completed",
    "signature_declined",
    "signature_cancelled",
    "signature_expired",
    "esign_unavailable",
    "esign_refused",
    "registry_unavailable",
    "registry_rate_limited",
    "registry_response",
    "registry_not_configured",
    "invoice_not_payable",
    "payment_processing",
    "payment_not_succeeded",
    "payment_refunded",
    "payments_unavailable",
    "payments_rejected",
    "idempotency_key_reused",
    "idempotency_in_progress",
    "idempotency_answer_unreadable",
    "upstream",
    "unavailable",
    "timeout",
    "internal",
]
"""The codes of problems in this version of the contract. Later versions can have more."""


class Operations(Session):
    """The operations, as methods."""

    def register_user(self, body: models.RegisterRequest, **options: Unpack[CallOptions]) -> models.User:
        """Create an account.

        Creates an account with the role `client` and sends an e-mail with a link that confirms the
        address. Each e-mail address can be registered once, ignoring upper and lower case. Signing in
        is a separate request.
        """
        return self.call(Call("POST", "/api/auth/register", body=body), models.User, options)

    def login_user(self, body: models.LoginRequest, **options: Unpack[CallOptions]) -> models.Tokens:
        """Sign in.

        Exchanges an e-mail address and a password for tokens, and starts a session. An unknown address
        and a wrong password get the same answer. After several failures for one account, or from one
        network address, further attempts get 429 for a while.
        """
        return self.call(Call("POST", "/api/auth/login", body=body), models.Tokens, options)

    def refresh_tokens(self, body: models.RefreshRequest, **options: Unpack[CallOptions]) -> models.Tokens:
        """Refresh the tokens.

        Exchanges a refresh token for a new pair of tokens. Each refresh token can be used once. If one
        is used again, its session ends, because only a stolen copy can be used twice.
        """
        return self.call(Call("POST", "/api/auth/refresh", body=body), models.Tokens, options)

    def logout_user(self, **options: Unpack[CallOptions]) -> None:
        """Sign out.

        Ends the session of the access token in this request. Its refresh token stops working at once.
        """
        self.call(Call("POST", "/api/auth/logout", authorized=True), None, options)

    def request_password_reset(self, body: models.RequestPasswordResetRequest, **options: Unpack[CallOptions]) -> None:
        """Request a password reset.

        Sends a reset link to the account with this address, in the language of `Accept-Language`. The
        link can be used once, within an hour. The answer and its timing do not show whether such an
        account exists. A link can be requested five times an hour for one address.
        """
        self.call(Call("POST", "/api/auth/password/forgot", body=body), None, options)

    def reset_password(self, body: models.ResetPasswordRequest, **options: Unpack[CallOptions]) -> None:
        """Set a new password.

        Sets a new password with the secret of a link from `POST /api/auth/password/forgot`. It ends all
        sessions of the account, revokes its API keys unless `revokeApiKeys` is false, invalidates its other
        reset links, and confirms its address. A link that is used, expired or unknown is 422
        `link_invalid`.
        """
        self.call(Call("POST", "/api/auth/password/reset", body=body), None, options)

    def verify_email(self, body: models.VerifyEmailRequest, **options: Unpack[CallOptions]) -> None:
        """Confirm an e-mail address.

        Confirms an address with the secret of a link that was sent to it. Using the link again changes
        nothing. A link that is expired or unknown is 422 `link_invalid`.
        """
        self.call(Call("POST", "/api/auth/email/verify", body=body), None, options)

    def resend_verification(self, **options: Unpack[KeyedCallOptions]) -> None:
        """Send a new confirmation link.

        Sends another link to the caller's address. It is valid for three days. If the address is
        already confirmed, the answer is 409.
        """
        self.call(Call("POST", "/api/auth/email/resend", authorized=True, keyed=True), None, options)

    def get_current_user(self, **options: Unpack[CallOptions]) -> models.User:
        """Get the current account.

        Returns the caller's account.
        """
        return self.call(Call("GET", "/api/auth/me", authorized=True), models.User, options)

    def list_sessions(self, **options: Unpack[CallOptions]) -> models.SessionList:
        """List sessions.

        Returns the caller's open sessions, newest first. An account has at most 20 sessions; another
        sign-in ends the oldest.
        """
        return self.call(Call("GET", "/api/auth/sessions", authorized=True), models.SessionList, options)

    def end_sessions(self, **options: Unpack[CallOptions]) -> None:
        """End all sessions.

        Signs the caller out on every device, including this one.
        """
        self.call(Call("DELETE", "/api/auth/sessions", authorized=True), None, options)

    def end_session(self, session_id: str, **options: Unpack[CallOptions]) -> None:
        """End a session.

        Signs out one device. A session of another account is treated as if it did not exist.
        """
        self.call(Call("DELETE", "/api/auth/sessions/{sessionId}", path={"sessionId": session_id}, authorized=True), None, options)

    def list_api_keys(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.ApiKeyList:
        """List API keys.

        Returns keys, newest first, with those that have expired or were revoked. Callers see their own;
        an admin sees everyone's and can filter by `userId`. For anyone else, a `userId` other than their
        own is 403.
        """
        return self.call(Call("GET", "/api/api-keys", query={"limit": limit, "cursor": cursor, "userId": user_id}, authorized=True), models.ApiKeyList, options)

    def list_api_keys_all(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.ApiKey]:
        """Yields the items of all pages of list_api_keys. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_api_keys(limit=limit, cursor=cursor, user_id=user_id, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_api_key(self, body: models.CreateApiKeyRequest, **options: Unpack[KeyedCallOptions]) -> models.ApiKeyWithSecret:
        """Create an API key.

        Creates a key with which a program acts as its owner, within its scopes: send `secret` as
        `Authorization: Bearer …`. The `secret` is only shown in this answer. The owner is notified by
        e-mail.

        A key has the role that its owner has at the moment of a request, and sees the cases that they
        see. It ends when it expires, is revoked, or its owner is disabled: at once, and with the same
        401 as for a key that does not exist. A request that needs a scope which the key lacks is 403
        `scope_missing`; one from outside of `ipRanges` is 403 `address_not_allowed`; an operation that
        no key can call is 403 `api_key_refused`. A key with the mode `test` acts as a test account:
        its data is separate, the AI is simulated, and nothing is sent to anybody; an operation with
        `x-no-test-mode` is 403 `test_mode_refused`. Each key has a rate limit of its own.

        An account can have 20 keys that are valid (409).
        """
        return self.call(Call("POST", "/api/api-keys", body=body, authorized=True, keyed=True), models.ApiKeyWithSecret, options)

    def get_api_key(self, api_key_id: str, **options: Unpack[CallOptions]) -> models.ApiKey:
        """Get an API key.

        A key of another account is treated as if it did not exist, unless the caller is an admin.
        """
        return self.call(Call("GET", "/api/api-keys/{apiKeyId}", path={"apiKeyId": api_key_id}, authorized=True), models.ApiKey, options)

    def revoke_api_key(self, api_key_id: str, **options: Unpack[CallOptions]) -> None:
        """Revoke an API key.

        The next request with the key is 401. Work that was accepted before, such as a job, goes on. The
        key stays in the list, so that logs which name it can be understood. Revoking it again changes
        nothing.
        """
        self.call(Call("DELETE", "/api/api-keys/{apiKeyId}", path={"apiKeyId": api_key_id}, authorized=True), None, options)

    def delete_test_data(self, **options: Unpack[CallOptions]) -> models.DeleteTestDataResponse:
        """Delete all test data.

        Starts a job that deletes everything the caller's test account owns: cases, documents, drafts,
        consultations, e-mails, signature requests, webhooks, notifications and jobs. The owner can call
        it when signed in, or their program with a test key that has the scope `test-data:write`. Without a test account, the answer is 404. The job
        belongs to the caller, and is the only one that remains.
        """
        return self.call(Call("DELETE", "/api/test-data", authorized=True), models.DeleteTestDataResponse, options)

    def list_users(
        self, *, limit: int | None = None, cursor: str | None = None, role: Literal["client", "lawyer", "admin"] | None = None, **options: Unpack[CallOptions]
    ) -> models.UserList:
        """List accounts.

        Returns all accounts, newest first. For admins.
        """
        return self.call(Call("GET", "/api/users", query={"limit": limit, "cursor": cursor, "role": role}, authorized=True), models.UserList, options)

    def list_users_all(
        self, *, limit: int | None = None, cursor: str | None = None, role: Literal["client", "lawyer", "admin"] | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.User]:
        """Yields the items of all pages of list_users. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_users(limit=limit, cursor=cursor, role=role, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def update_user(self, user_id: str, body: models.UpdateUserRequest, **options: Unpack[CallOptions]) -> models.User:
        """Change an account's role or disable it.

        For admins. A change of role ends the account's sessions at once, and so does disabling it. The
        last admin who can sign in cannot be demoted or disabled (409).
        """
        return self.call(Call("PATCH", "/api/users/{userId}", path={"userId": user_id}, body=body, authorized=True), models.User, options)

    def erase_user(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Erase a person.

        For the person themselves, and for admins.

        What is deleted: the account's name and address, permanently; its sessions; its drafts,
        documents and consultations outside of cases; its e-mails, webhooks, notifications and jobs; its
        memberships. If the address has unsubscribed, that is remembered without the address itself.
        Work in progress is deleted an hour later.

        What stays: what the person wrote, created or sent in cases, without their name. Templates they
        own stay with the firm if a version is published or was used for a document. Signed documents,
        and signature requests in cases, stay as evidence, with the names of the sender and signers and
        the signed file. Signature requests that the person sent outside of cases are withdrawn, and so
        are those that an admin sent for their documents; they are deleted after two days unless
        somebody has signed.

        The request is refused with 409 if a legal hold covers a case that the person belongs to, worked
        in or is a party of (`legal_hold`), if they are the only owner of a case (`case_owner`), while a
        document that everyone has signed is being sealed (`signature_sealing`), and for the last admin.
        """
        self.call(Call("DELETE", "/api/users/{userId}", path={"userId": user_id}, authorized=True), None, options)

    def export_user(self, user_id: str, **options: Unpack[CallOptions]) -> models.UserExport:
        """Export a person's data.

        For the person themselves, and for admins.

        The export contains the account; the consultations, the drafts with all versions and the
        documents outside of cases; the e-mails and signature requests they sent; the documents they
        were asked to sign, if their address is confirmed; their webhooks, notifications and templates;
        and, for each case they are a member of now, what they contributed to it. The timeline of each
        of these cases records the export. What others wrote about them in cases is not included.

        The document is streamed. If the connection breaks, the document is incomplete.
        """
        return self.call(Call("GET", "/api/users/{userId}/export", path={"userId": user_id}, authorized=True), models.UserExport, options)

    def send_chat(self, body: models.ChatRequest, **options: Unpack[KeyedCallOptions]) -> models.ChatResponse:
        """Ask a legal question.

        Answers a legal question. Personal data in the message and its context is replaced by
        placeholders before anything leaves the service, and put back into the answer. The question and
        its answer are stored as a consultation.

        With `Accept: text/event-stream`, the answer is streamed: `delta` events with pieces of text,
        then one `done` event with the whole answer, or one `error` event.

        `userId` must be the caller's own id. Only an admin can ask for somebody else.

        With `context.caseId`, the question belongs to a case. The answer takes the case's description
        into account, every member can read it, and the case's timeline records it. A consultation of a
        case can only be continued in that case.

        With `context.documentIds`, the answer is based on these documents. The passages most relevant
        to the question are sent to the AI, with personal data replaced. Where the answer quotes a
        document, a number in brackets such as `[2]` follows, and `references` has the document, the
        page and the exact words under the same `marker`. If the quoted words are not on that page,
        there is no reference and `warnings` says so. Instructions inside a document are not followed,
        and `warnings` names their page.

        `citations` lists every statute, act and decision that the answer names, recognized by its form
        in the law of the United States, the United Kingdom and the European Union and in German,
        French, Spanish, Portuguese, Italian and Dutch. One that stands in the documents, in the context
        or in the question is `verified`. For any other, show the reader that nothing vouches for it:
        an AI can invent citations. Verified means that the words were given, not that they support
        what the answer says.

        `clarifications` holds questions to the user that the answer hangs on, such as whose law
        applies. Send the next message with `context.consultationId` to go on. A stream has `citations`
        and `clarifications` in its `done` event.

        A question in a case without `documentIds` is based on the case's documents whose text can be
        read. A document of a case can only be used in that case, and the case's timeline records that
        it was read.

        A document that the user cannot read is 404. One whose text is still being extracted is 409
        `text_pending`; try again in a moment. One without readable text is 422. The error names each by
        its pointer, such as `/context/documentIds/1`.
        """
        return self.call(Call("POST", "/api/ai/chat", body=body, authorized=True, keyed=True), models.ChatResponse, options)

    def generate_document(self, body: models.GenerateDocumentRequest, **options: Unpack[KeyedCallOptions]) -> models.GenerateDocumentResponse:
        """Draft a document.

        Drafts a document of a type from its inputs. `GET /api/ai/document-types` lists the types with
        the JSON Schema of their `inputs`. Inputs that do not match the schema are 422; each is named by
        its pointer (`/inputs/…`). The draft is stored with the status `drafted`. `policy` names a rule
        set that the draft is checked against; what it finds is in `warnings`. With `caseId`, the draft
        and its consultation belong to that case; the caller must be an owner, lawyer or assistant of
        the case.
        """
        return self.call(Call("POST", "/api/ai/generate-document", body=body, authorized=True, keyed=True), models.GenerateDocumentResponse, options)

    def analyze_text(self, body: models.AnalyzeRequest, **options: Unpack[KeyedCallOptions]) -> models.AnalyzeResponse:
        """Review a contract, clause or document.

        Reviews a text with the AI and with a policy, which is a set of rules. Each finding quotes the
        text verbatim; `start` and `end` are offsets in **UTF-16 code units**, as in JavaScript's
        `slice`. A finding of the kind `missing` has no quote: it is a clause that the policy expects and the
        text lacks, with a wording to propose. The kind `clause` lists the clauses that were recognized without
        an objection. The rules read English best, and German, French, Spanish, Portuguese, Italian and Dutch. A
        text under 800 bytes counts as a single clause: nothing is `missing` from it, nor from a text in any
        other language.

        `riskLevel` is computed from the findings, never taken from the AI. Text that tries to
        give instructions to the AI becomes a finding (`Embedded Instruction`) and cannot lower the
        risk. If the AI cannot be asked, the rules alone review the text: `modelUsed` is then false, and the
        same request made later asks the AI again.

        `policy` is a shipped policy or the `id` of a playbook, see `POST /api/ai/playbooks`.

        With `docId` instead of `text`, a document is reviewed, of up to 2,000 pages. `start` and `end` are then
        offsets in the texts of its pages that have any, joined by a form feed (U+000C), `page` is the page, and
        `box` is where the quote is drawn on it, if the document is a PDF; in a Word file, `paragraph` is the
        paragraph. A very long text is sent to the AI in parts; `warnings` says if some were left out. A document that
        the caller cannot read is 404. One whose text is still being extracted is 409 `text_pending`; try again
        in a moment. One without readable text is 422. The review of a document of a case belongs to the case:
        its members can read it, and the case's timeline records it.
        """
        return self.call(Call("POST", "/api/ai/analyze", body=body, authorized=True, keyed=True), models.AnalyzeResponse, options)

    def mask_text(self, body: models.MaskRequest, **options: Unpack[CallOptions]) -> models.MaskResponse:
        """Preview what the AI would receive.

        Masks the personal data in a text as the other operations do before they send it to the AI, and
        returns the result. Nothing is sent, stored or logged. `start` and `end` are offsets in the
        submitted text, in **UTF-16 code units**, as in JavaScript's `slice`. The same person has the
        same number in all placeholders; a letter after it stands for another wording, such as the
        surname alone. A part of the text that looks like a placeholder is masked as `LITERAL`, so that
        it comes back unchanged. With a case or documents, a question may be masked further: a name that
        one of their texts reveals is masked in all of them.
        """
        return self.call(Call("POST", "/api/ai/mask", body=body, authorized=True), models.MaskResponse, options)

    def get_masking_lists(self, **options: Unpack[CallOptions]) -> models.MaskingLists:
        """Get the firm's masking lists.

        Returns the words that are always or never masked in texts for the AI. Both lists are empty until
        an admin replaces them.
        """
        return self.call(Call("GET", "/api/ai/masking-lists", authorized=True), models.MaskingLists, options)

    def replace_masking_lists(self, body: models.ReplaceMaskingListsRequest, **options: Unpack[CallOptions]) -> models.MaskingLists:
        """Replace the firm's masking lists.

        Replaces both lists. They apply to every text for the AI: questions, cases, documents, inputs of
        drafts, reviews and previews. Other servers apply them within ten seconds.

        - An entry of `always` is masked wherever it occurs as whole words, in any case and spacing. Use it for
          code names of matters and for what is not recognized by itself.
        - An entry of `never` is not masked, for example the firm's own name. `always` wins over `never`. An
          identifier such as an e-mail address or an account number is only left unmasked if the entry is
          exactly that identifier.

        With `version`, the lists are only replaced if they still have that version; otherwise the answer
        is 409.
        """
        return self.call(Call("PUT", "/api/ai/masking-lists", body=body, authorized=True), models.MaskingLists, options)

    def warm_chat_cache(self, body: models.WarmCacheRequest, **options: Unpack[KeyedCallOptions]) -> models.WarmCacheResponse:
        """Fill the cache with frequent questions.

        Starts a job that answers questions and caches the answers. Use it after the model or a prompt
        changed, or before you publish a page of frequent questions. Anyone who then asks one of the
        questions with the same words and `locale` and without `context` gets the answer at once, until
        it expires. `GET /api/jobs/{jobId}` returns the progress. The `result` counts the questions that
        were `asked`, were already `cached` and `failed`, and has `tokensUsed`. While the AI is down,
        the job waits.

        A question that contains personal data is refused, because its answer could not be shared. With
        an `Idempotency-Key`, the same questions under the same key are one job.
        """
        return self.call(Call("POST", "/api/ai/warm-cache", body=body, authorized=True, keyed=True), models.WarmCacheResponse, options)

    def list_playbooks(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.PlaybookList:
        """List the firm's playbooks.

        Returns the playbooks of all lawyers and admins, newest first.
        """
        return self.call(Call("GET", "/api/ai/playbooks", query={"limit": limit, "cursor": cursor}, authorized=True), models.PlaybookList, options)

    def list_playbooks_all(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> Iterator[models.Playbook]:
        """Yields the items of all pages of list_playbooks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_playbooks(limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_playbook(self, body: models.PlaybookContent, **options: Unpack[KeyedCallOptions]) -> models.Playbook:
        """Write a playbook.

        Stores the firm's positions on clauses, as a policy for `POST /api/ai/analyze`: pass the `id` as its
        `policy`. All lawyers and admins can use it. Its owner and admins can change it.

        A position is about one clause type. The rules report, with its `severity`: a clause that is `required`
        and missing; one that is `forbidden`; every sentence with one of the `unacceptableTerms`; and a clause
        with none of the `requiredTerms`. `required`, `forbidden` and `requiredTerms` depend on the clause being
        recognized; add `unacceptableTerms` for what must never pass. A term is found as whole words in any case,
        without regard to accents; `*` stands for the rest of a word, as in `engl*`, at most three times in a
        term. A playbook has at most 400 terms and 100,000 characters in all. `preferred` and `fallback` are what the finding
        suggests, and `wording` is the clause that it proposes. The AI gets the whole playbook as data, with
        personal data replaced, and can only add findings.

        With `extends`, the rules of a shipped policy apply as well.
        """
        return self.call(Call("POST", "/api/ai/playbooks", body=body, authorized=True, keyed=True), models.Playbook, options)

    def get_playbook(self, playbook_id: str, **options: Unpack[CallOptions]) -> models.Playbook:
        """Get a playbook.

        Returns a playbook of the firm.
        """
        return self.call(Call("GET", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, authorized=True), models.Playbook, options)

    def replace_playbook(self, playbook_id: str, body: models.ReplacePlaybookRequest, **options: Unpack[CallOptions]) -> models.Playbook:
        """Replace a playbook.

        Replaces the whole content. `version` is that of the playbook which the change is based on; if it has
        been changed meanwhile, the answer is 409. Only the owner and admins may change it.
        """
        return self.call(Call("PUT", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, body=body, authorized=True), models.Playbook, options)

    def delete_playbook(self, playbook_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a playbook.

        Deletes a playbook. Reviews by it stay. Only the owner and admins may delete it.
        """
        self.call(Call("DELETE", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, authorized=True), None, options)

    def list_consultations(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["chat", "document", "analysis"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.ConsultationList:
        """List consultations.

        Returns consultations, newest first. With `caseId`, the consultations of that case by all
        members. Without it, those outside of cases: callers see their own; an admin sees everyone's and
        can filter by `userId`. For anyone else, a `userId` other than their own is 403.
        """
        return self.call(
            Call("GET", "/api/ai/consultations", query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "kind": kind}, authorized=True),
            models.ConsultationList,
            options,
        )

    def list_consultations_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["chat", "document", "analysis"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.ConsultationSummary]:
        """Yields the items of all pages of list_consultations. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_consultations(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, kind=kind, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def list_ai_usage(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        group_by: list[Literal["day", "month", "user", "case", "model"]] | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        model: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.AIUsageList:
        """List the use of the AI.

        Returns calls, tokens and cost of the AI, summed up by `groupBy` and in its order: one item for
        each combination that occurs. A call counts for the account that made the request. A request
        that was answered without a call of its own, from the cache or by the call of another request,
        is a cached call and costs nothing. Tokens are counted by the provider, or estimated if it does
        not count. Days and months are those of UTC.

        Callers see their own use; for anyone but an admin, a `userId` other than their own is 403. An
        admin sees everyone's. With `caseId`, members of the case see the use of all members in it.
        The use of erased accounts has no `userId`, and that in cases which the caller has left no `caseId`.

        `budgets` are the token and cost budgets that apply to the caller, and for an admin also those
        of all accounts together. When one is spent, requests that need a call are 429 with the code
        `ai_budget_spent` and a `Retry-After` until its period ends.
        """
        return self.call(
            Call(
                "GET",
                "/api/ai/usage",
                query={"limit": limit, "cursor": cursor, "from": from_, "to": to, "groupBy": group_by, "userId": user_id, "caseId": case_id, "model": model},
                authorized=True,
            ),
            models.AIUsageList,
            options,
        )

    def list_ai_usage_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        group_by: list[Literal["day", "month", "user", "case", "model"]] | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        model: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.AIUsage]:
        """Yields the items of all pages of list_ai_usage. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_ai_usage(
                limit=limit, cursor=cursor, from_=from_, to=to, group_by=group_by, user_id=user_id, case_id=case_id, model=model, **options
            )
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_consultation(self, consultation_id: str, **options: Unpack[CallOptions]) -> models.Consultation:
        """Get a consultation.

        Returns a question with its answer. A consultation of another account is treated as if it did
        not exist. One of a case can be read by the case's members.
        """
        return self.call(
            Call("GET", "/api/ai/consultations/{consultationId}", path={"consultationId": consultation_id}, authorized=True), models.Consultation, options
        )

    def list_document_types(self, **options: Unpack[CallOptions]) -> models.DocumentTypeList:
        """List document types.

        Returns the types of documents that can be drafted, each with the JSON Schema (2020-12) of its
        inputs and an example.
        """
        return self.call(Call("GET", "/api/ai/document-types", authorized=True), models.DocumentTypeList, options)

    def list_drafts(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        status: Literal["drafted", "reviewed", "final"] | None = None,
        type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.DraftList:
        """List drafts.

        Returns drafts without their texts, newest first. With `caseId`, the drafts of that case by all
        members, or by one with `userId`. Without it, those outside of cases: callers see their own; an
        admin sees everyone's and can filter by `userId`. For anyone else, a `userId` other than their
        own is then 403.
        """
        return self.call(
            Call(
                "GET",
                "/api/drafts",
                query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "status": status, "type": type},
                authorized=True,
            ),
            models.DraftList,
            options,
        )

    def list_drafts_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        status: Literal["drafted", "reviewed", "final"] | None = None,
        type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.DraftSummary]:
        """Yields the items of all pages of list_drafts. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_drafts(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, status=status, type=type, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_draft(self, body: models.CreateDraftRequest, **options: Unpack[KeyedCallOptions]) -> models.Draft:
        """Create a draft.

        Stores a text as a draft, in version 1 and with the status `drafted`. `POST
        /api/ai/generate-document` stores its drafts itself. With `caseId`, the draft belongs to that
        case permanently. Members of the case can read it, and change it if their role allows. The
        caller must be an owner, lawyer or assistant of the case.
        """
        return self.call(Call("POST", "/api/drafts", body=body, authorized=True, keyed=True), models.Draft, options)

    def get_draft(self, draft_id: str, **options: Unpack[CallOptions]) -> models.Draft:
        """Get a draft.

        Returns the current version of a draft. A draft of another account is treated as if it did not
        exist. One of a case can be read by the case's members.
        """
        return self.call(Call("GET", "/api/drafts/{draftId}", path={"draftId": draft_id}, authorized=True), models.Draft, options)

    def update_draft(self, draft_id: str, body: models.UpdateDraftRequest, **options: Unpack[CallOptions]) -> models.Draft:
        """Edit a draft or change its status.

        `version` is the version that the edit is based on. If the draft has changed since, the answer
        is 409 and nothing is changed. A new title or body creates a new version.

        The status moves from `drafted` to `reviewed` to `final`, and from `reviewed` back to `drafted`.
        Only lawyers and admins can move it (403). An edit moves a reviewed draft back to `drafted`; a
        lawyer can edit and review in one request. A `final` draft never changes (409).

        `caseId` moves a draft from outside of cases into a case, where it stays. Documents that were
        rendered from it before do not move.
        """
        return self.call(Call("PATCH", "/api/drafts/{draftId}", path={"draftId": draft_id}, body=body, authorized=True), models.Draft, options)

    def delete_draft(self, draft_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a draft.

        Deletes a draft and all its versions. A `final` draft cannot be deleted (409), and neither can
        one of a case under legal hold (409 `legal_hold`). The consultation that the draft came from
        stays on record.
        """
        self.call(Call("DELETE", "/api/drafts/{draftId}", path={"draftId": draft_id}, authorized=True), None, options)

    def list_draft_versions(
        self, draft_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.DraftVersionList:
        """List the versions of a draft.

        Returns every version without its text, newest first. A draft can have 1,000 versions.
        """
        return self.call(
            Call("GET", "/api/drafts/{draftId}/versions", path={"draftId": draft_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.DraftVersionList,
            options,
        )

    def list_draft_versions_all(
        self, draft_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.DraftVersionSummary]:
        """Yields the items of all pages of list_draft_versions. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_draft_versions(draft_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_draft_version(self, draft_id: str, version: int, **options: Unpack[CallOptions]) -> models.DraftVersion:
        """Get a version of a draft.

        Returns the text of a version. A version never changes.
        """
        return self.call(
            Call("GET", "/api/drafts/{draftId}/versions/{version}", path={"draftId": draft_id, "version": version}, authorized=True),
            models.DraftVersion,
            options,
        )

    def compare_draft_versions(self, draft_id: str, *, from_: int, to: int, **options: Unpack[CallOptions]) -> models.DraftComparison:
        """Compare two versions of a draft.

        Returns the differences between two versions, word by word, in hunks of the changed lines. The
        `equal` and `delete` pieces of a hunk together are the lines of the old text; the `equal` and
        `insert` pieces are the lines of the new text.
        """
        return self.call(
            Call("GET", "/api/drafts/{draftId}/compare", path={"draftId": draft_id}, query={"from": from_, "to": to}, authorized=True),
            models.DraftComparison,
            options,
        )

    def render_draft_pdf(self, draft_id: str, body: models.RenderDraftRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderPdfResponse:
        """Render a draft to PDF.

        Renders a version of the draft, or the current one without `version`, and stores the PDF as a
        document of the caller or of the draft's case. In a case, the caller must be an owner, lawyer or
        assistant. Unless the draft is `final`, every page is marked DRAFT. The draft's title is printed
        above the text unless the text begins with a heading.

        Anything that cannot be printed is 422 and never left out, such as an image or a character that
        the fonts lack. The pointers refer to the draft: `/title`, `/body`.

        The same version and options produce the same bytes. The document can be rendered again and
        verified even after the draft is deleted. `Idempotency-Key` works as for `POST
        /api/docs/render-pdf`.
        """
        return self.call(
            Call("POST", "/api/drafts/{draftId}/render-pdf", path={"draftId": draft_id}, body=body, authorized=True, keyed=True),
            models.RenderPdfResponse,
            options,
        )

    def list_templates(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.TemplateList:
        """List templates.

        Returns templates ordered by id, each with the versions that the caller can use: all versions of
        their own templates, and the published ones of templates that are shared with the firm. Others
        are treated as if they did not exist. Admins see all. Archived templates are not listed. Six
        templates come with the service, one for each document type.
        """
        return self.call(Call("GET", "/api/templates", query={"limit": limit, "cursor": cursor}, authorized=True), models.TemplateList, options)

    def list_templates_all(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> Iterator[models.Template]:
        """Yields the items of all pages of list_templates. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_templates(limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_template(self, body: models.CreateTemplateRequest, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Create a template.

        Stores a template with its first version. Only its owner, the caller, can see the version until
        it is published. For lawyers and admins. The id must differ from those of all templates that the
        caller can see (409).

        `body` is Markdown after YAML front matter: `name` and `description` of the template; `title` of
        the document, which can contain placeholders; `language`; `page` (`size` A4 or Letter,
        `landscape`, `margins` in mm); `header` and `footer` (`left`, `center`, `right`, with
        placeholders, `{page}`, `{pages}`, `{title}`); `numbering` (`clauses` or `none`).

        Placeholders are those of [Mustache](https://mustache.github.io/mustache.5.html): `{{name}}`,
        `{{party.name}}`, `{{#x}}…{{/x}}` if x is given (for each item if it is a list), `{{^x}}…{{/x}}`
        if it is not. In addition, `{{#kind=sale}}` tests for a value of an enumeration,
        `{{names|list}}` prints a list as "a, b and c", and `{{#rows|any}}` prints its content once if
        the list has items. A field that the schema does not require can only be printed inside a
        section that tests for it. There are no includes. Data is never interpreted as Markdown or HTML.

        Dates (`format: date`), numbers, amounts (`x-unit: money`), lists and the labels of signatures
        are printed in the template's `language`: 31. Januar 2026, 1.234,5, 12.400,00 EUR, "a, b und c"
        in German. An `integer` with up to four digits, such as a year, has no separator. The languages
        are those in Latin, Greek and Cyrillic script, with or without a region (`de`, `de-AT`). Other
        languages, and characters that the fonts lack, are 422.

        With `numbering: clauses`, headings from `##` and ordered lists are numbered 1., 1.1, (a), (i).
        `{-}` at the end of a heading leaves it out. `{#name}` at the end of a heading or clause names
        it, and `[clause](#name)` prints its number. `\\newpage` alone in a paragraph starts a new page.
        A code block `signatures` contains a YAML list of `role`, `name`, `title`, `place`, `date`.

        `schema` is the JSON Schema (2020-12) of the data. Every object in it must have
        `additionalProperties: false`; `$ref` can only refer to its own `$defs`. `sampleData` must match
        the schema and fill the template. Anything invalid is 422 with its pointer.
        """
        return self.call(Call("POST", "/api/templates", body=body, authorized=True, keyed=True), models.TemplateVersion, options)

    def get_template(self, template_id: str, **options: Unpack[CallOptions]) -> models.Template:
        """Get a template.

        Returns a template with the versions that the caller can see, oldest first.
        """
        return self.call(Call("GET", "/api/templates/{templateId}", path={"templateId": template_id}, authorized=True), models.Template, options)

    def update_template(self, template_id: str, body: models.UpdateTemplateRequest, **options: Unpack[CallOptions]) -> models.Template:
        """Share a template or stop sharing it.

        With `sharing: firm`, everyone can use its published versions; with `private`, only its owner
        can. For the owner and admins. If the firm already shares another template with this id, the
        answer is 409.
        """
        return self.call(Call("PATCH", "/api/templates/{templateId}", path={"templateId": template_id}, body=body, authorized=True), models.Template, options)

    def unpublish_template(self, template_id: str, *, version: str | None = None, **options: Unpack[KeyedCallOptions]) -> models.Template:
        """Unpublish a template.

        Unpublishes the version in `version`, or all versions. Nothing new can be rendered from an
        unpublished version: the owner gets 409 `template_unpublished`, and others are told that it does
        not exist. Documents that were rendered from it can still be verified. It can be published
        again. If no version is published, nothing changes. For the owner and admins.
        """
        return self.call(
            Call("POST", "/api/templates/{templateId}/unpublish", path={"templateId": template_id}, query={"version": version}, authorized=True, keyed=True),
            models.Template,
            options,
        )

    def archive_template(self, template_id: str, **options: Unpack[KeyedCallOptions]) -> models.Template:
        """Archive a template.

        Archives a template permanently. It is no longer listed, only its owner and admins can read it,
        and nothing can be rendered from it or added to it (409 `template_archived`). Documents that
        were rendered from it can still be verified, and it can be copied. Archiving it again changes
        nothing. For the owner and admins.
        """
        return self.call(
            Call("POST", "/api/templates/{templateId}/archive", path={"templateId": template_id}, authorized=True, keyed=True), models.Template, options
        )

    def copy_template(self, template_id: str, body: models.CopyTemplateRequest, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Copy a template.

        Creates a template of the caller's own from a version that they can read, by default the latest.
        The copy has an unpublished version 1. Use it to change a template that came with the service or
        belongs to somebody else. For lawyers and admins. If the caller can already see a template with
        the new id, the answer is 409.
        """
        return self.call(
            Call("POST", "/api/templates/{templateId}/copy", path={"templateId": template_id}, body=body, authorized=True, keyed=True),
            models.TemplateVersion,
            options,
        )

    def create_template_version(
        self, template_id: str, body: models.CreateTemplateVersionRequest, **options: Unpack[KeyedCallOptions]
    ) -> models.TemplateVersion:
        """Add a version to a template.

        Adds a version. Existing versions never change (409). For the template's owner and admins. A
        template of somebody else, or one that came with the service, must be copied instead (403, or
        404 if the caller cannot see it).
        """
        return self.call(
            Call("POST", "/api/templates/{templateId}/versions", path={"templateId": template_id}, body=body, authorized=True, keyed=True),
            models.TemplateVersion,
            options,
        )

    def get_template_version(self, template_id: str, version: str, **options: Unpack[CallOptions]) -> models.TemplateVersion:
        """Get a version of a template.

        Returns the body, the JSON Schema of its data and sample data. To all but the owner and admins,
        an unpublished version is treated as if it did not exist.
        """
        return self.call(
            Call("GET", "/api/templates/{templateId}/versions/{version}", path={"templateId": template_id, "version": version}, authorized=True),
            models.TemplateVersion,
            options,
        )

    def preview_template_version(
        self, template_id: str, version: str, body: models.PreviewTemplateRequest, **options: Unpack[CallOptions]
    ) -> models.TemplatePreview:
        """Preview a template.

        Fills the version with `data`, or with its sample data, and returns the document as an HTML
        fragment that is safe to insert into a page. Data that is missing, unknown or invalid is 422;
        each field is named by its pointer (`/data/…`).
        """
        return self.call(
            Call(
                "POST",
                "/api/templates/{templateId}/versions/{version}/preview",
                path={"templateId": template_id, "version": version},
                body=body,
                authorized=True,
            ),
            models.TemplatePreview,
            options,
        )

    def publish_template_version(self, template_id: str, version: str, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Publish a version of a template.

        Lets everyone use the version, if the template is shared with the firm, until it is unpublished.
        Publishing it again changes nothing. For the template's owner and admins. The answer is 409 if
        the template is archived (`template_archived`) or the firm shares another template with this id.
        """
        return self.call(
            Call(
                "POST",
                "/api/templates/{templateId}/versions/{version}/publish",
                path={"templateId": template_id, "version": version},
                authorized=True,
                keyed=True,
            ),
            models.TemplateVersion,
            options,
        )

    def list_cases(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "closed"] | None = None,
        q: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.CaseList:
        """List cases.

        Returns the cases that the caller is a member of, newest first. An admin gets all cases. `q`
        searches titles and descriptions, ignoring case and accents.
        """
        return self.call(
            Call("GET", "/api/cases", query={"limit": limit, "cursor": cursor, "status": status, "q": q}, authorized=True), models.CaseList, options
        )

    def list_cases_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "closed"] | None = None,
        q: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.CaseSummary]:
        """Yields the items of all pages of list_cases. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_cases(limit=limit, cursor=cursor, status=status, q=q, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_case(self, body: models.CreateCaseRequest, **options: Unpack[KeyedCallOptions]) -> models.Case:
        """Open a case.

        Opens a case and makes the caller its owner. Only its members and admins can access it.
        """
        return self.call(Call("POST", "/api/cases", body=body, authorized=True, keyed=True), models.Case, options)

    def get_case(self, case_id: str, **options: Unpack[CallOptions]) -> models.Case:
        """Get a case.

        Returns a case to its members and admins. To everyone else, the case and everything in it are
        treated as if they did not exist.
        """
        return self.call(Call("GET", "/api/cases/{caseId}", path={"caseId": case_id}, authorized=True), models.Case, options)

    def update_case(self, case_id: str, body: models.UpdateCaseRequest, **options: Unpack[CallOptions]) -> models.Case:
        """Change a case.

        Changes the given fields. For the case's owners and lawyers. `legalHold` can be changed by those
        of them whose account has the role `lawyer`, and by admins. Under a legal hold, nothing in the
        case can be deleted. A closed case can be read and reopened, but nothing can be added to it.
        """
        return self.call(Call("PATCH", "/api/cases/{caseId}", path={"caseId": case_id}, body=body, authorized=True), models.Case, options)

    def delete_case(self, case_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a case.

        Hides a case and everything in it from everyone, permanently. For its owners. The records stay
        in the database because the timeline must not change. A case under legal hold cannot be deleted
        (409 `legal_hold`), and neither can one with a document that is out for signature (409
        `signature_open`).
        """
        self.call(Call("DELETE", "/api/cases/{caseId}", path={"caseId": case_id}, authorized=True), None, options)

    def list_case_members(self, case_id: str, **options: Unpack[CallOptions]) -> models.CaseMemberList:
        """List the members of a case.

        Returns everyone who has access to the case except admins, in the order in which they joined.
        """
        return self.call(Call("GET", "/api/cases/{caseId}/members", path={"caseId": case_id}, authorized=True), models.CaseMemberList, options)

    def add_case_member(
        self, case_id: str, body: models.AddCaseMemberRequest, **options: Unpack[KeyedCallOptions]
    ) -> models.CaseMember | models.CaseInvitation:
        """Add a member to a case.

        For the case's owners. Lawyers and admins can name an account of the firm by `userId` or
        `email`; it becomes a member at once. Anyone else named by `email` is invited (202), and becomes
        a member by accepting. If the service sends e-mail, it notifies them.

        A caller with a client's account always invites, and never learns whether an account exists;
        `userId` is 403 for them. If the service sends e-mail, an account is only found by its address
        once that address is confirmed. The role `lawyer` is not for clients' accounts. If the person is
        already a member, or has an open invitation, the answer is 409.
        """
        found: models.CaseMember | models.CaseInvitation = self.call(
            Call("POST", "/api/cases/{caseId}/members", path={"caseId": case_id}, body=body, authorized=True, keyed=True),
            {201: models.CaseMember, 202: models.CaseInvitation},
            options,
        )
        return found

    def update_case_member(self, case_id: str, user_id: str, body: models.UpdateCaseMemberRequest, **options: Unpack[CallOptions]) -> models.CaseMember:
        """Change a member's role.

        For the case's owners. A case always has an owner: demoting the last one is 409. Invitations by
        somebody who is no longer an owner become invalid.
        """
        return self.call(
            Call("PATCH", "/api/cases/{caseId}/members/{userId}", path={"caseId": case_id, "userId": user_id}, body=body, authorized=True),
            models.CaseMember,
            options,
        )

    def remove_case_member(self, case_id: str, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a member from a case.

        For the case's owners; members can remove themselves. The member's tasks become unassigned. A
        case always has an owner: removing the last one is 409.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/members/{userId}", path={"caseId": case_id, "userId": user_id}, authorized=True), None, options)

    def list_case_invitations(self, case_id: str, **options: Unpack[CallOptions]) -> models.CaseInvitationList:
        """List the invitations to a case.

        Returns the open invitations, newest first. Answered and expired ones are not listed.
        """
        return self.call(Call("GET", "/api/cases/{caseId}/invitations", path={"caseId": case_id}, authorized=True), models.CaseInvitationList, options)

    def withdraw_case_invitation(self, case_id: str, invitation_id: str, **options: Unpack[CallOptions]) -> None:
        """Withdraw an invitation.

        For the case's owners. The invitation can no longer be accepted.
        """
        self.call(
            Call("DELETE", "/api/cases/{caseId}/invitations/{invitationId}", path={"caseId": case_id, "invitationId": invitation_id}, authorized=True),
            None,
            options,
        )

    def list_invitations(self, **options: Unpack[CallOptions]) -> models.InvitationList:
        """List my invitations.

        Returns the invitations to the caller's address, newest first. If the service sends e-mail, the
        address must be confirmed first. The case's title and description are visible only after the
        invitation is accepted.
        """
        return self.call(Call("GET", "/api/invitations", authorized=True), models.InvitationList, options)

    def decline_invitation(self, invitation_id: str, **options: Unpack[CallOptions]) -> None:
        """Decline an invitation.

        Declines an invitation; the case's timeline records it. An invitation to another address is
        treated as if it did not exist.
        """
        self.call(Call("DELETE", "/api/invitations/{invitationId}", path={"invitationId": invitation_id}, authorized=True), None, options)

    def accept_invitation(self, invitation_id: str, **options: Unpack[KeyedCallOptions]) -> models.AcceptedInvitation:
        """Accept an invitation.

        Makes the caller a member of the case. An invitation to another address is treated as if it did
        not exist. An invitation can be accepted once. The answer is 409 if the role is `lawyer` and the
        account a client's, if the caller is already a member, or if the case has no room for another
        member.
        """
        return self.call(
            Call("POST", "/api/invitations/{invitationId}/accept", path={"invitationId": invitation_id}, authorized=True, keyed=True),
            models.AcceptedInvitation,
            options,
        )

    def list_case_notes(self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.CaseNoteList:
        """List the notes of a case.

        Returns notes, newest first. Every member can read them.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/notes", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CaseNoteList,
            options,
        )

    def list_case_notes_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.CaseNote]:
        """Yields the items of all pages of list_case_notes. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_case_notes(case_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_case_note(self, case_id: str, body: models.CreateCaseNoteRequest, **options: Unpack[KeyedCallOptions]) -> models.CaseNote:
        """Add a note to a case.

        For owners, lawyers and assistants of an open case. A note cannot be changed; correct it with
        another note.
        """
        return self.call(Call("POST", "/api/cases/{caseId}/notes", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseNote, options)

    def delete_case_note(self, case_id: str, note_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a note.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/notes/{noteId}", path={"caseId": case_id, "noteId": note_id}, authorized=True), None, options)

    def list_case_tasks(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "done"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.CaseTaskList:
        """List the tasks of a case.

        Returns tasks, newest first.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/tasks", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor, "status": status}, authorized=True),
            models.CaseTaskList,
            options,
        )

    def list_case_tasks_all(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "done"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.CaseTask]:
        """Yields the items of all pages of list_case_tasks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_case_tasks(case_id, limit=limit, cursor=cursor, status=status, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_case_task(self, case_id: str, body: models.CaseTaskContent, **options: Unpack[KeyedCallOptions]) -> models.CaseTask:
        """Add a task to a case.

        For owners, lawyers and assistants of an open case. The assignee must be a member.
        """
        return self.call(Call("POST", "/api/cases/{caseId}/tasks", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseTask, options)

    def replace_case_task(self, case_id: str, task_id: str, body: models.CaseTaskContent, **options: Unpack[CallOptions]) -> models.CaseTask:
        """Replace a task.

        Replaces the whole content of a task. A field that is left out, such as the due date, is
        removed.
        """
        return self.call(
            Call("PUT", "/api/cases/{caseId}/tasks/{taskId}", path={"caseId": case_id, "taskId": task_id}, body=body, authorized=True), models.CaseTask, options
        )

    def delete_case_task(self, case_id: str, task_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a task.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/tasks/{taskId}", path={"caseId": case_id, "taskId": task_id}, authorized=True), None, options)

    def list_time_entries(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, unbilled: bool | None = None, **options: Unpack[CallOptions]
    ) -> models.TimeEntryList:
        """List the time entries of a case.

        Returns time entries, newest first, for those who work on the case for the firm.
        """
        return self.call(
            Call(
                "GET",
                "/api/cases/{caseId}/time-entries",
                path={"caseId": case_id},
                query={"limit": limit, "cursor": cursor, "unbilled": unbilled},
                authorized=True,
            ),
            models.TimeEntryList,
            options,
        )

    def list_time_entries_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, unbilled: bool | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.TimeEntry]:
        """Yields the items of all pages of list_time_entries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_time_entries(case_id, limit=limit, cursor=cursor, unbilled=unbilled, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_time_entry(self, case_id: str, body: models.CreateTimeEntryRequest, **options: Unpack[KeyedCallOptions]) -> models.TimeEntry:
        """Record work on a case.

        A lawyer of the case records their own work; its owners and admins that of all who work on it.
        The rate is for each hour, in minor units of the currency.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/time-entries", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.TimeEntry, options
        )

    def update_time_entry(self, case_id: str, entry_id: str, body: models.UpdateTimeEntryRequest, **options: Unpack[CallOptions]) -> models.TimeEntry:
        """Change a time entry.

        Changes the given fields. An entry on an invoice that is not void is locked: 409 `time_entry_billed`.
        """
        return self.call(
            Call("PATCH", "/api/cases/{caseId}/time-entries/{entryId}", path={"caseId": case_id, "entryId": entry_id}, body=body, authorized=True),
            models.TimeEntry,
            options,
        )

    def delete_time_entry(self, case_id: str, entry_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a time entry.

        An entry on an invoice that is not void is locked: 409 `time_entry_billed`.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/time-entries/{entryId}", path={"caseId": case_id, "entryId": entry_id}, authorized=True), None, options)

    def list_invoices(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["draft", "open", "partly_paid", "paid", "void", "uncollectible"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.InvoiceList:
        """List the invoices of a case.

        Returns invoices, newest first, without their lines. Clients and viewers do not see drafts.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/invoices", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor, "status": status}, authorized=True),
            models.InvoiceList,
            options,
        )

    def list_invoices_all(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["draft", "open", "partly_paid", "paid", "void", "uncollectible"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.Invoice]:
        """Yields the items of all pages of list_invoices. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_invoices(case_id, limit=limit, cursor=cursor, status=status, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_invoice(self, case_id: str, body: models.CreateInvoiceRequest, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Draft an invoice.

        Makes a draft of 1 to 200 lines. A line bills a time entry, or has a description, a quantity and a unit
        price, which can be below zero for a discount. Each line is rounded by itself, halves away from zero:
        first its amount, then its tax. A time entry can be on one invoice only: 409 `time_entry_billed`.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/invoices", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.Invoice, options
        )

    def get_invoice(self, case_id: str, invoice_id: str, **options: Unpack[CallOptions]) -> models.Invoice:
        """Get an invoice.

        For all members of the case. A draft is 404 for clients and viewers.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True), models.Invoice, options
        )

    def update_invoice(self, case_id: str, invoice_id: str, body: models.UpdateInvoiceRequest, **options: Unpack[CallOptions]) -> models.Invoice:
        """Change a draft.

        Changes the given fields; `lines` replaces all lines. An invoice that was issued never changes: 409
        `invoice_issued`.
        """
        return self.call(
            Call("PATCH", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, body=body, authorized=True),
            models.Invoice,
            options,
        )

    def delete_invoice(self, case_id: str, invoice_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a draft.

        Its time entries can be billed again. An invoice that was issued is not deleted: 409 `invoice_issued`.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True), None, options)

    def send_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Issue and send an invoice.

        A draft gets the next number of its year, without gaps, and is booked. Its PDF is made, stored in the case
        and mailed to the recipient in the background; `documentId` and `sentAt` show when that is done. Without a
        due date it is due in fourteen days. An invoice that was issued is mailed again. A void one is 409
        `invoice_void`.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/send", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    def void_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Void an invoice.

        Cancels an issued invoice of which nothing is paid; what was paid must be refunded first. It keeps its
        number, and its time entries can be billed again. What is still paid for it becomes credit of the client.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/void", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    def write_off_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Write an invoice off.

        What is still due of an issued invoice is given up. A later payment opens it again.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/write-off", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    def pay_invoice_from_trust(self, case_id: str, invoice_id: str, body: models.PayFromTrustRequest, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Pay an invoice from client money.

        Moves client money of the case to the firm, for an open invoice of the case: what is due, or a part of it.
        Never more than the case has in that currency: 409 `trust_insufficient`. If the invoice is not open, the
        answer is 409 `invoice_not_open`.
        """
        return self.call(
            Call(
                "POST",
                "/api/cases/{caseId}/invoices/{invoiceId}/pay-from-trust",
                path={"caseId": case_id, "invoiceId": invoice_id},
                body=body,
                authorized=True,
                keyed=True,
            ),
            models.Invoice,
            options,
        )

    def list_ledger_entries(self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.Ledger:
        """Read the ledger of a case.

        Returns the entries of double-entry bookkeeping, newest first, with the balance of each account. For the
        lawyers of the case and admins. A debit is above zero, a credit below; the lines of an entry add up to zero.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/ledger", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.Ledger,
            options,
        )

    def list_ledger_entries_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.LedgerEntry]:
        """Yields the items of all pages of list_ledger_entries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_ledger_entries(case_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_trust_deposit(self, case_id: str, body: models.TrustMovementRequest, **options: Unpack[KeyedCallOptions]) -> models.LedgerEntry:
        """Record a deposit of client money.

        Books money that the client deposited for the case, such as a retainer. It is kept apart from the firm's money.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/trust-deposits", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.LedgerEntry, options
        )

    def create_trust_return(self, case_id: str, body: models.TrustMovementRequest, **options: Unpack[KeyedCallOptions]) -> models.LedgerEntry:
        """Record that client money was returned.

        Books money that was sent back to the client. It is kept apart from the firm's money.
        Never more than the case has in that currency: 409 `trust_insufficient`.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/trust-returns", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.LedgerEntry, options
        )

    def get_trial_balance(self, **options: Unpack[CallOptions]) -> models.TrialBalance:
        """Sum up all ledgers.

        Returns the balance of each account over all cases. In each currency they add up to zero.
        """
        return self.call(Call("GET", "/api/ledger/trial-balance", authorized=True), models.TrialBalance, options)

    def list_case_parties(self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.CasePartyList:
        """List the parties of a case.

        Returns the people and companies in the case, newest first, each with its current conflicts of
        interest: the same person or company on the other side of another case.

        Names match if they differ only in case, accents, script, spacing, word order, titles or legal
        form (`name`). A person's name also matches if one name is missing or an initial
        (`similarName`); check whether it is the same person. An equal e-mail address or registration
        number also matches. A case that the caller cannot read is not named, and all such cases
        together count as one conflict.

        `conflicts` is for lawyers and admins who work on the case. It is absent for everyone else, and
        for everyone with a client's account, because it shows whom the firm acts for.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/parties", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CasePartyList,
            options,
        )

    def list_case_parties_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.CaseParty]:
        """Yields the items of all pages of list_case_parties. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_case_parties(case_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def add_case_party(self, case_id: str, body: models.AddCasePartyRequest, **options: Unpack[KeyedCallOptions]) -> models.CaseParty:
        """Add a party to a case.

        For owners, lawyers and assistants of an open case. The answer names the conflicts of interest,
        unless the caller has a client's account. Conflicts do not prevent the party from being added;
        people decide about them.
        """
        return self.call(
            Call("POST", "/api/cases/{caseId}/parties", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseParty, options
        )

    def remove_case_party(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a party from a case.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        self.call(Call("DELETE", "/api/cases/{caseId}/parties/{partyId}", path={"caseId": case_id, "partyId": party_id}, authorized=True), None, options)

    def get_party_company(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> models.PartyCompany:
        """Get the registered company of a party.

        Returns the company that the party is linked to, as the register reported it when it was linked, and its particulars as
        `fields`: in the shape of a party in the shipped templates, so that they can be copied into the `data` of `renderPdf`. A party without a
        link is 404.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, authorized=True),
            models.PartyCompany,
            options,
        )

    def link_party_company(self, case_id: str, party_id: str, body: models.LinkPartyCompanyRequest, **options: Unpack[CallOptions]) -> models.PartyCompany:
        """Link a party to a registered company.

        For owners, lawyers and assistants of an open case. Stores what the register reports about the company; linking again
        replaces it. The party's own name and number stay as they are.
        """
        return self.call(
            Call("PUT", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, body=body, authorized=True),
            models.PartyCompany,
            options,
        )

    def unlink_party_company(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove the link of a party to a company.

        For owners, lawyers and assistants of an open case. A party without a link is 404.
        """
        self.call(
            Call("DELETE", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, authorized=True), None, options
        )

    def list_case_timeline(self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.CaseTimeline:
        """List the timeline of a case.

        Returns who did what and when, newest first: changes, reads, downloads and refused attempts.
        Every access and every change has an entry, and no entry is ever changed or removed. Each entry
        contains the SHA-256 hash of the one before it. Entries contain ids and types, never what a
        person wrote. Lists of cases are not recorded. Attempts by somebody who is not a member are
        recorded with a short delay, at most once an hour per person.
        """
        return self.call(
            Call("GET", "/api/cases/{caseId}/timeline", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CaseTimeline,
            options,
        )

    def list_case_timeline_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.TimelineEntry]:
        """Yields the items of all pages of list_case_timeline. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_case_timeline(case_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def verify_case_timeline(self, case_id: str, **options: Unpack[CallOptions]) -> models.TimelineVerification:
        """Verify the timeline of a case.

        Recomputes every hash from the first entry on, and reports whether an entry was changed,
        removed, inserted or cut off. Keep `head`: a timeline that was replaced as a whole cannot
        contain the entry with that hash.
        """
        return self.call(Call("GET", "/api/cases/{caseId}/timeline/verify", path={"caseId": case_id}, authorized=True), models.TimelineVerification, options)

    def search_companies(
        self,
        *,
        query: str,
        source: Literal["gleif", "companies-house"] | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.RegisteredCompanyList:
        """Search companies in a register.

        Asks an official register for companies by name or number. Answers can be an hour old. The order is the register's.
        Companies House reaches the first 1,000 results; a `country` other than `GB` finds nothing there.

        A register that cannot be asked now is 503 `registry_unavailable` or, while its rate limit is used up,
        `registry_rate_limited`; an answer that cannot be read is 502 `registry_response`. One that this installation does
        not use is 503 `registry_not_configured`.
        """
        return self.call(
            Call(
                "GET",
                "/api/registry/companies",
                query={"query": query, "source": source, "country": country, "limit": limit, "cursor": cursor},
                authorized=True,
            ),
            models.RegisteredCompanyList,
            options,
        )

    def search_companies_all(
        self,
        *,
        query: str,
        source: Literal["gleif", "companies-house"] | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.RegisteredCompany]:
        """Yields the items of all pages of search_companies. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.search_companies(query=query, source=source, country=country, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_registered_company(self, source: Literal["gleif", "companies-house"], company_id: str, **options: Unpack[CallOptions]) -> models.RegisteredCompany:
        """Get a registered company.

        Returns what the register reports about a company, with its officers if the register has them. The company can be an
        hour old; officers are asked for each time, since they are people.
        """
        return self.call(
            Call("GET", "/api/registry/companies/{source}/{companyId}", path={"source": source, "companyId": company_id}, authorized=True),
            models.RegisteredCompany,
            options,
        )

    def check_vat_number(self, body: models.VatCheckRequest, **options: Unpack[CallOptions]) -> models.VatCheck:
        """Check a VAT number.

        Asks VIES, the VAT information exchange system of the European Union. `unknown` means that VIES or the member state cannot
        say now, with its own `reason`; it never means that the number is invalid. `consultationNumber` is evidence
        of the check; VIES gives one if the operator has set the firm's own VAT number. Nothing is stored: to keep the
        evidence, watch the number with `createWatch`.
        """
        return self.call(Call("POST", "/api/registry/vat-checks", body=body, authorized=True), models.VatCheck, options)

    def check_sanctions(self, body: models.SanctionsCheckRequest, **options: Unpack[CallOptions]) -> models.SanctionsCheck:
        """Look for a name in the lists of sanctions.

        Compares a name with those of the lists that the operator supplies: the European Union's, the United Kingdom's and OFAC's of the
        United States. Spellings, scripts, the order of words, initials and legal forms are taken into account; `reasons`
        names how a hit differs. A hit is a similar name: people decide whether it is the same person or company.
        `lists` names what was looked through; a list that is absent was not. Nothing is stored.
        """
        return self.call(Call("POST", "/api/registry/sanctions-checks", body=body, authorized=True), models.SanctionsCheck, options)

    def list_watches(
        self, *, limit: int | None = None, cursor: str | None = None, case_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.WatchList:
        """List watches.

        With `caseId`, the watches of that case, for its members; without it, those of the firm. Newest first. With a test key, the
        test account's own take the place of the firm's.
        """
        return self.call(
            Call("GET", "/api/compliance/watches", query={"limit": limit, "cursor": cursor, "caseId": case_id}, authorized=True), models.WatchList, options
        )

    def list_watches_all(
        self, *, limit: int | None = None, cursor: str | None = None, case_id: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.Watch]:
        """Yields the items of all pages of list_watches. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_watches(limit=limit, cursor=cursor, case_id=case_id, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_watch(self, body: models.CreateWatchRequest, **options: Unpack[KeyedCallOptions]) -> models.Watch:
        """Watch a company, a name or a VAT number.

        The register is asked within a minute, and then each night. A change is an event `compliance.changed`, a notification of
        who created the watch and, if it belongs to a case, an entry in its timeline and an open task.

        `kind: company` needs `source` and `companyId`; `sanctions` needs `name`, and takes `screened` (person by default) and
        `birthYear`; `vat` needs `number`. With `caseId` the watch belongs to the case and needs the role of an owner, lawyer or assistant in it;
        without, it belongs to the firm. A user can have 10,000 watches.
        """
        return self.call(Call("POST", "/api/compliance/watches", body=body, authorized=True, keyed=True), models.Watch, options)

    def get_watch(self, watch_id: str, **options: Unpack[CallOptions]) -> models.Watch:
        """Get a watch.

        Returns a watch of the firm, or of a case whose member the caller is.
        """
        return self.call(Call("GET", "/api/compliance/watches/{watchId}", path={"watchId": watch_id}, authorized=True), models.Watch, options)

    def delete_watch(self, watch_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a watch.

        Deletes the watch with all its checks. A watch of the firm can be deleted by who created it and by admins, one of a
        case by owners, lawyers and assistants; under a legal hold that is 409 `legal_hold`.
        """
        self.call(Call("DELETE", "/api/compliance/watches/{watchId}", path={"watchId": watch_id}, authorized=True), None, options)

    def list_watch_checks(self, watch_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.WatchCheckList:
        """List the checks of a watch.

        Returns what the register was asked and answered, and what had changed, newest first. `failed`: the register could
        not be read, and nothing is known.
        """
        return self.call(
            Call("GET", "/api/compliance/watches/{watchId}/checks", path={"watchId": watch_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.WatchCheckList,
            options,
        )

    def list_watch_checks_all(
        self, watch_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.WatchCheck]:
        """Yields the items of all pages of list_watch_checks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_watch_checks(watch_id, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def check_watch(self, watch_id: str, **options: Unpack[KeyedCallOptions]) -> models.WatchCheck:
        """Check a watch now.

        Asks the register at once and records the check like a nightly one. If the register cannot be asked, nothing is recorded.
        409: the register does not have the company any more, or somebody else checked in the same moment.
        """
        return self.call(
            Call("POST", "/api/compliance/watches/{watchId}/check", path={"watchId": watch_id}, authorized=True, keyed=True), models.WatchCheck, options
        )

    def list_documents(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["uploaded", "rendered", "signed"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.StoredDocumentList:
        """List documents.

        Returns documents, newest first. With `caseId`, the documents of that case by all members, or by
        one with `userId`. Without it, those outside of cases: callers see their own; an admin sees
        everyone's and can filter by `userId`. For anyone else, a `userId` other than their own is then
        403.
        """
        return self.call(
            Call("GET", "/api/docs", query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "kind": kind}, authorized=True),
            models.StoredDocumentList,
            options,
        )

    def list_documents_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["uploaded", "rendered", "signed"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.StoredDocument]:
        """Yields the items of all pages of list_documents. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_documents(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, kind=kind, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def upload_document(self, file: File, *, case_id: str | None = None, **options: Unpack[KeyedCallOptions]) -> models.StoredDocument:
        """Upload a document.

        Stores a file of up to 25 MiB: a PDF, a Word document (DOCX), a PNG or a JPEG. The file type is
        detected from the content; the declared type is ignored, and the file name is only used as the
        document's name. A broken or malicious file is 422, such as a zip bomb, macros, or HTML under
        another name.

        With `caseId`, the document belongs to that case permanently; the caller must be an owner,
        lawyer or assistant of the case. Send `caseId` before the file so that a refusal comes before
        the file is sent.

        The text of PDFs and Word documents is extracted shortly afterwards; `textState` shows when `GET
        /api/docs/search` can find it. It is the text that a reader sees: with clause numbers, notes,
        headers, comments, form field values and annotations, without hidden text. Tracked changes are
        read as if they were accepted, and `trackedChanges` counts them. Words that are hyphenated at
        the end of a line are joined.

        A PDF can have up to 1,024 other bytes before it, and only further objects after its end.
        """
        return self.call(Call("POST", "/api/docs", form={"caseId": case_id, "file": file}, authorized=True, keyed=True), models.StoredDocument, options)

    def render_pdf(self, body: models.RenderPdfRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderPdfResponse:
        """Render a template to PDF.

        Fills a version of a template with data, renders it to PDF and stores it as a document of the
        caller, or of the case in `caseId`; there the caller must be an owner, lawyer or assistant. Data
        that does not match the template's schema is 422; each field is named by its pointer
        (`/data/…`). So is a character that the fonts lack: nothing is left out of the file silently.

        The same version, data and options produce the same bytes, and so the same `checksum`.

        Send an `Idempotency-Key` to retry safely. For 24 hours, the same key and body return the first
        answer again (with `Idempotency-Replayed: true`); the same key with another body is 409. If the
        caller has lost access to the answer's case, the retry is 404.
        """
        return self.call(Call("POST", "/api/docs/render-pdf", body=body, authorized=True, keyed=True), models.RenderPdfResponse, options)

    def render_batch(self, body: models.RenderBatchRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderBatchResponse:
        """Render up to 500 templates to PDF.

        Starts a job that renders the items one after another. `GET /api/jobs/{jobId}` returns its
        progress, also as an event stream; `DELETE` cancels it. Each item is a request of `POST
        /api/docs/render-pdf` and is validated in the same way before the job is accepted. Pointers
        begin with the item (`/items/3/data/…`). If one item is invalid, nothing is rendered. The body
        can have 1 MiB.

        The job's `result` has `items` in the same order, each with the `docId`, `checksum` and `size`
        of a document and the `caseId` of one in a case, or with an `error` (`code`, `detail`, and
        `errors` with pointers into the item): a character that the fonts lack, or a case that the
        caller lost access to, even after the document was rendered. A cancelled job lists what was
        done. Each item is rendered once, even if the job runs again after a crash; a document that is
        deleted before the job ends may be rendered again.

        Send an `Idempotency-Key` to retry safely: the same key and items are one job.
        """
        return self.call(Call("POST", "/api/docs/render-batch", body=body, authorized=True, keyed=True), models.RenderBatchResponse, options)

    def search_documents(self, *, q: str, case_id: str | None = None, limit: int | None = None, **options: Unpack[CallOptions]) -> models.PassageList:
        """Search the text of documents.

        Finds pages with any of the words, in the documents that the caller can read: their own, and
        those of their cases; with `caseId`, only those of that case. Pages with more of the words come
        first, then those where the words are rarer and more frequent on the page.

        A word matches in all its forms: "Vertrag" finds "Verträge" and "Vertrages", "terminate" finds
        "terminations", "résilier" finds "résiliés". This works for English, German, French, Spanish,
        Italian, Portuguese and Dutch, in any language of the query, and for Russian and Arabic. Words
        of other languages match as they are written. Case and accents are ignored; "ß" is also "ss",
        and "ä" is also "a" and "ae". German and Dutch compounds match by their parts: "Mietvertrag"
        finds "Wohnungsmietvertrag"; "Kündigungsfrist" also finds a page with "Kündigung" and "Frist".
        Chinese, Japanese, Korean and Thai text matches by any adjacent characters.

        - A phrase in quotation marks must be on the page with the same words next to each other,
          ignoring case, accents and punctuation: `"termination notice"`. At least one of them must be
          more than a function word.
        - "§ 622", "Art. 6" and "Section 12" match with their numbers. "1.234,56", "01.02.2026" and
          e-mail addresses match as a whole. "e-mail" is also "email" and "e mail".
        - Function words, such as "the" or "und", are ignored unless the query has no other words.
          Single letters and digits are ignored. There are no wildcards or operators.
        - The first 16 words and the first 4 phrases are used. With a phrase, the 400 best pages are
          checked. Among more than about 300,000 pages, the most common words are only searched in the
          newest.

        `quote` is the exact text of the page around the words that were found; `matches` are those
        words in the forms they have there. A document can be found once its `textState` is `indexed`.
        """
        return self.call(Call("GET", "/api/docs/search", query={"q": q, "caseId": case_id, "limit": limit}, authorized=True), models.PassageList, options)

    def get_document(self, doc_id: str, **options: Unpack[CallOptions]) -> models.StoredDocument:
        """Get a document.

        Returns the metadata of a document. `fileUrl` gives access to its bytes without further
        credentials until it expires, after a few minutes. A document of another account is treated as
        if it did not exist. One of a case can be read by the case's members, and its link is valid for
        5 minutes.
        """
        return self.call(Call("GET", "/api/docs/{docId}", path={"docId": doc_id}, authorized=True), models.StoredDocument, options)

    def delete_document(self, doc_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a document.

        Deletes a document with its file and text. URLs that were issued for it stop working. A document
        cannot be deleted if its case is under legal hold (409 `legal_hold`), while it is out for
        signature (409 `signature_open`), and for two days after everyone has signed it, during which it
        is e-mailed to its signers (409 `signature_mailing`).
        """
        self.call(Call("DELETE", "/api/docs/{docId}", path={"docId": doc_id}, authorized=True), None, options)

    def get_document_content(self, doc_id: str, *, range: str | None = None, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Content:
        """Download a document.

        Returns the file as an attachment. `ETag` and `Repr-Digest` (RFC 9530) contain its SHA-256. The
        bytes are checked while they are sent: if they differ from the recorded ones, the connection is
        closed before the last byte. One `Range` is supported.
        """
        return self.call(
            Call("GET", "/api/docs/{docId}/content", path={"docId": doc_id}, headers={"Range": range, "If-None-Match": if_none_match}, authorized=True),
            Content,
            options,
        )

    def get_document_content_to(
        self, file: Target, doc_id: str, *, range: str | None = None, if_none_match: str | None = None, **options: Unpack[CallOptions]
    ) -> Saved:
        """Like get_document_content, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return self.save(
            Call("GET", "/api/docs/{docId}/content", path={"docId": doc_id}, headers={"Range": range, "If-None-Match": if_none_match}, authorized=True),
            file,
            options,
        )

    def verify_document(self, doc_id: str, **options: Unpack[CallOptions]) -> models.Verification:
        """Verify a document.

        Reads the stored file and compares its SHA-256 with the recorded one. A rendered document is
        also rendered again and compared.
        """
        return self.call(Call("POST", "/api/docs/{docId}/verify", path={"docId": doc_id}, authorized=True), models.Verification, options)

    def list_webhooks(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.WebhookList:
        """List webhooks.

        Returns webhooks, newest first. Callers see their own; an admin sees everyone's and can filter
        by `userId`. For anyone else, a `userId` other than their own is 403.
        """
        return self.call(
            Call("GET", "/api/webhooks", query={"limit": limit, "cursor": cursor, "userId": user_id}, authorized=True), models.WebhookList, options
        )

    def list_webhooks_all(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.Webhook]:
        """Yields the items of all pages of list_webhooks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_webhooks(limit=limit, cursor=cursor, user_id=user_id, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_webhook(self, body: models.CreateWebhookRequest, **options: Unpack[KeyedCallOptions]) -> models.WebhookWithSecret:
        """Create a webhook.

        Subscribes a URL to events. From now on, each event is POSTed to `url` as `{type, timestamp,
        data}`. `data` contains only ids; read the rest through this API. You receive events about your
        own resources and about those of the cases you are a member of.

        Each request is signed according to [Standard Webhooks](https://www.standardwebhooks.com), with
        the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. The `secret` is only
        shown in this answer. Respond with 2xx within 15 seconds. Anything else, including a redirect,
        is retried for three days with the same `webhook-id`. You may receive an event more than once,
        and events may arrive out of order: ignore ids you have already processed. A 410 ends the
        subscription, and so do five days without a success.

        `url` must use https on port 443 or 8443 and resolve to a public address, unless the service is
        configured to allow others (`WEBHOOK_ALLOW_PRIVATE`). An account can have 10 webhooks (409).
        """
        return self.call(Call("POST", "/api/webhooks", body=body, authorized=True, keyed=True), models.WebhookWithSecret, options)

    def get_webhook(self, webhook_id: str, **options: Unpack[CallOptions]) -> models.Webhook:
        """Get a webhook.

        A webhook of another account is treated as if it did not exist.
        """
        return self.call(Call("GET", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, authorized=True), models.Webhook, options)

    def update_webhook(self, webhook_id: str, body: models.UpdateWebhookRequest, **options: Unpack[CallOptions]) -> models.Webhook:
        """Change, disable or enable a webhook.

        Fields that are absent do not change. While a webhook is disabled, no events are recorded for
        it, and its pending deliveries fail; they can be replayed once it is enabled again.
        """
        return self.call(Call("PATCH", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, body=body, authorized=True), models.Webhook, options)

    def delete_webhook(self, webhook_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a webhook.

        Deletes a webhook with its deliveries. Pending ones are not sent.
        """
        self.call(Call("DELETE", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, authorized=True), None, options)

    def rotate_webhook_secret(self, webhook_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookWithSecret:
        """Rotate the signing secret.

        The new `secret` is only shown in this answer. For 24 hours, requests are also signed with the
        old secret (two signatures in one header), so that the receiver can switch without a gap.
        Another rotation within that time invalidates the oldest secret.
        """
        return self.call(
            Call("POST", "/api/webhooks/{webhookId}/rotate-secret", path={"webhookId": webhook_id}, authorized=True, keyed=True),
            models.WebhookWithSecret,
            options,
        )

    def ping_webhook(self, webhook_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookDelivery:
        """Send a test event.

        Sends an event of the type `ping`, which is delivered like any other. If the webhook is
        disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return self.call(
            Call("POST", "/api/webhooks/{webhookId}/ping", path={"webhookId": webhook_id}, authorized=True, keyed=True), models.WebhookDelivery, options
        )

    def replay_webhook(self, webhook_id: str, body: models.ReplayWebhookRequest, **options: Unpack[KeyedCallOptions]) -> models.ReplayWebhookResponse:
        """Replay failed deliveries.

        Sends deliveries that failed for events since `since` again, with the same ids. If the webhook
        is disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return self.call(
            Call("POST", "/api/webhooks/{webhookId}/replay", path={"webhookId": webhook_id}, body=body, authorized=True, keyed=True),
            models.ReplayWebhookResponse,
            options,
        )

    def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["pending", "delivered", "failed", "withheld"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.WebhookDeliveryList:
        """List the deliveries of a webhook.

        Returns deliveries, newest first. They are stored for 30 days.
        """
        return self.call(
            Call(
                "GET",
                "/api/webhooks/{webhookId}/deliveries",
                path={"webhookId": webhook_id},
                query={"limit": limit, "cursor": cursor, "status": status},
                authorized=True,
            ),
            models.WebhookDeliveryList,
            options,
        )

    def list_webhook_deliveries_all(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["pending", "delivered", "failed", "withheld"] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.WebhookDelivery]:
        """Yields the items of all pages of list_webhook_deliveries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_webhook_deliveries(webhook_id, limit=limit, cursor=cursor, status=status, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_webhook_delivery(self, webhook_id: str, delivery_id: str, **options: Unpack[CallOptions]) -> models.WebhookDeliveryDetail:
        """Get a delivery.

        Returns a delivery with its payload and latest attempts, newest first. Of the receiver's
        responses, only the status is stored.
        """
        return self.call(
            Call("GET", "/api/webhooks/{webhookId}/deliveries/{deliveryId}", path={"webhookId": webhook_id, "deliveryId": delivery_id}, authorized=True),
            models.WebhookDeliveryDetail,
            options,
        )

    def replay_webhook_delivery(self, webhook_id: str, delivery_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookDelivery:
        """Replay a delivery.

        Sends a delivery again with the same id, even one that succeeded. If it is pending, or the
        webhook is disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return self.call(
            Call(
                "POST",
                "/api/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
                path={"webhookId": webhook_id, "deliveryId": delivery_id},
                authorized=True,
                keyed=True,
            ),
            models.WebhookDelivery,
            options,
        )

    def send_email(self, body: models.SendEmailRequest, **options: Unpack[KeyedCallOptions]) -> models.SendEmailResponse:
        """Send an e-mail.

        Accepts an e-mail, which is sent soon after, or at `sendAt`. `GET /api/email/{emailId}` returns
        the status for each recipient. The sender is the address that the service is configured with;
        `replyTo` sets where replies go. Accepted mail is retried until it is delivered, even if the
        mail server is down for hours. An address that the mail server rejects permanently is `bounced`.

        Scripts, remote content and hidden content are removed from `bodyHtml`. If `bodyText` is absent,
        it is derived from `bodyHtml`. Attachments are documents of this service that the caller can
        read, 10 MiB in total. Show an image with `inline` by `<img src="cid:its-filename">`.

        Send an `Idempotency-Key` to retry safely, as for `POST /api/docs/render-pdf`.
        """
        return self.call(Call("POST", "/api/email/send", body=body, authorized=True, keyed=True), models.SendEmailResponse, options)

    def send_emails(self, body: models.SendEmailsRequest, **options: Unpack[KeyedCallOptions]) -> models.SendEmailsResponse:
        """Send up to 100 e-mails.

        Accepts several e-mails independently. `items`, in the same order, has the id of each e-mail
        that will be sent, or the error of one that will not. They are sent after e-mails that were sent
        one by one.
        """
        return self.call(Call("POST", "/api/email/send-batch", body=body, authorized=True, keyed=True), models.SendEmailsResponse, options)

    def list_notifications(
        self, *, limit: int | None = None, cursor: str | None = None, unread: bool | None = None, **options: Unpack[CallOptions]
    ) -> models.NotificationList:
        """List notifications.

        Returns notifications about what others did in the caller's cases and with their resources,
        newest first. A notification of a case is only visible to its members. Notifications are deleted
        after a year, and 90 days after they were read.
        """
        return self.call(
            Call("GET", "/api/notifications", query={"limit": limit, "cursor": cursor, "unread": unread}, authorized=True), models.NotificationList, options
        )

    def list_notifications_all(
        self, *, limit: int | None = None, cursor: str | None = None, unread: bool | None = None, **options: Unpack[CallOptions]
    ) -> Iterator[models.Notification]:
        """Yields the items of all pages of list_notifications. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_notifications(limit=limit, cursor=cursor, unread=unread, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def read_notifications(self, body: models.ReadNotificationsRequest, **options: Unpack[KeyedCallOptions]) -> None:
        """Mark all notifications as read.

        Marks all notifications up to `newestId` as read. Later ones stay unread.
        """
        self.call(Call("POST", "/api/notifications/read-all", body=body, authorized=True, keyed=True), None, options)

    def get_notification_preferences(self, **options: Unpack[CallOptions]) -> models.NotificationPreferences:
        """Get notification preferences.

        Returns every type of event that people are notified of, with the caller's choice or else the
        default.
        """
        return self.call(Call("GET", "/api/notifications/preferences", authorized=True), models.NotificationPreferences, options)

    def set_notification_preferences(self, body: models.NotificationPreferences, **options: Unpack[CallOptions]) -> models.NotificationPreferences:
        """Set notification preferences.

        Replaces all of the caller's choices. A type that is absent gets the default again.
        """
        return self.call(Call("PUT", "/api/notifications/preferences", body=body, authorized=True), models.NotificationPreferences, options)

    def update_notification(self, notification_id: str, body: models.UpdateNotificationRequest, **options: Unpack[CallOptions]) -> models.Notification:
        """Mark a notification as read or unread.

        A notification of somebody else, or of a case that the caller has left, is treated as if it did
        not exist.
        """
        return self.call(
            Call("PATCH", "/api/notifications/{notificationId}", path={"notificationId": notification_id}, body=body, authorized=True),
            models.Notification,
            options,
        )

    def list_emails(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.EmailList:
        """List e-mails.

        Returns the e-mails that the caller sent, newest first, without their bodies. Admins see
        everyone's, or one person's with `userId`.
        """
        return self.call(
            Call("GET", "/api/email", query={"limit": limit, "cursor": cursor, "status": status, "userId": user_id}, authorized=True), models.EmailList, options
        )

    def list_emails_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.Email]:
        """Yields the items of all pages of list_emails. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_emails(limit=limit, cursor=cursor, status=status, user_id=user_id, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def list_suppressions(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.SuppressionList:
        """List suppressed addresses.

        For admins. An address is put on the suppression list when a mail server reports that it does
        not exist, by hand, or when its owner unsubscribes. E-mails to it are not sent (`suppressed`).
        People who unsubscribed still receive what `sendEmail` sends, and the service's own e-mails
        reach all but `bounced` addresses.
        """
        return self.call(Call("GET", "/api/email/suppressions", query={"limit": limit, "cursor": cursor}, authorized=True), models.SuppressionList, options)

    def list_suppressions_all(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> Iterator[models.Suppression]:
        """Yields the items of all pages of list_suppressions. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_suppressions(limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def create_suppression(self, body: models.CreateSuppressionRequest, **options: Unpack[KeyedCallOptions]) -> models.Suppression:
        """Suppress an address.

        For admins. Adds an address to the suppression list. The service's own e-mails, such as password
        resets, are still sent to it. An address that is already on the list does not change.
        """
        return self.call(Call("POST", "/api/email/suppressions", body=body, authorized=True, keyed=True), models.Suppression, options)

    def delete_suppression(self, suppression_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove an address from the suppression list.

        For admins. E-mails are sent to the address again.
        """
        self.call(Call("DELETE", "/api/email/suppressions/{suppressionId}", path={"suppressionId": suppression_id}, authorized=True), None, options)

    def get_email(self, email_id: str, **options: Unpack[CallOptions]) -> models.Email:
        """Get an e-mail.

        Returns an e-mail with its status for each recipient. An e-mail of another account is treated as
        if it did not exist.
        """
        return self.call(Call("GET", "/api/email/{emailId}", path={"emailId": email_id}, authorized=True), models.Email, options)

    def cancel_email(self, email_id: str, **options: Unpack[CallOptions]) -> None:
        """Cancel an e-mail.

        Cancels a queued e-mail. If it was sent, or is being sent right now, the answer is 409.
        """
        self.call(Call("DELETE", "/api/email/{emailId}", path={"emailId": email_id}, authorized=True), None, options)

    def list_jobs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | None = None,
        kind: str | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.JobList:
        """List jobs.

        Returns jobs, newest first. Callers see their own; an admin sees everyone's and the service's
        own, and can filter by `userId`. For anyone else, a `userId` other than their own is 403. With
        `status=failed`, an admin sees the jobs that can be retried. Jobs that succeeded or were
        cancelled are stored for 7 days, failed ones for 30.
        """
        return self.call(
            Call("GET", "/api/jobs", query={"limit": limit, "cursor": cursor, "status": status, "kind": kind, "userId": user_id}, authorized=True),
            models.JobList,
            options,
        )

    def list_jobs_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | None = None,
        kind: str | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.Job]:
        """Yields the items of all pages of list_jobs. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_jobs(limit=limit, cursor=cursor, status=status, kind=kind, user_id=user_id, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_job(self, job_id: str, **options: Unpack[CallOptions]) -> models.Job:
        """Get a job.

        Returns the progress of a job and, when it has ended, its result or its error. A job of another
        account is treated as if it did not exist.

        With `Accept: text/event-stream`, the job is streamed: a `progress` event whenever it changes
        and, when it has ended, one `done` event. The stream also ends, without `done`, after ten
        minutes and when the server stops; then connect again.
        """
        return self.call(Call("GET", "/api/jobs/{jobId}", path={"jobId": job_id}, authorized=True), models.Job, options)

    def cancel_job(self, job_id: str, **options: Unpack[CallOptions]) -> models.Job:
        """Cancel a job.

        A waiting job is `cancelled` at once. A running job is asked to stop and stops when it can: in
        the answer it is still `running`, and it may still succeed. What it has done is not undone. If
        the job has ended, the answer is 409, unless it was cancelled.
        """
        return self.call(Call("DELETE", "/api/jobs/{jobId}", path={"jobId": job_id}, authorized=True), models.Job, options)

    def retry_job(self, job_id: str, **options: Unpack[KeyedCallOptions]) -> models.Job:
        """Retry a failed job.

        Runs a job again that has failed and is no longer retried by itself. It waits again, with its
        full number of attempts. Any other job is 409.
        """
        return self.call(Call("POST", "/api/jobs/{jobId}/retry", path={"jobId": job_id}, authorized=True, keyed=True), models.Job, options)

    def open_checkout(self, body: models.OpenCheckoutRequest, **options: Unpack[KeyedCallOptions]) -> models.Payment:
        """Open a checkout for an invoice.

        Opens a page of the payment provider on which the rest of an invoice is paid; send the person to
        `checkoutUrl`. An invoice has one open checkout at a time: a second call returns it, unless what is due
        has changed, which closes it and opens another. The page is open for twelve hours.

        The page sends the person to `successUrl` when they have paid, and to `cancelUrl` if they go back. Neither means
        that money arrived: read the payment, or wait for `payment.succeeded`.

        An amount that the provider cannot take, such as 1.234 KWD, is 422. 409 is
        `invoice_not_payable` or `payment_processing`. 502 means that the provider rejected the checkout. After 503 it may be
        open: a retry returns it. With a test key the page is the service's own, and no money moves.
        """
        return self.call(Call("POST", "/api/payments/checkout", body=body, authorized=True, keyed=True), models.Payment, options)

    def list_payments(
        self,
        *,
        case_id: str | None = None,
        invoice_id: str | None = None,
        status: Literal["created", "open", "processing", "succeeded", "failed", "expired", "canceled"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.PaymentList:
        """List payments.

        Returns payments, newest first: those of a case or an invoice that the caller can read, or else those for which
        the caller opened a checkout.
        """
        return self.call(
            Call(
                "GET", "/api/payments", query={"caseId": case_id, "invoiceId": invoice_id, "status": status, "limit": limit, "cursor": cursor}, authorized=True
            ),
            models.PaymentList,
            options,
        )

    def list_payments_all(
        self,
        *,
        case_id: str | None = None,
        invoice_id: str | None = None,
        status: Literal["created", "open", "processing", "succeeded", "failed", "expired", "canceled"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.Payment]:
        """Yields the items of all pages of list_payments. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_payments(case_id=case_id, invoice_id=invoice_id, status=status, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_payment(self, payment_id: str, **options: Unpack[CallOptions]) -> models.Payment:
        """Get a payment.

        Returns a payment with its refunds and disputes. While somebody can still pay, the provider is asked first, so that a person
        who comes back from its page sees what they did.
        """
        return self.call(Call("GET", "/api/payments/{paymentId}", path={"paymentId": payment_id}, authorized=True), models.Payment, options)

    def refund_payment(self, payment_id: str, body: models.RefundPaymentRequest, **options: Unpack[KeyedCallOptions]) -> models.PaymentRefund:
        """Refund a payment.

        Sends money back to who paid, all that is left or a part of it. The refund is booked at once, and `succeeded` when the provider sent
        the money. While the provider is down it stays `pending`, and the service goes on by itself. More than is left is
        422 at `/amount`. 409 is `payment_not_succeeded` or `payment_refunded`. 502 means that the provider rejected it; the refund is then `failed`.
        """
        return self.call(
            Call("POST", "/api/payments/{paymentId}/refund", path={"paymentId": payment_id}, body=body, authorized=True, keyed=True),
            models.PaymentRefund,
            options,
        )

    def receive_payment_webhook(self, body: models.ProviderWebhook, *, stripe_signature: str | None = None, **options: Unpack[CallOptions]) -> None:
        """Receive a webhook of Stripe.

        For Stripe. The signature covers the time and the body, and is valid for five minutes. Webhooks can arrive in any order and more
        than once: each only makes the service read the payment at Stripe. One of another mode or account, or about something
        else, is acknowledged and ignored. 401 means that it is forged or too old, 404 that Stripe is not configured.
        """
        self.call(Call("POST", "/api/payments/webhooks/stripe", headers={"Stripe-Signature": stripe_signature}, body=body), None, options)

    def initiate_signature(self, body: models.InitiateSignatureRequest, **options: Unpack[KeyedCallOptions]) -> models.InitiateSignatureResponse:
        """Send a document for signature.

        Sends a stored PDF to its signers. It must be the caller's, or of a case that the caller works
        on. In a `sequential` workflow, signers sign by `order` (as listed, if none has an order;
        signers with the same order sign at the same time). In a `parallel` workflow, all sign at the
        same time. Each signer gets a link by e-mail when it is their turn. When all have signed, a
        certificate page and a digital seal (PAdES) are added, the result is stored as a document of
        kind `signed`, and everyone gets it by e-mail.

        `signingUrl` is a page where a signer can request their link by e-mail. It contains no secret
        and can be shared.

        The document is checked first. One that cannot be signed or sealed is 422: the error's `reason`
        is `encrypted`, `signed` (it already has a digital signature; an empty signature field is
        allowed), `xfa` or `broken`. One that a signer might misunderstand is 422 `document_unfit`: each
        place has an error with its `reason`, `page` and `quote`. The reasons are those of
        `SigningRisk`. Name the reasons that you accept in `acceptRisks`; they are recorded in the log,
        the certificate and the evidence. Lines for a signature and for its name, place and date are not
        blanks.

        If the service uses an external signing provider, the provider gets the document with additional
        pages for the signatures. E-mails, links and log are the same, and the signed file is the
        provider's. 502 means that the provider refused and 503 that it is down; nobody was asked to
        sign, and the request can be sent again.

        Send an `Idempotency-Key` to retry safely. For 24 hours, the same key and body return the first
        answer again (with `Idempotency-Replayed: true`); the same key with another body is 409.
        """
        return self.call(Call("POST", "/api/esign/initiate", body=body, authorized=True, keyed=True), models.InitiateSignatureResponse, options)

    def list_signature_requests(
        self,
        *,
        case_id: str | None = None,
        status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.SignatureRequestList:
        """List signature requests.

        Returns signature requests, newest first. Without `caseId`, those that the caller sent, or
        everyone's for an admin. With it, those of a case that the caller can read.
        """
        return self.call(
            Call("GET", "/api/esign", query={"caseId": case_id, "status": status, "limit": limit, "cursor": cursor}, authorized=True),
            models.SignatureRequestList,
            options,
        )

    def list_signature_requests_all(
        self,
        *,
        case_id: str | None = None,
        status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[models.SignatureRequest]:
        """Yields the items of all pages of list_signature_requests. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = self.list_signature_requests(case_id=case_id, status=status, limit=limit, cursor=cursor, **options)
            yield from page.items
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    def get_signature_request(self, tracking_id: str, **options: Unpack[CallOptions]) -> models.SignatureRequest:
        """Get a signature request.

        Returns the status of the request and of each signer. A request of another account is treated as
        if it did not exist.
        """
        return self.call(Call("GET", "/api/esign/{trackingId}", path={"trackingId": tracking_id}, authorized=True), models.SignatureRequest, options)

    def list_signature_events(self, tracking_id: str, **options: Unpack[CallOptions]) -> models.SignatureEventList:
        """List the log of a signature request.

        Returns the log from its beginning. Each entry contains the SHA-256 of the one before it, and no
        entry is ever changed or removed. The whole log is deleted if its sender is erased and nobody
        has signed.
        """
        return self.call(Call("GET", "/api/esign/{trackingId}/events", path={"trackingId": tracking_id}, authorized=True), models.SignatureEventList, options)

    def cancel_signature_request(self, tracking_id: str, **options: Unpack[KeyedCallOptions]) -> models.SignatureRequest:
        """Cancel a signature request.

        Cancels the request: nobody can sign any more, and the signers who were asked are notified. If
        the request has ended, the answer is 409.
        """
        return self.call(
            Call("POST", "/api/esign/{trackingId}/cancel", path={"trackingId": tracking_id}, authorized=True, keyed=True), models.SignatureRequest, options
        )

    def remind_signers(self, tracking_id: str, **options: Unpack[KeyedCallOptions]) -> models.SignatureRequest:
        """Remind signers.

        Sends the links again to the signers whose turn it is, except those who got an e-mail in the
        last two minutes. The service itself sends reminders after three, six and nine days. If the
        request has ended, the answer is 409.
        """
        return self.call(
            Call("POST", "/api/esign/{trackingId}/remind", path={"trackingId": tracking_id}, authorized=True, keyed=True), models.SignatureRequest, options
        )

    def get_signature_evidence(self, tracking_id: str, **options: Unpack[CallOptions]) -> Content:
        """Download the evidence of a signature request.

        Returns a zip file that is sealed as a whole: the original, the signed file, the log, the
        consent text, and a manifest with the SHA-256 of each. `counsel verify-evidence FILE` checks it
        offline and detects any changed byte.
        """
        return self.call(Call("GET", "/api/esign/{trackingId}/evidence", path={"trackingId": tracking_id}, authorized=True), Content, options)

    def get_signature_evidence_to(self, file: Target, tracking_id: str, **options: Unpack[CallOptions]) -> Saved:
        """Like get_signature_evidence, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return self.save(Call("GET", "/api/esign/{trackingId}/evidence", path={"trackingId": tracking_id}, authorized=True), file, options)

    def view_signing(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> models.SigningView:
        """Open a signing link.

        Returns what the signer is asked to sign, and the state of the link. The log records the view.
        An unknown link is 404, whatever it looks like.
        """
        return self.call(Call("POST", "/api/esign/signing/view", body=body), models.SigningView, options)

    def get_signing_document(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> Content:
        """Download the document of a signing link.

        Returns the PDF that is to be signed. When the download is complete, the log records that the
        signer viewed the document. If the link cannot be used any more, or the document is lost
        (`document_gone`), the answer is 409 and `code` is the reason.
        """
        return self.call(Call("POST", "/api/esign/signing/document", body=body), Content, options)

    def get_signing_document_to(self, file: Target, body: models.SigningToken, **options: Unpack[CallOptions]) -> Saved:
        """Like get_signing_document, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return self.save(Call("POST", "/api/esign/signing/document", body=body), file, options)

    def get_signing_text(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> models.SigningText:
        """Get the text of a signing link's document.

        Returns the text page by page, for people who cannot see the PDF. It is empty if the text has
        not been extracted yet or there is none.
        """
        return self.call(Call("POST", "/api/esign/signing/text", body=body), models.SigningText, options)

    def consent_to_signing(self, body: models.SigningConsent, **options: Unpack[CallOptions]) -> models.SigningView:
        """Consent to sign electronically.

        Records that the signer consents to the disclosure that `viewSigning` returned. The answer is
        409, and nothing is recorded, if the disclosure has changed, if the link cannot be used any more
        or was never opened (`not_viewed`), or if the document is lost or damaged (`document_gone`,
        `document_corrupt`).
        """
        return self.call(Call("POST", "/api/esign/signing/consent", body=body), models.SigningView, options)

    def sign_document(self, body: models.SigningSignature, **options: Unpack[CallOptions]) -> models.SigningView:
        """Sign a document.

        Records a signature, typed or drawn. The signer must have consented to sign electronically
        first. After the last signature, the document is sealed. If the document is lost or damaged
        (`document_gone`, `document_corrupt`), the answer is 409; if it cannot be read right now, 503.
        In both cases nothing is signed.
        """
        return self.call(Call("POST", "/api/esign/signing/sign", body=body), models.SigningView, options)

    def decline_signing(self, body: models.SigningDecline, **options: Unpack[CallOptions]) -> models.SigningView:
        """Decline to sign.

        Ends the request: nobody can sign any more, and the sender gets the reason.
        """
        return self.call(Call("POST", "/api/esign/signing/decline", body=body), models.SigningView, options)

    def send_signing_link(self, body: models.SigningLinkRequest, **options: Unpack[CallOptions]) -> None:
        """Send a signing link again.

        E-mails a signer their link, if the address belongs to a signer of this request whose turn it is
        and who got no e-mail in the last two minutes. The answer is the same in any case.
        """
        self.call(Call("POST", "/api/esign/signing/link", body=body), None, options)

    def receive_signature_webhook(
        self,
        provider: Literal["docuseal", "documenso"],
        body: models.ProviderWebhook,
        *,
        x_docuseal_signature: str | None = None,
        x_documenso_secret: str | None = None,
        x_documenso_delivery_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Receive a signing provider's webhook.

        For the external signing provider, if there is one. The request is authenticated before its body
        is read: DocuSeal's by a signature over the time and the body, which is valid for five minutes;
        Documenso's by the secret. Webhooks can arrive in any order and more than once. Each only makes
        the service query the provider, whose answer counts. A webhook about an unknown request is
        ignored. 401 means that it is forged or too old, 404 that this provider is not configured.
        """
        self.call(
            Call(
                "POST",
                "/api/esign/webhooks/{provider}",
                path={"provider": provider},
                headers={
                    "X-Docuseal-Signature": x_docuseal_signature,
                    "X-Documenso-Secret": x_documenso_secret,
                    "X-Documenso-Delivery-Id": x_documenso_delivery_id,
                },
                body=body,
            ),
            None,
            options,
        )

    def get_index(self, **options: Unpack[CallOptions]) -> models.Index:
        """Where to start.

        Browsers are redirected to the documentation. Programs get the addresses of the documentation and
        of this OpenAPI document.
        """
        return self.call(Call("GET", "/"), models.Index, options)

    def get_liveness(self, **options: Unpack[CallOptions]) -> models.Liveness:
        """Check liveness.

        Answers as long as the process runs. For a supervisor that restarts it.
        """
        return self.call(Call("GET", "/livez"), models.Liveness, options)

    def get_readiness(self, **options: Unpack[CallOptions]) -> models.Readiness:
        """Check readiness.

        200 while requests can be served: `ok` if every part is up, `degraded` if Redis is down and
        answers are not cached. 503 if the database is down or the service is stopping. For a load
        balancer.
        """
        return self.call(Call("GET", "/readyz"), models.Readiness, options)

    def get_metrics(self, **options: Unpack[CallOptions]) -> Content:
        """Prometheus metrics.

        Counters and timings in Prometheus' text format, without personal data. If METRICS_TOKEN is set,
        it must be sent as a bearer token.
        """
        return self.call(Call("GET", "/metrics", authorized=True), Content, options)

    def get_metrics_to(self, file: Target, **options: Unpack[CallOptions]) -> Saved:
        """Like get_metrics, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return self.save(Call("GET", "/metrics", authorized=True), file, options)

    def get_contract_yaml(self, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Content:
        """OpenAPI document as YAML.

        Returns this OpenAPI document.
        """
        return self.call(Call("GET", "/openapi.yaml", headers={"If-None-Match": if_none_match}), Content, options)

    def get_contract_yaml_to(self, file: Target, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Saved:
        """Like get_contract_yaml, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return self.save(Call("GET", "/openapi.yaml", headers={"If-None-Match": if_none_match}), file, options)

    def get_contract_json(self, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> dict[str, object]:
        """OpenAPI document as JSON.

        Returns this OpenAPI document.
        """
        return self.call(Call("GET", "/openapi.json", headers={"If-None-Match": if_none_match}), dict[str, object], options)


class AsyncOperations(AsyncSession):
    """The operations, as methods."""

    async def register_user(self, body: models.RegisterRequest, **options: Unpack[CallOptions]) -> models.User:
        """Create an account.

        Creates an account with the role `client` and sends an e-mail with a link that confirms the
        address. Each e-mail address can be registered once, ignoring upper and lower case. Signing in
        is a separate request.
        """
        return await self.call(Call("POST", "/api/auth/register", body=body), models.User, options)

    async def login_user(self, body: models.LoginRequest, **options: Unpack[CallOptions]) -> models.Tokens:
        """Sign in.

        Exchanges an e-mail address and a password for tokens, and starts a session. An unknown address
        and a wrong password get the same answer. After several failures for one account, or from one
        network address, further attempts get 429 for a while.
        """
        return await self.call(Call("POST", "/api/auth/login", body=body), models.Tokens, options)

    async def refresh_tokens(self, body: models.RefreshRequest, **options: Unpack[CallOptions]) -> models.Tokens:
        """Refresh the tokens.

        Exchanges a refresh token for a new pair of tokens. Each refresh token can be used once. If one
        is used again, its session ends, because only a stolen copy can be used twice.
        """
        return await self.call(Call("POST", "/api/auth/refresh", body=body), models.Tokens, options)

    async def logout_user(self, **options: Unpack[CallOptions]) -> None:
        """Sign out.

        Ends the session of the access token in this request. Its refresh token stops working at once.
        """
        await self.call(Call("POST", "/api/auth/logout", authorized=True), None, options)

    async def request_password_reset(self, body: models.RequestPasswordResetRequest, **options: Unpack[CallOptions]) -> None:
        """Request a password reset.

        Sends a reset link to the account with this address, in the language of `Accept-Language`. The
        link can be used once, within an hour. The answer and its timing do not show whether such an
        account exists. A link can be requested five times an hour for one address.
        """
        await self.call(Call("POST", "/api/auth/password/forgot", body=body), None, options)

    async def reset_password(self, body: models.ResetPasswordRequest, **options: Unpack[CallOptions]) -> None:
        """Set a new password.

        Sets a new password with the secret of a link from `POST /api/auth/password/forgot`. It ends all
        sessions of the account, revokes its API keys unless `revokeApiKeys` is false, invalidates its other
        reset links, and confirms its address. A link that is used, expired or unknown is 422
        `link_invalid`.
        """
        await self.call(Call("POST", "/api/auth/password/reset", body=body), None, options)

    async def verify_email(self, body: models.VerifyEmailRequest, **options: Unpack[CallOptions]) -> None:
        """Confirm an e-mail address.

        Confirms an address with the secret of a link that was sent to it. Using the link again changes
        nothing. A link that is expired or unknown is 422 `link_invalid`.
        """
        await self.call(Call("POST", "/api/auth/email/verify", body=body), None, options)

    async def resend_verification(self, **options: Unpack[KeyedCallOptions]) -> None:
        """Send a new confirmation link.

        Sends another link to the caller's address. It is valid for three days. If the address is
        already confirmed, the answer is 409.
        """
        await self.call(Call("POST", "/api/auth/email/resend", authorized=True, keyed=True), None, options)

    async def get_current_user(self, **options: Unpack[CallOptions]) -> models.User:
        """Get the current account.

        Returns the caller's account.
        """
        return await self.call(Call("GET", "/api/auth/me", authorized=True), models.User, options)

    async def list_sessions(self, **options: Unpack[CallOptions]) -> models.SessionList:
        """List sessions.

        Returns the caller's open sessions, newest first. An account has at most 20 sessions; another
        sign-in ends the oldest.
        """
        return await self.call(Call("GET", "/api/auth/sessions", authorized=True), models.SessionList, options)

    async def end_sessions(self, **options: Unpack[CallOptions]) -> None:
        """End all sessions.

        Signs the caller out on every device, including this one.
        """
        await self.call(Call("DELETE", "/api/auth/sessions", authorized=True), None, options)

    async def end_session(self, session_id: str, **options: Unpack[CallOptions]) -> None:
        """End a session.

        Signs out one device. A session of another account is treated as if it did not exist.
        """
        await self.call(Call("DELETE", "/api/auth/sessions/{sessionId}", path={"sessionId": session_id}, authorized=True), None, options)

    async def list_api_keys(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.ApiKeyList:
        """List API keys.

        Returns keys, newest first, with those that have expired or were revoked. Callers see their own;
        an admin sees everyone's and can filter by `userId`. For anyone else, a `userId` other than their
        own is 403.
        """
        return await self.call(
            Call("GET", "/api/api-keys", query={"limit": limit, "cursor": cursor, "userId": user_id}, authorized=True), models.ApiKeyList, options
        )

    async def list_api_keys_all(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.ApiKey]:
        """Yields the items of all pages of list_api_keys. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_api_keys(limit=limit, cursor=cursor, user_id=user_id, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_api_key(self, body: models.CreateApiKeyRequest, **options: Unpack[KeyedCallOptions]) -> models.ApiKeyWithSecret:
        """Create an API key.

        Creates a key with which a program acts as its owner, within its scopes: send `secret` as
        `Authorization: Bearer …`. The `secret` is only shown in this answer. The owner is notified by
        e-mail.

        A key has the role that its owner has at the moment of a request, and sees the cases that they
        see. It ends when it expires, is revoked, or its owner is disabled: at once, and with the same
        401 as for a key that does not exist. A request that needs a scope which the key lacks is 403
        `scope_missing`; one from outside of `ipRanges` is 403 `address_not_allowed`; an operation that
        no key can call is 403 `api_key_refused`. A key with the mode `test` acts as a test account:
        its data is separate, the AI is simulated, and nothing is sent to anybody; an operation with
        `x-no-test-mode` is 403 `test_mode_refused`. Each key has a rate limit of its own.

        An account can have 20 keys that are valid (409).
        """
        return await self.call(Call("POST", "/api/api-keys", body=body, authorized=True, keyed=True), models.ApiKeyWithSecret, options)

    async def get_api_key(self, api_key_id: str, **options: Unpack[CallOptions]) -> models.ApiKey:
        """Get an API key.

        A key of another account is treated as if it did not exist, unless the caller is an admin.
        """
        return await self.call(Call("GET", "/api/api-keys/{apiKeyId}", path={"apiKeyId": api_key_id}, authorized=True), models.ApiKey, options)

    async def revoke_api_key(self, api_key_id: str, **options: Unpack[CallOptions]) -> None:
        """Revoke an API key.

        The next request with the key is 401. Work that was accepted before, such as a job, goes on. The
        key stays in the list, so that logs which name it can be understood. Revoking it again changes
        nothing.
        """
        await self.call(Call("DELETE", "/api/api-keys/{apiKeyId}", path={"apiKeyId": api_key_id}, authorized=True), None, options)

    async def delete_test_data(self, **options: Unpack[CallOptions]) -> models.DeleteTestDataResponse:
        """Delete all test data.

        Starts a job that deletes everything the caller's test account owns: cases, documents, drafts,
        consultations, e-mails, signature requests, webhooks, notifications and jobs. The owner can call
        it when signed in, or their program with a test key that has the scope `test-data:write`. Without a test account, the answer is 404. The job
        belongs to the caller, and is the only one that remains.
        """
        return await self.call(Call("DELETE", "/api/test-data", authorized=True), models.DeleteTestDataResponse, options)

    async def list_users(
        self, *, limit: int | None = None, cursor: str | None = None, role: Literal["client", "lawyer", "admin"] | None = None, **options: Unpack[CallOptions]
    ) -> models.UserList:
        """List accounts.

        Returns all accounts, newest first. For admins.
        """
        return await self.call(Call("GET", "/api/users", query={"limit": limit, "cursor": cursor, "role": role}, authorized=True), models.UserList, options)

    async def list_users_all(
        self, *, limit: int | None = None, cursor: str | None = None, role: Literal["client", "lawyer", "admin"] | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.User]:
        """Yields the items of all pages of list_users. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_users(limit=limit, cursor=cursor, role=role, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def update_user(self, user_id: str, body: models.UpdateUserRequest, **options: Unpack[CallOptions]) -> models.User:
        """Change an account's role or disable it.

        For admins. A change of role ends the account's sessions at once, and so does disabling it. The
        last admin who can sign in cannot be demoted or disabled (409).
        """
        return await self.call(Call("PATCH", "/api/users/{userId}", path={"userId": user_id}, body=body, authorized=True), models.User, options)

    async def erase_user(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Erase a person.

        For the person themselves, and for admins.

        What is deleted: the account's name and address, permanently; its sessions; its drafts,
        documents and consultations outside of cases; its e-mails, webhooks, notifications and jobs; its
        memberships. If the address has unsubscribed, that is remembered without the address itself.
        Work in progress is deleted an hour later.

        What stays: what the person wrote, created or sent in cases, without their name. Templates they
        own stay with the firm if a version is published or was used for a document. Signed documents,
        and signature requests in cases, stay as evidence, with the names of the sender and signers and
        the signed file. Signature requests that the person sent outside of cases are withdrawn, and so
        are those that an admin sent for their documents; they are deleted after two days unless
        somebody has signed.

        The request is refused with 409 if a legal hold covers a case that the person belongs to, worked
        in or is a party of (`legal_hold`), if they are the only owner of a case (`case_owner`), while a
        document that everyone has signed is being sealed (`signature_sealing`), and for the last admin.
        """
        await self.call(Call("DELETE", "/api/users/{userId}", path={"userId": user_id}, authorized=True), None, options)

    async def export_user(self, user_id: str, **options: Unpack[CallOptions]) -> models.UserExport:
        """Export a person's data.

        For the person themselves, and for admins.

        The export contains the account; the consultations, the drafts with all versions and the
        documents outside of cases; the e-mails and signature requests they sent; the documents they
        were asked to sign, if their address is confirmed; their webhooks, notifications and templates;
        and, for each case they are a member of now, what they contributed to it. The timeline of each
        of these cases records the export. What others wrote about them in cases is not included.

        The document is streamed. If the connection breaks, the document is incomplete.
        """
        return await self.call(Call("GET", "/api/users/{userId}/export", path={"userId": user_id}, authorized=True), models.UserExport, options)

    async def send_chat(self, body: models.ChatRequest, **options: Unpack[KeyedCallOptions]) -> models.ChatResponse:
        """Ask a legal question.

        Answers a legal question. Personal data in the message and its context is replaced by
        placeholders before anything leaves the service, and put back into the answer. The question and
        its answer are stored as a consultation.

        With `Accept: text/event-stream`, the answer is streamed: `delta` events with pieces of text,
        then one `done` event with the whole answer, or one `error` event.

        `userId` must be the caller's own id. Only an admin can ask for somebody else.

        With `context.caseId`, the question belongs to a case. The answer takes the case's description
        into account, every member can read it, and the case's timeline records it. A consultation of a
        case can only be continued in that case.

        With `context.documentIds`, the answer is based on these documents. The passages most relevant
        to the question are sent to the AI, with personal data replaced. Where the answer quotes a
        document, a number in brackets such as `[2]` follows, and `references` has the document, the
        page and the exact words under the same `marker`. If the quoted words are not on that page,
        there is no reference and `warnings` says so. Instructions inside a document are not followed,
        and `warnings` names their page.

        `citations` lists every statute, act and decision that the answer names, recognized by its form
        in the law of the United States, the United Kingdom and the European Union and in German,
        French, Spanish, Portuguese, Italian and Dutch. One that stands in the documents, in the context
        or in the question is `verified`. For any other, show the reader that nothing vouches for it:
        an AI can invent citations. Verified means that the words were given, not that they support
        what the answer says.

        `clarifications` holds questions to the user that the answer hangs on, such as whose law
        applies. Send the next message with `context.consultationId` to go on. A stream has `citations`
        and `clarifications` in its `done` event.

        A question in a case without `documentIds` is based on the case's documents whose text can be
        read. A document of a case can only be used in that case, and the case's timeline records that
        it was read.

        A document that the user cannot read is 404. One whose text is still being extracted is 409
        `text_pending`; try again in a moment. One without readable text is 422. The error names each by
        its pointer, such as `/context/documentIds/1`.
        """
        return await self.call(Call("POST", "/api/ai/chat", body=body, authorized=True, keyed=True), models.ChatResponse, options)

    async def generate_document(self, body: models.GenerateDocumentRequest, **options: Unpack[KeyedCallOptions]) -> models.GenerateDocumentResponse:
        """Draft a document.

        Drafts a document of a type from its inputs. `GET /api/ai/document-types` lists the types with
        the JSON Schema of their `inputs`. Inputs that do not match the schema are 422; each is named by
        its pointer (`/inputs/…`). The draft is stored with the status `drafted`. `policy` names a rule
        set that the draft is checked against; what it finds is in `warnings`. With `caseId`, the draft
        and its consultation belong to that case; the caller must be an owner, lawyer or assistant of
        the case.
        """
        return await self.call(Call("POST", "/api/ai/generate-document", body=body, authorized=True, keyed=True), models.GenerateDocumentResponse, options)

    async def analyze_text(self, body: models.AnalyzeRequest, **options: Unpack[KeyedCallOptions]) -> models.AnalyzeResponse:
        """Review a contract, clause or document.

        Reviews a text with the AI and with a policy, which is a set of rules. Each finding quotes the
        text verbatim; `start` and `end` are offsets in **UTF-16 code units**, as in JavaScript's
        `slice`. A finding of the kind `missing` has no quote: it is a clause that the policy expects and the
        text lacks, with a wording to propose. The kind `clause` lists the clauses that were recognized without
        an objection. The rules read English best, and German, French, Spanish, Portuguese, Italian and Dutch. A
        text under 800 bytes counts as a single clause: nothing is `missing` from it, nor from a text in any
        other language.

        `riskLevel` is computed from the findings, never taken from the AI. Text that tries to
        give instructions to the AI becomes a finding (`Embedded Instruction`) and cannot lower the
        risk. If the AI cannot be asked, the rules alone review the text: `modelUsed` is then false, and the
        same request made later asks the AI again.

        `policy` is a shipped policy or the `id` of a playbook, see `POST /api/ai/playbooks`.

        With `docId` instead of `text`, a document is reviewed, of up to 2,000 pages. `start` and `end` are then
        offsets in the texts of its pages that have any, joined by a form feed (U+000C), `page` is the page, and
        `box` is where the quote is drawn on it, if the document is a PDF; in a Word file, `paragraph` is the
        paragraph. A very long text is sent to the AI in parts; `warnings` says if some were left out. A document that
        the caller cannot read is 404. One whose text is still being extracted is 409 `text_pending`; try again
        in a moment. One without readable text is 422. The review of a document of a case belongs to the case:
        its members can read it, and the case's timeline records it.
        """
        return await self.call(Call("POST", "/api/ai/analyze", body=body, authorized=True, keyed=True), models.AnalyzeResponse, options)

    async def mask_text(self, body: models.MaskRequest, **options: Unpack[CallOptions]) -> models.MaskResponse:
        """Preview what the AI would receive.

        Masks the personal data in a text as the other operations do before they send it to the AI, and
        returns the result. Nothing is sent, stored or logged. `start` and `end` are offsets in the
        submitted text, in **UTF-16 code units**, as in JavaScript's `slice`. The same person has the
        same number in all placeholders; a letter after it stands for another wording, such as the
        surname alone. A part of the text that looks like a placeholder is masked as `LITERAL`, so that
        it comes back unchanged. With a case or documents, a question may be masked further: a name that
        one of their texts reveals is masked in all of them.
        """
        return await self.call(Call("POST", "/api/ai/mask", body=body, authorized=True), models.MaskResponse, options)

    async def get_masking_lists(self, **options: Unpack[CallOptions]) -> models.MaskingLists:
        """Get the firm's masking lists.

        Returns the words that are always or never masked in texts for the AI. Both lists are empty until
        an admin replaces them.
        """
        return await self.call(Call("GET", "/api/ai/masking-lists", authorized=True), models.MaskingLists, options)

    async def replace_masking_lists(self, body: models.ReplaceMaskingListsRequest, **options: Unpack[CallOptions]) -> models.MaskingLists:
        """Replace the firm's masking lists.

        Replaces both lists. They apply to every text for the AI: questions, cases, documents, inputs of
        drafts, reviews and previews. Other servers apply them within ten seconds.

        - An entry of `always` is masked wherever it occurs as whole words, in any case and spacing. Use it for
          code names of matters and for what is not recognized by itself.
        - An entry of `never` is not masked, for example the firm's own name. `always` wins over `never`. An
          identifier such as an e-mail address or an account number is only left unmasked if the entry is
          exactly that identifier.

        With `version`, the lists are only replaced if they still have that version; otherwise the answer
        is 409.
        """
        return await self.call(Call("PUT", "/api/ai/masking-lists", body=body, authorized=True), models.MaskingLists, options)

    async def warm_chat_cache(self, body: models.WarmCacheRequest, **options: Unpack[KeyedCallOptions]) -> models.WarmCacheResponse:
        """Fill the cache with frequent questions.

        Starts a job that answers questions and caches the answers. Use it after the model or a prompt
        changed, or before you publish a page of frequent questions. Anyone who then asks one of the
        questions with the same words and `locale` and without `context` gets the answer at once, until
        it expires. `GET /api/jobs/{jobId}` returns the progress. The `result` counts the questions that
        were `asked`, were already `cached` and `failed`, and has `tokensUsed`. While the AI is down,
        the job waits.

        A question that contains personal data is refused, because its answer could not be shared. With
        an `Idempotency-Key`, the same questions under the same key are one job.
        """
        return await self.call(Call("POST", "/api/ai/warm-cache", body=body, authorized=True, keyed=True), models.WarmCacheResponse, options)

    async def list_playbooks(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.PlaybookList:
        """List the firm's playbooks.

        Returns the playbooks of all lawyers and admins, newest first.
        """
        return await self.call(Call("GET", "/api/ai/playbooks", query={"limit": limit, "cursor": cursor}, authorized=True), models.PlaybookList, options)

    async def list_playbooks_all(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Playbook]:
        """Yields the items of all pages of list_playbooks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_playbooks(limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_playbook(self, body: models.PlaybookContent, **options: Unpack[KeyedCallOptions]) -> models.Playbook:
        """Write a playbook.

        Stores the firm's positions on clauses, as a policy for `POST /api/ai/analyze`: pass the `id` as its
        `policy`. All lawyers and admins can use it. Its owner and admins can change it.

        A position is about one clause type. The rules report, with its `severity`: a clause that is `required`
        and missing; one that is `forbidden`; every sentence with one of the `unacceptableTerms`; and a clause
        with none of the `requiredTerms`. `required`, `forbidden` and `requiredTerms` depend on the clause being
        recognized; add `unacceptableTerms` for what must never pass. A term is found as whole words in any case,
        without regard to accents; `*` stands for the rest of a word, as in `engl*`, at most three times in a
        term. A playbook has at most 400 terms and 100,000 characters in all. `preferred` and `fallback` are what the finding
        suggests, and `wording` is the clause that it proposes. The AI gets the whole playbook as data, with
        personal data replaced, and can only add findings.

        With `extends`, the rules of a shipped policy apply as well.
        """
        return await self.call(Call("POST", "/api/ai/playbooks", body=body, authorized=True, keyed=True), models.Playbook, options)

    async def get_playbook(self, playbook_id: str, **options: Unpack[CallOptions]) -> models.Playbook:
        """Get a playbook.

        Returns a playbook of the firm.
        """
        return await self.call(Call("GET", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, authorized=True), models.Playbook, options)

    async def replace_playbook(self, playbook_id: str, body: models.ReplacePlaybookRequest, **options: Unpack[CallOptions]) -> models.Playbook:
        """Replace a playbook.

        Replaces the whole content. `version` is that of the playbook which the change is based on; if it has
        been changed meanwhile, the answer is 409. Only the owner and admins may change it.
        """
        return await self.call(
            Call("PUT", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, body=body, authorized=True), models.Playbook, options
        )

    async def delete_playbook(self, playbook_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a playbook.

        Deletes a playbook. Reviews by it stay. Only the owner and admins may delete it.
        """
        await self.call(Call("DELETE", "/api/ai/playbooks/{playbookId}", path={"playbookId": playbook_id}, authorized=True), None, options)

    async def list_consultations(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["chat", "document", "analysis"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.ConsultationList:
        """List consultations.

        Returns consultations, newest first. With `caseId`, the consultations of that case by all
        members. Without it, those outside of cases: callers see their own; an admin sees everyone's and
        can filter by `userId`. For anyone else, a `userId` other than their own is 403.
        """
        return await self.call(
            Call("GET", "/api/ai/consultations", query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "kind": kind}, authorized=True),
            models.ConsultationList,
            options,
        )

    async def list_consultations_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["chat", "document", "analysis"] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.ConsultationSummary]:
        """Yields the items of all pages of list_consultations. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_consultations(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, kind=kind, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def list_ai_usage(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        group_by: list[Literal["day", "month", "user", "case", "model"]] | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        model: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.AIUsageList:
        """List the use of the AI.

        Returns calls, tokens and cost of the AI, summed up by `groupBy` and in its order: one item for
        each combination that occurs. A call counts for the account that made the request. A request
        that was answered without a call of its own, from the cache or by the call of another request,
        is a cached call and costs nothing. Tokens are counted by the provider, or estimated if it does
        not count. Days and months are those of UTC.

        Callers see their own use; for anyone but an admin, a `userId` other than their own is 403. An
        admin sees everyone's. With `caseId`, members of the case see the use of all members in it.
        The use of erased accounts has no `userId`, and that in cases which the caller has left no `caseId`.

        `budgets` are the token and cost budgets that apply to the caller, and for an admin also those
        of all accounts together. When one is spent, requests that need a call are 429 with the code
        `ai_budget_spent` and a `Retry-After` until its period ends.
        """
        return await self.call(
            Call(
                "GET",
                "/api/ai/usage",
                query={"limit": limit, "cursor": cursor, "from": from_, "to": to, "groupBy": group_by, "userId": user_id, "caseId": case_id, "model": model},
                authorized=True,
            ),
            models.AIUsageList,
            options,
        )

    async def list_ai_usage_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        group_by: list[Literal["day", "month", "user", "case", "model"]] | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        model: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.AIUsage]:
        """Yields the items of all pages of list_ai_usage. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_ai_usage(
                limit=limit, cursor=cursor, from_=from_, to=to, group_by=group_by, user_id=user_id, case_id=case_id, model=model, **options
            )
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_consultation(self, consultation_id: str, **options: Unpack[CallOptions]) -> models.Consultation:
        """Get a consultation.

        Returns a question with its answer. A consultation of another account is treated as if it did
        not exist. One of a case can be read by the case's members.
        """
        return await self.call(
            Call("GET", "/api/ai/consultations/{consultationId}", path={"consultationId": consultation_id}, authorized=True), models.Consultation, options
        )

    async def list_document_types(self, **options: Unpack[CallOptions]) -> models.DocumentTypeList:
        """List document types.

        Returns the types of documents that can be drafted, each with the JSON Schema (2020-12) of its
        inputs and an example.
        """
        return await self.call(Call("GET", "/api/ai/document-types", authorized=True), models.DocumentTypeList, options)

    async def list_drafts(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        status: Literal["drafted", "reviewed", "final"] | None = None,
        type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.DraftList:
        """List drafts.

        Returns drafts without their texts, newest first. With `caseId`, the drafts of that case by all
        members, or by one with `userId`. Without it, those outside of cases: callers see their own; an
        admin sees everyone's and can filter by `userId`. For anyone else, a `userId` other than their
        own is then 403.
        """
        return await self.call(
            Call(
                "GET",
                "/api/drafts",
                query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "status": status, "type": type},
                authorized=True,
            ),
            models.DraftList,
            options,
        )

    async def list_drafts_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        status: Literal["drafted", "reviewed", "final"] | None = None,
        type: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.DraftSummary]:
        """Yields the items of all pages of list_drafts. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_drafts(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, status=status, type=type, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_draft(self, body: models.CreateDraftRequest, **options: Unpack[KeyedCallOptions]) -> models.Draft:
        """Create a draft.

        Stores a text as a draft, in version 1 and with the status `drafted`. `POST
        /api/ai/generate-document` stores its drafts itself. With `caseId`, the draft belongs to that
        case permanently. Members of the case can read it, and change it if their role allows. The
        caller must be an owner, lawyer or assistant of the case.
        """
        return await self.call(Call("POST", "/api/drafts", body=body, authorized=True, keyed=True), models.Draft, options)

    async def get_draft(self, draft_id: str, **options: Unpack[CallOptions]) -> models.Draft:
        """Get a draft.

        Returns the current version of a draft. A draft of another account is treated as if it did not
        exist. One of a case can be read by the case's members.
        """
        return await self.call(Call("GET", "/api/drafts/{draftId}", path={"draftId": draft_id}, authorized=True), models.Draft, options)

    async def update_draft(self, draft_id: str, body: models.UpdateDraftRequest, **options: Unpack[CallOptions]) -> models.Draft:
        """Edit a draft or change its status.

        `version` is the version that the edit is based on. If the draft has changed since, the answer
        is 409 and nothing is changed. A new title or body creates a new version.

        The status moves from `drafted` to `reviewed` to `final`, and from `reviewed` back to `drafted`.
        Only lawyers and admins can move it (403). An edit moves a reviewed draft back to `drafted`; a
        lawyer can edit and review in one request. A `final` draft never changes (409).

        `caseId` moves a draft from outside of cases into a case, where it stays. Documents that were
        rendered from it before do not move.
        """
        return await self.call(Call("PATCH", "/api/drafts/{draftId}", path={"draftId": draft_id}, body=body, authorized=True), models.Draft, options)

    async def delete_draft(self, draft_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a draft.

        Deletes a draft and all its versions. A `final` draft cannot be deleted (409), and neither can
        one of a case under legal hold (409 `legal_hold`). The consultation that the draft came from
        stays on record.
        """
        await self.call(Call("DELETE", "/api/drafts/{draftId}", path={"draftId": draft_id}, authorized=True), None, options)

    async def list_draft_versions(
        self, draft_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.DraftVersionList:
        """List the versions of a draft.

        Returns every version without its text, newest first. A draft can have 1,000 versions.
        """
        return await self.call(
            Call("GET", "/api/drafts/{draftId}/versions", path={"draftId": draft_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.DraftVersionList,
            options,
        )

    async def list_draft_versions_all(
        self, draft_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.DraftVersionSummary]:
        """Yields the items of all pages of list_draft_versions. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_draft_versions(draft_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_draft_version(self, draft_id: str, version: int, **options: Unpack[CallOptions]) -> models.DraftVersion:
        """Get a version of a draft.

        Returns the text of a version. A version never changes.
        """
        return await self.call(
            Call("GET", "/api/drafts/{draftId}/versions/{version}", path={"draftId": draft_id, "version": version}, authorized=True),
            models.DraftVersion,
            options,
        )

    async def compare_draft_versions(self, draft_id: str, *, from_: int, to: int, **options: Unpack[CallOptions]) -> models.DraftComparison:
        """Compare two versions of a draft.

        Returns the differences between two versions, word by word, in hunks of the changed lines. The
        `equal` and `delete` pieces of a hunk together are the lines of the old text; the `equal` and
        `insert` pieces are the lines of the new text.
        """
        return await self.call(
            Call("GET", "/api/drafts/{draftId}/compare", path={"draftId": draft_id}, query={"from": from_, "to": to}, authorized=True),
            models.DraftComparison,
            options,
        )

    async def render_draft_pdf(self, draft_id: str, body: models.RenderDraftRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderPdfResponse:
        """Render a draft to PDF.

        Renders a version of the draft, or the current one without `version`, and stores the PDF as a
        document of the caller or of the draft's case. In a case, the caller must be an owner, lawyer or
        assistant. Unless the draft is `final`, every page is marked DRAFT. The draft's title is printed
        above the text unless the text begins with a heading.

        Anything that cannot be printed is 422 and never left out, such as an image or a character that
        the fonts lack. The pointers refer to the draft: `/title`, `/body`.

        The same version and options produce the same bytes. The document can be rendered again and
        verified even after the draft is deleted. `Idempotency-Key` works as for `POST
        /api/docs/render-pdf`.
        """
        return await self.call(
            Call("POST", "/api/drafts/{draftId}/render-pdf", path={"draftId": draft_id}, body=body, authorized=True, keyed=True),
            models.RenderPdfResponse,
            options,
        )

    async def list_templates(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.TemplateList:
        """List templates.

        Returns templates ordered by id, each with the versions that the caller can use: all versions of
        their own templates, and the published ones of templates that are shared with the firm. Others
        are treated as if they did not exist. Admins see all. Archived templates are not listed. Six
        templates come with the service, one for each document type.
        """
        return await self.call(Call("GET", "/api/templates", query={"limit": limit, "cursor": cursor}, authorized=True), models.TemplateList, options)

    async def list_templates_all(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Template]:
        """Yields the items of all pages of list_templates. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_templates(limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_template(self, body: models.CreateTemplateRequest, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Create a template.

        Stores a template with its first version. Only its owner, the caller, can see the version until
        it is published. For lawyers and admins. The id must differ from those of all templates that the
        caller can see (409).

        `body` is Markdown after YAML front matter: `name` and `description` of the template; `title` of
        the document, which can contain placeholders; `language`; `page` (`size` A4 or Letter,
        `landscape`, `margins` in mm); `header` and `footer` (`left`, `center`, `right`, with
        placeholders, `{page}`, `{pages}`, `{title}`); `numbering` (`clauses` or `none`).

        Placeholders are those of [Mustache](https://mustache.github.io/mustache.5.html): `{{name}}`,
        `{{party.name}}`, `{{#x}}…{{/x}}` if x is given (for each item if it is a list), `{{^x}}…{{/x}}`
        if it is not. In addition, `{{#kind=sale}}` tests for a value of an enumeration,
        `{{names|list}}` prints a list as "a, b and c", and `{{#rows|any}}` prints its content once if
        the list has items. A field that the schema does not require can only be printed inside a
        section that tests for it. There are no includes. Data is never interpreted as Markdown or HTML.

        Dates (`format: date`), numbers, amounts (`x-unit: money`), lists and the labels of signatures
        are printed in the template's `language`: 31. Januar 2026, 1.234,5, 12.400,00 EUR, "a, b und c"
        in German. An `integer` with up to four digits, such as a year, has no separator. The languages
        are those in Latin, Greek and Cyrillic script, with or without a region (`de`, `de-AT`). Other
        languages, and characters that the fonts lack, are 422.

        With `numbering: clauses`, headings from `##` and ordered lists are numbered 1., 1.1, (a), (i).
        `{-}` at the end of a heading leaves it out. `{#name}` at the end of a heading or clause names
        it, and `[clause](#name)` prints its number. `\\newpage` alone in a paragraph starts a new page.
        A code block `signatures` contains a YAML list of `role`, `name`, `title`, `place`, `date`.

        `schema` is the JSON Schema (2020-12) of the data. Every object in it must have
        `additionalProperties: false`; `$ref` can only refer to its own `$defs`. `sampleData` must match
        the schema and fill the template. Anything invalid is 422 with its pointer.
        """
        return await self.call(Call("POST", "/api/templates", body=body, authorized=True, keyed=True), models.TemplateVersion, options)

    async def get_template(self, template_id: str, **options: Unpack[CallOptions]) -> models.Template:
        """Get a template.

        Returns a template with the versions that the caller can see, oldest first.
        """
        return await self.call(Call("GET", "/api/templates/{templateId}", path={"templateId": template_id}, authorized=True), models.Template, options)

    async def update_template(self, template_id: str, body: models.UpdateTemplateRequest, **options: Unpack[CallOptions]) -> models.Template:
        """Share a template or stop sharing it.

        With `sharing: firm`, everyone can use its published versions; with `private`, only its owner
        can. For the owner and admins. If the firm already shares another template with this id, the
        answer is 409.
        """
        return await self.call(
            Call("PATCH", "/api/templates/{templateId}", path={"templateId": template_id}, body=body, authorized=True), models.Template, options
        )

    async def unpublish_template(self, template_id: str, *, version: str | None = None, **options: Unpack[KeyedCallOptions]) -> models.Template:
        """Unpublish a template.

        Unpublishes the version in `version`, or all versions. Nothing new can be rendered from an
        unpublished version: the owner gets 409 `template_unpublished`, and others are told that it does
        not exist. Documents that were rendered from it can still be verified. It can be published
        again. If no version is published, nothing changes. For the owner and admins.
        """
        return await self.call(
            Call("POST", "/api/templates/{templateId}/unpublish", path={"templateId": template_id}, query={"version": version}, authorized=True, keyed=True),
            models.Template,
            options,
        )

    async def archive_template(self, template_id: str, **options: Unpack[KeyedCallOptions]) -> models.Template:
        """Archive a template.

        Archives a template permanently. It is no longer listed, only its owner and admins can read it,
        and nothing can be rendered from it or added to it (409 `template_archived`). Documents that
        were rendered from it can still be verified, and it can be copied. Archiving it again changes
        nothing. For the owner and admins.
        """
        return await self.call(
            Call("POST", "/api/templates/{templateId}/archive", path={"templateId": template_id}, authorized=True, keyed=True), models.Template, options
        )

    async def copy_template(self, template_id: str, body: models.CopyTemplateRequest, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Copy a template.

        Creates a template of the caller's own from a version that they can read, by default the latest.
        The copy has an unpublished version 1. Use it to change a template that came with the service or
        belongs to somebody else. For lawyers and admins. If the caller can already see a template with
        the new id, the answer is 409.
        """
        return await self.call(
            Call("POST", "/api/templates/{templateId}/copy", path={"templateId": template_id}, body=body, authorized=True, keyed=True),
            models.TemplateVersion,
            options,
        )

    async def create_template_version(
        self, template_id: str, body: models.CreateTemplateVersionRequest, **options: Unpack[KeyedCallOptions]
    ) -> models.TemplateVersion:
        """Add a version to a template.

        Adds a version. Existing versions never change (409). For the template's owner and admins. A
        template of somebody else, or one that came with the service, must be copied instead (403, or
        404 if the caller cannot see it).
        """
        return await self.call(
            Call("POST", "/api/templates/{templateId}/versions", path={"templateId": template_id}, body=body, authorized=True, keyed=True),
            models.TemplateVersion,
            options,
        )

    async def get_template_version(self, template_id: str, version: str, **options: Unpack[CallOptions]) -> models.TemplateVersion:
        """Get a version of a template.

        Returns the body, the JSON Schema of its data and sample data. To all but the owner and admins,
        an unpublished version is treated as if it did not exist.
        """
        return await self.call(
            Call("GET", "/api/templates/{templateId}/versions/{version}", path={"templateId": template_id, "version": version}, authorized=True),
            models.TemplateVersion,
            options,
        )

    async def preview_template_version(
        self, template_id: str, version: str, body: models.PreviewTemplateRequest, **options: Unpack[CallOptions]
    ) -> models.TemplatePreview:
        """Preview a template.

        Fills the version with `data`, or with its sample data, and returns the document as an HTML
        fragment that is safe to insert into a page. Data that is missing, unknown or invalid is 422;
        each field is named by its pointer (`/data/…`).
        """
        return await self.call(
            Call(
                "POST",
                "/api/templates/{templateId}/versions/{version}/preview",
                path={"templateId": template_id, "version": version},
                body=body,
                authorized=True,
            ),
            models.TemplatePreview,
            options,
        )

    async def publish_template_version(self, template_id: str, version: str, **options: Unpack[KeyedCallOptions]) -> models.TemplateVersion:
        """Publish a version of a template.

        Lets everyone use the version, if the template is shared with the firm, until it is unpublished.
        Publishing it again changes nothing. For the template's owner and admins. The answer is 409 if
        the template is archived (`template_archived`) or the firm shares another template with this id.
        """
        return await self.call(
            Call(
                "POST",
                "/api/templates/{templateId}/versions/{version}/publish",
                path={"templateId": template_id, "version": version},
                authorized=True,
                keyed=True,
            ),
            models.TemplateVersion,
            options,
        )

    async def list_cases(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "closed"] | None = None,
        q: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.CaseList:
        """List cases.

        Returns the cases that the caller is a member of, newest first. An admin gets all cases. `q`
        searches titles and descriptions, ignoring case and accents.
        """
        return await self.call(
            Call("GET", "/api/cases", query={"limit": limit, "cursor": cursor, "status": status, "q": q}, authorized=True), models.CaseList, options
        )

    async def list_cases_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "closed"] | None = None,
        q: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.CaseSummary]:
        """Yields the items of all pages of list_cases. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_cases(limit=limit, cursor=cursor, status=status, q=q, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_case(self, body: models.CreateCaseRequest, **options: Unpack[KeyedCallOptions]) -> models.Case:
        """Open a case.

        Opens a case and makes the caller its owner. Only its members and admins can access it.
        """
        return await self.call(Call("POST", "/api/cases", body=body, authorized=True, keyed=True), models.Case, options)

    async def get_case(self, case_id: str, **options: Unpack[CallOptions]) -> models.Case:
        """Get a case.

        Returns a case to its members and admins. To everyone else, the case and everything in it are
        treated as if they did not exist.
        """
        return await self.call(Call("GET", "/api/cases/{caseId}", path={"caseId": case_id}, authorized=True), models.Case, options)

    async def update_case(self, case_id: str, body: models.UpdateCaseRequest, **options: Unpack[CallOptions]) -> models.Case:
        """Change a case.

        Changes the given fields. For the case's owners and lawyers. `legalHold` can be changed by those
        of them whose account has the role `lawyer`, and by admins. Under a legal hold, nothing in the
        case can be deleted. A closed case can be read and reopened, but nothing can be added to it.
        """
        return await self.call(Call("PATCH", "/api/cases/{caseId}", path={"caseId": case_id}, body=body, authorized=True), models.Case, options)

    async def delete_case(self, case_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a case.

        Hides a case and everything in it from everyone, permanently. For its owners. The records stay
        in the database because the timeline must not change. A case under legal hold cannot be deleted
        (409 `legal_hold`), and neither can one with a document that is out for signature (409
        `signature_open`).
        """
        await self.call(Call("DELETE", "/api/cases/{caseId}", path={"caseId": case_id}, authorized=True), None, options)

    async def list_case_members(self, case_id: str, **options: Unpack[CallOptions]) -> models.CaseMemberList:
        """List the members of a case.

        Returns everyone who has access to the case except admins, in the order in which they joined.
        """
        return await self.call(Call("GET", "/api/cases/{caseId}/members", path={"caseId": case_id}, authorized=True), models.CaseMemberList, options)

    async def add_case_member(
        self, case_id: str, body: models.AddCaseMemberRequest, **options: Unpack[KeyedCallOptions]
    ) -> models.CaseMember | models.CaseInvitation:
        """Add a member to a case.

        For the case's owners. Lawyers and admins can name an account of the firm by `userId` or
        `email`; it becomes a member at once. Anyone else named by `email` is invited (202), and becomes
        a member by accepting. If the service sends e-mail, it notifies them.

        A caller with a client's account always invites, and never learns whether an account exists;
        `userId` is 403 for them. If the service sends e-mail, an account is only found by its address
        once that address is confirmed. The role `lawyer` is not for clients' accounts. If the person is
        already a member, or has an open invitation, the answer is 409.
        """
        found: models.CaseMember | models.CaseInvitation = await self.call(
            Call("POST", "/api/cases/{caseId}/members", path={"caseId": case_id}, body=body, authorized=True, keyed=True),
            {201: models.CaseMember, 202: models.CaseInvitation},
            options,
        )
        return found

    async def update_case_member(self, case_id: str, user_id: str, body: models.UpdateCaseMemberRequest, **options: Unpack[CallOptions]) -> models.CaseMember:
        """Change a member's role.

        For the case's owners. A case always has an owner: demoting the last one is 409. Invitations by
        somebody who is no longer an owner become invalid.
        """
        return await self.call(
            Call("PATCH", "/api/cases/{caseId}/members/{userId}", path={"caseId": case_id, "userId": user_id}, body=body, authorized=True),
            models.CaseMember,
            options,
        )

    async def remove_case_member(self, case_id: str, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a member from a case.

        For the case's owners; members can remove themselves. The member's tasks become unassigned. A
        case always has an owner: removing the last one is 409.
        """
        await self.call(Call("DELETE", "/api/cases/{caseId}/members/{userId}", path={"caseId": case_id, "userId": user_id}, authorized=True), None, options)

    async def list_case_invitations(self, case_id: str, **options: Unpack[CallOptions]) -> models.CaseInvitationList:
        """List the invitations to a case.

        Returns the open invitations, newest first. Answered and expired ones are not listed.
        """
        return await self.call(Call("GET", "/api/cases/{caseId}/invitations", path={"caseId": case_id}, authorized=True), models.CaseInvitationList, options)

    async def withdraw_case_invitation(self, case_id: str, invitation_id: str, **options: Unpack[CallOptions]) -> None:
        """Withdraw an invitation.

        For the case's owners. The invitation can no longer be accepted.
        """
        await self.call(
            Call("DELETE", "/api/cases/{caseId}/invitations/{invitationId}", path={"caseId": case_id, "invitationId": invitation_id}, authorized=True),
            None,
            options,
        )

    async def list_invitations(self, **options: Unpack[CallOptions]) -> models.InvitationList:
        """List my invitations.

        Returns the invitations to the caller's address, newest first. If the service sends e-mail, the
        address must be confirmed first. The case's title and description are visible only after the
        invitation is accepted.
        """
        return await self.call(Call("GET", "/api/invitations", authorized=True), models.InvitationList, options)

    async def decline_invitation(self, invitation_id: str, **options: Unpack[CallOptions]) -> None:
        """Decline an invitation.

        Declines an invitation; the case's timeline records it. An invitation to another address is
        treated as if it did not exist.
        """
        await self.call(Call("DELETE", "/api/invitations/{invitationId}", path={"invitationId": invitation_id}, authorized=True), None, options)

    async def accept_invitation(self, invitation_id: str, **options: Unpack[KeyedCallOptions]) -> models.AcceptedInvitation:
        """Accept an invitation.

        Makes the caller a member of the case. An invitation to another address is treated as if it did
        not exist. An invitation can be accepted once. The answer is 409 if the role is `lawyer` and the
        account a client's, if the caller is already a member, or if the case has no room for another
        member.
        """
        return await self.call(
            Call("POST", "/api/invitations/{invitationId}/accept", path={"invitationId": invitation_id}, authorized=True, keyed=True),
            models.AcceptedInvitation,
            options,
        )

    async def list_case_notes(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.CaseNoteList:
        """List the notes of a case.

        Returns notes, newest first. Every member can read them.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/notes", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CaseNoteList,
            options,
        )

    async def list_case_notes_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.CaseNote]:
        """Yields the items of all pages of list_case_notes. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_case_notes(case_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_case_note(self, case_id: str, body: models.CreateCaseNoteRequest, **options: Unpack[KeyedCallOptions]) -> models.CaseNote:
        """Add a note to a case.

        For owners, lawyers and assistants of an open case. A note cannot be changed; correct it with
        another note.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/notes", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseNote, options
        )

    async def delete_case_note(self, case_id: str, note_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a note.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        await self.call(Call("DELETE", "/api/cases/{caseId}/notes/{noteId}", path={"caseId": case_id, "noteId": note_id}, authorized=True), None, options)

    async def list_case_tasks(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "done"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.CaseTaskList:
        """List the tasks of a case.

        Returns tasks, newest first.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/tasks", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor, "status": status}, authorized=True),
            models.CaseTaskList,
            options,
        )

    async def list_case_tasks_all(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["open", "done"] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.CaseTask]:
        """Yields the items of all pages of list_case_tasks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_case_tasks(case_id, limit=limit, cursor=cursor, status=status, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_case_task(self, case_id: str, body: models.CaseTaskContent, **options: Unpack[KeyedCallOptions]) -> models.CaseTask:
        """Add a task to a case.

        For owners, lawyers and assistants of an open case. The assignee must be a member.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/tasks", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseTask, options
        )

    async def replace_case_task(self, case_id: str, task_id: str, body: models.CaseTaskContent, **options: Unpack[CallOptions]) -> models.CaseTask:
        """Replace a task.

        Replaces the whole content of a task. A field that is left out, such as the due date, is
        removed.
        """
        return await self.call(
            Call("PUT", "/api/cases/{caseId}/tasks/{taskId}", path={"caseId": case_id, "taskId": task_id}, body=body, authorized=True), models.CaseTask, options
        )

    async def delete_case_task(self, case_id: str, task_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a task.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        await self.call(Call("DELETE", "/api/cases/{caseId}/tasks/{taskId}", path={"caseId": case_id, "taskId": task_id}, authorized=True), None, options)

    async def list_time_entries(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, unbilled: bool | None = None, **options: Unpack[CallOptions]
    ) -> models.TimeEntryList:
        """List the time entries of a case.

        Returns time entries, newest first, for those who work on the case for the firm.
        """
        return await self.call(
            Call(
                "GET",
                "/api/cases/{caseId}/time-entries",
                path={"caseId": case_id},
                query={"limit": limit, "cursor": cursor, "unbilled": unbilled},
                authorized=True,
            ),
            models.TimeEntryList,
            options,
        )

    async def list_time_entries_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, unbilled: bool | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.TimeEntry]:
        """Yields the items of all pages of list_time_entries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_time_entries(case_id, limit=limit, cursor=cursor, unbilled=unbilled, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_time_entry(self, case_id: str, body: models.CreateTimeEntryRequest, **options: Unpack[KeyedCallOptions]) -> models.TimeEntry:
        """Record work on a case.

        A lawyer of the case records their own work; its owners and admins that of all who work on it.
        The rate is for each hour, in minor units of the currency.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/time-entries", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.TimeEntry, options
        )

    async def update_time_entry(self, case_id: str, entry_id: str, body: models.UpdateTimeEntryRequest, **options: Unpack[CallOptions]) -> models.TimeEntry:
        """Change a time entry.

        Changes the given fields. An entry on an invoice that is not void is locked: 409 `time_entry_billed`.
        """
        return await self.call(
            Call("PATCH", "/api/cases/{caseId}/time-entries/{entryId}", path={"caseId": case_id, "entryId": entry_id}, body=body, authorized=True),
            models.TimeEntry,
            options,
        )

    async def delete_time_entry(self, case_id: str, entry_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a time entry.

        An entry on an invoice that is not void is locked: 409 `time_entry_billed`.
        """
        await self.call(
            Call("DELETE", "/api/cases/{caseId}/time-entries/{entryId}", path={"caseId": case_id, "entryId": entry_id}, authorized=True), None, options
        )

    async def list_invoices(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["draft", "open", "partly_paid", "paid", "void", "uncollectible"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.InvoiceList:
        """List the invoices of a case.

        Returns invoices, newest first, without their lines. Clients and viewers do not see drafts.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/invoices", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor, "status": status}, authorized=True),
            models.InvoiceList,
            options,
        )

    async def list_invoices_all(
        self,
        case_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["draft", "open", "partly_paid", "paid", "void", "uncollectible"] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.Invoice]:
        """Yields the items of all pages of list_invoices. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_invoices(case_id, limit=limit, cursor=cursor, status=status, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_invoice(self, case_id: str, body: models.CreateInvoiceRequest, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Draft an invoice.

        Makes a draft of 1 to 200 lines. A line bills a time entry, or has a description, a quantity and a unit
        price, which can be below zero for a discount. Each line is rounded by itself, halves away from zero:
        first its amount, then its tax. A time entry can be on one invoice only: 409 `time_entry_billed`.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/invoices", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.Invoice, options
        )

    async def get_invoice(self, case_id: str, invoice_id: str, **options: Unpack[CallOptions]) -> models.Invoice:
        """Get an invoice.

        For all members of the case. A draft is 404 for clients and viewers.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True), models.Invoice, options
        )

    async def update_invoice(self, case_id: str, invoice_id: str, body: models.UpdateInvoiceRequest, **options: Unpack[CallOptions]) -> models.Invoice:
        """Change a draft.

        Changes the given fields; `lines` replaces all lines. An invoice that was issued never changes: 409
        `invoice_issued`.
        """
        return await self.call(
            Call("PATCH", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, body=body, authorized=True),
            models.Invoice,
            options,
        )

    async def delete_invoice(self, case_id: str, invoice_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a draft.

        Its time entries can be billed again. An invoice that was issued is not deleted: 409 `invoice_issued`.
        """
        await self.call(
            Call("DELETE", "/api/cases/{caseId}/invoices/{invoiceId}", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True), None, options
        )

    async def send_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Issue and send an invoice.

        A draft gets the next number of its year, without gaps, and is booked. Its PDF is made, stored in the case
        and mailed to the recipient in the background; `documentId` and `sentAt` show when that is done. Without a
        due date it is due in fourteen days. An invoice that was issued is mailed again. A void one is 409
        `invoice_void`.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/send", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    async def void_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Void an invoice.

        Cancels an issued invoice of which nothing is paid; what was paid must be refunded first. It keeps its
        number, and its time entries can be billed again. What is still paid for it becomes credit of the client.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/void", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    async def write_off_invoice(self, case_id: str, invoice_id: str, **options: Unpack[KeyedCallOptions]) -> models.Invoice:
        """Write an invoice off.

        What is still due of an issued invoice is given up. A later payment opens it again.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/invoices/{invoiceId}/write-off", path={"caseId": case_id, "invoiceId": invoice_id}, authorized=True, keyed=True),
            models.Invoice,
            options,
        )

    async def pay_invoice_from_trust(
        self, case_id: str, invoice_id: str, body: models.PayFromTrustRequest, **options: Unpack[KeyedCallOptions]
    ) -> models.Invoice:
        """Pay an invoice from client money.

        Moves client money of the case to the firm, for an open invoice of the case: what is due, or a part of it.
        Never more than the case has in that currency: 409 `trust_insufficient`. If the invoice is not open, the
        answer is 409 `invoice_not_open`.
        """
        return await self.call(
            Call(
                "POST",
                "/api/cases/{caseId}/invoices/{invoiceId}/pay-from-trust",
                path={"caseId": case_id, "invoiceId": invoice_id},
                body=body,
                authorized=True,
                keyed=True,
            ),
            models.Invoice,
            options,
        )

    async def list_ledger_entries(self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.Ledger:
        """Read the ledger of a case.

        Returns the entries of double-entry bookkeeping, newest first, with the balance of each account. For the
        lawyers of the case and admins. A debit is above zero, a credit below; the lines of an entry add up to zero.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/ledger", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.Ledger,
            options,
        )

    async def list_ledger_entries_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.LedgerEntry]:
        """Yields the items of all pages of list_ledger_entries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_ledger_entries(case_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_trust_deposit(self, case_id: str, body: models.TrustMovementRequest, **options: Unpack[KeyedCallOptions]) -> models.LedgerEntry:
        """Record a deposit of client money.

        Books money that the client deposited for the case, such as a retainer. It is kept apart from the firm's money.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/trust-deposits", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.LedgerEntry, options
        )

    async def create_trust_return(self, case_id: str, body: models.TrustMovementRequest, **options: Unpack[KeyedCallOptions]) -> models.LedgerEntry:
        """Record that client money was returned.

        Books money that was sent back to the client. It is kept apart from the firm's money.
        Never more than the case has in that currency: 409 `trust_insufficient`.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/trust-returns", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.LedgerEntry, options
        )

    async def get_trial_balance(self, **options: Unpack[CallOptions]) -> models.TrialBalance:
        """Sum up all ledgers.

        Returns the balance of each account over all cases. In each currency they add up to zero.
        """
        return await self.call(Call("GET", "/api/ledger/trial-balance", authorized=True), models.TrialBalance, options)

    async def list_case_parties(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.CasePartyList:
        """List the parties of a case.

        Returns the people and companies in the case, newest first, each with its current conflicts of
        interest: the same person or company on the other side of another case.

        Names match if they differ only in case, accents, script, spacing, word order, titles or legal
        form (`name`). A person's name also matches if one name is missing or an initial
        (`similarName`); check whether it is the same person. An equal e-mail address or registration
        number also matches. A case that the caller cannot read is not named, and all such cases
        together count as one conflict.

        `conflicts` is for lawyers and admins who work on the case. It is absent for everyone else, and
        for everyone with a client's account, because it shows whom the firm acts for.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/parties", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CasePartyList,
            options,
        )

    async def list_case_parties_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.CaseParty]:
        """Yields the items of all pages of list_case_parties. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_case_parties(case_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def add_case_party(self, case_id: str, body: models.AddCasePartyRequest, **options: Unpack[KeyedCallOptions]) -> models.CaseParty:
        """Add a party to a case.

        For owners, lawyers and assistants of an open case. The answer names the conflicts of interest,
        unless the caller has a client's account. Conflicts do not prevent the party from being added;
        people decide about them.
        """
        return await self.call(
            Call("POST", "/api/cases/{caseId}/parties", path={"caseId": case_id}, body=body, authorized=True, keyed=True), models.CaseParty, options
        )

    async def remove_case_party(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a party from a case.

        For owners, lawyers and assistants. Under a legal hold, the answer is 409 `legal_hold`.
        """
        await self.call(Call("DELETE", "/api/cases/{caseId}/parties/{partyId}", path={"caseId": case_id, "partyId": party_id}, authorized=True), None, options)

    async def get_party_company(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> models.PartyCompany:
        """Get the registered company of a party.

        Returns the company that the party is linked to, as the register reported it when it was linked, and its particulars as
        `fields`: in the shape of a party in the shipped templates, so that they can be copied into the `data` of `renderPdf`. A party without a
        link is 404.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, authorized=True),
            models.PartyCompany,
            options,
        )

    async def link_party_company(
        self, case_id: str, party_id: str, body: models.LinkPartyCompanyRequest, **options: Unpack[CallOptions]
    ) -> models.PartyCompany:
        """Link a party to a registered company.

        For owners, lawyers and assistants of an open case. Stores what the register reports about the company; linking again
        replaces it. The party's own name and number stay as they are.
        """
        return await self.call(
            Call("PUT", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, body=body, authorized=True),
            models.PartyCompany,
            options,
        )

    async def unlink_party_company(self, case_id: str, party_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove the link of a party to a company.

        For owners, lawyers and assistants of an open case. A party without a link is 404.
        """
        await self.call(
            Call("DELETE", "/api/cases/{caseId}/parties/{partyId}/company", path={"caseId": case_id, "partyId": party_id}, authorized=True), None, options
        )

    async def list_case_timeline(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.CaseTimeline:
        """List the timeline of a case.

        Returns who did what and when, newest first: changes, reads, downloads and refused attempts.
        Every access and every change has an entry, and no entry is ever changed or removed. Each entry
        contains the SHA-256 hash of the one before it. Entries contain ids and types, never what a
        person wrote. Lists of cases are not recorded. Attempts by somebody who is not a member are
        recorded with a short delay, at most once an hour per person.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/timeline", path={"caseId": case_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.CaseTimeline,
            options,
        )

    async def list_case_timeline_all(
        self, case_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.TimelineEntry]:
        """Yields the items of all pages of list_case_timeline. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_case_timeline(case_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def verify_case_timeline(self, case_id: str, **options: Unpack[CallOptions]) -> models.TimelineVerification:
        """Verify the timeline of a case.

        Recomputes every hash from the first entry on, and reports whether an entry was changed,
        removed, inserted or cut off. Keep `head`: a timeline that was replaced as a whole cannot
        contain the entry with that hash.
        """
        return await self.call(
            Call("GET", "/api/cases/{caseId}/timeline/verify", path={"caseId": case_id}, authorized=True), models.TimelineVerification, options
        )

    async def search_companies(
        self,
        *,
        query: str,
        source: Literal["gleif", "companies-house"] | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.RegisteredCompanyList:
        """Search companies in a register.

        Asks an official register for companies by name or number. Answers can be an hour old. The order is the register's.
        Companies House reaches the first 1,000 results; a `country` other than `GB` finds nothing there.

        A register that cannot be asked now is 503 `registry_unavailable` or, while its rate limit is used up,
        `registry_rate_limited`; an answer that cannot be read is 502 `registry_response`. One that this installation does
        not use is 503 `registry_not_configured`.
        """
        return await self.call(
            Call(
                "GET",
                "/api/registry/companies",
                query={"query": query, "source": source, "country": country, "limit": limit, "cursor": cursor},
                authorized=True,
            ),
            models.RegisteredCompanyList,
            options,
        )

    async def search_companies_all(
        self,
        *,
        query: str,
        source: Literal["gleif", "companies-house"] | None = None,
        country: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.RegisteredCompany]:
        """Yields the items of all pages of search_companies. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.search_companies(query=query, source=source, country=country, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_registered_company(
        self, source: Literal["gleif", "companies-house"], company_id: str, **options: Unpack[CallOptions]
    ) -> models.RegisteredCompany:
        """Get a registered company.

        Returns what the register reports about a company, with its officers if the register has them. The company can be an
        hour old; officers are asked for each time, since they are people.
        """
        return await self.call(
            Call("GET", "/api/registry/companies/{source}/{companyId}", path={"source": source, "companyId": company_id}, authorized=True),
            models.RegisteredCompany,
            options,
        )

    async def check_vat_number(self, body: models.VatCheckRequest, **options: Unpack[CallOptions]) -> models.VatCheck:
        """Check a VAT number.

        Asks VIES, the VAT information exchange system of the European Union. `unknown` means that VIES or the member state cannot
        say now, with its own `reason`; it never means that the number is invalid. `consultationNumber` is evidence
        of the check; VIES gives one if the operator has set the firm's own VAT number. Nothing is stored: to keep the
        evidence, watch the number with `createWatch`.
        """
        return await self.call(Call("POST", "/api/registry/vat-checks", body=body, authorized=True), models.VatCheck, options)

    async def check_sanctions(self, body: models.SanctionsCheckRequest, **options: Unpack[CallOptions]) -> models.SanctionsCheck:
        """Look for a name in the lists of sanctions.

        Compares a name with those of the lists that the operator supplies: the European Union's, the United Kingdom's and OFAC's of the
        United States. Spellings, scripts, the order of words, initials and legal forms are taken into account; `reasons`
        names how a hit differs. A hit is a similar name: people decide whether it is the same person or company.
        `lists` names what was looked through; a list that is absent was not. Nothing is stored.
        """
        return await self.call(Call("POST", "/api/registry/sanctions-checks", body=body, authorized=True), models.SanctionsCheck, options)

    async def list_watches(
        self, *, limit: int | None = None, cursor: str | None = None, case_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.WatchList:
        """List watches.

        With `caseId`, the watches of that case, for its members; without it, those of the firm. Newest first. With a test key, the
        test account's own take the place of the firm's.
        """
        return await self.call(
            Call("GET", "/api/compliance/watches", query={"limit": limit, "cursor": cursor, "caseId": case_id}, authorized=True), models.WatchList, options
        )

    async def list_watches_all(
        self, *, limit: int | None = None, cursor: str | None = None, case_id: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Watch]:
        """Yields the items of all pages of list_watches. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_watches(limit=limit, cursor=cursor, case_id=case_id, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_watch(self, body: models.CreateWatchRequest, **options: Unpack[KeyedCallOptions]) -> models.Watch:
        """Watch a company, a name or a VAT number.

        The register is asked within a minute, and then each night. A change is an event `compliance.changed`, a notification of
        who created the watch and, if it belongs to a case, an entry in its timeline and an open task.

        `kind: company` needs `source` and `companyId`; `sanctions` needs `name`, and takes `screened` (person by default) and
        `birthYear`; `vat` needs `number`. With `caseId` the watch belongs to the case and needs the role of an owner, lawyer or assistant in it;
        without, it belongs to the firm. A user can have 10,000 watches.
        """
        return await self.call(Call("POST", "/api/compliance/watches", body=body, authorized=True, keyed=True), models.Watch, options)

    async def get_watch(self, watch_id: str, **options: Unpack[CallOptions]) -> models.Watch:
        """Get a watch.

        Returns a watch of the firm, or of a case whose member the caller is.
        """
        return await self.call(Call("GET", "/api/compliance/watches/{watchId}", path={"watchId": watch_id}, authorized=True), models.Watch, options)

    async def delete_watch(self, watch_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a watch.

        Deletes the watch with all its checks. A watch of the firm can be deleted by who created it and by admins, one of a
        case by owners, lawyers and assistants; under a legal hold that is 409 `legal_hold`.
        """
        await self.call(Call("DELETE", "/api/compliance/watches/{watchId}", path={"watchId": watch_id}, authorized=True), None, options)

    async def list_watch_checks(
        self, watch_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> models.WatchCheckList:
        """List the checks of a watch.

        Returns what the register was asked and answered, and what had changed, newest first. `failed`: the register could
        not be read, and nothing is known.
        """
        return await self.call(
            Call("GET", "/api/compliance/watches/{watchId}/checks", path={"watchId": watch_id}, query={"limit": limit, "cursor": cursor}, authorized=True),
            models.WatchCheckList,
            options,
        )

    async def list_watch_checks_all(
        self, watch_id: str, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.WatchCheck]:
        """Yields the items of all pages of list_watch_checks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_watch_checks(watch_id, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def check_watch(self, watch_id: str, **options: Unpack[KeyedCallOptions]) -> models.WatchCheck:
        """Check a watch now.

        Asks the register at once and records the check like a nightly one. If the register cannot be asked, nothing is recorded.
        409: the register does not have the company any more, or somebody else checked in the same moment.
        """
        return await self.call(
            Call("POST", "/api/compliance/watches/{watchId}/check", path={"watchId": watch_id}, authorized=True, keyed=True), models.WatchCheck, options
        )

    async def list_documents(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["uploaded", "rendered", "signed"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.StoredDocumentList:
        """List documents.

        Returns documents, newest first. With `caseId`, the documents of that case by all members, or by
        one with `userId`. Without it, those outside of cases: callers see their own; an admin sees
        everyone's and can filter by `userId`. For anyone else, a `userId` other than their own is then
        403.
        """
        return await self.call(
            Call("GET", "/api/docs", query={"limit": limit, "cursor": cursor, "userId": user_id, "caseId": case_id, "kind": kind}, authorized=True),
            models.StoredDocumentList,
            options,
        )

    async def list_documents_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        user_id: str | None = None,
        case_id: str | None = None,
        kind: Literal["uploaded", "rendered", "signed"] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.StoredDocument]:
        """Yields the items of all pages of list_documents. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_documents(limit=limit, cursor=cursor, user_id=user_id, case_id=case_id, kind=kind, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def upload_document(self, file: File, *, case_id: str | None = None, **options: Unpack[KeyedCallOptions]) -> models.StoredDocument:
        """Upload a document.

        Stores a file of up to 25 MiB: a PDF, a Word document (DOCX), a PNG or a JPEG. The file type is
        detected from the content; the declared type is ignored, and the file name is only used as the
        document's name. A broken or malicious file is 422, such as a zip bomb, macros, or HTML under
        another name.

        With `caseId`, the document belongs to that case permanently; the caller must be an owner,
        lawyer or assistant of the case. Send `caseId` before the file so that a refusal comes before
        the file is sent.

        The text of PDFs and Word documents is extracted shortly afterwards; `textState` shows when `GET
        /api/docs/search` can find it. It is the text that a reader sees: with clause numbers, notes,
        headers, comments, form field values and annotations, without hidden text. Tracked changes are
        read as if they were accepted, and `trackedChanges` counts them. Words that are hyphenated at
        the end of a line are joined.

        A PDF can have up to 1,024 other bytes before it, and only further objects after its end.
        """
        return await self.call(Call("POST", "/api/docs", form={"caseId": case_id, "file": file}, authorized=True, keyed=True), models.StoredDocument, options)

    async def render_pdf(self, body: models.RenderPdfRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderPdfResponse:
        """Render a template to PDF.

        Fills a version of a template with data, renders it to PDF and stores it as a document of the
        caller, or of the case in `caseId`; there the caller must be an owner, lawyer or assistant. Data
        that does not match the template's schema is 422; each field is named by its pointer
        (`/data/…`). So is a character that the fonts lack: nothing is left out of the file silently.

        The same version, data and options produce the same bytes, and so the same `checksum`.

        Send an `Idempotency-Key` to retry safely. For 24 hours, the same key and body return the first
        answer again (with `Idempotency-Replayed: true`); the same key with another body is 409. If the
        caller has lost access to the answer's case, the retry is 404.
        """
        return await self.call(Call("POST", "/api/docs/render-pdf", body=body, authorized=True, keyed=True), models.RenderPdfResponse, options)

    async def render_batch(self, body: models.RenderBatchRequest, **options: Unpack[KeyedCallOptions]) -> models.RenderBatchResponse:
        """Render up to 500 templates to PDF.

        Starts a job that renders the items one after another. `GET /api/jobs/{jobId}` returns its
        progress, also as an event stream; `DELETE` cancels it. Each item is a request of `POST
        /api/docs/render-pdf` and is validated in the same way before the job is accepted. Pointers
        begin with the item (`/items/3/data/…`). If one item is invalid, nothing is rendered. The body
        can have 1 MiB.

        The job's `result` has `items` in the same order, each with the `docId`, `checksum` and `size`
        of a document and the `caseId` of one in a case, or with an `error` (`code`, `detail`, and
        `errors` with pointers into the item): a character that the fonts lack, or a case that the
        caller lost access to, even after the document was rendered. A cancelled job lists what was
        done. Each item is rendered once, even if the job runs again after a crash; a document that is
        deleted before the job ends may be rendered again.

        Send an `Idempotency-Key` to retry safely: the same key and items are one job.
        """
        return await self.call(Call("POST", "/api/docs/render-batch", body=body, authorized=True, keyed=True), models.RenderBatchResponse, options)

    async def search_documents(self, *, q: str, case_id: str | None = None, limit: int | None = None, **options: Unpack[CallOptions]) -> models.PassageList:
        """Search the text of documents.

        Finds pages with any of the words, in the documents that the caller can read: their own, and
        those of their cases; with `caseId`, only those of that case. Pages with more of the words come
        first, then those where the words are rarer and more frequent on the page.

        A word matches in all its forms: "Vertrag" finds "Verträge" and "Vertrages", "terminate" finds
        "terminations", "résilier" finds "résiliés". This works for English, German, French, Spanish,
        Italian, Portuguese and Dutch, in any language of the query, and for Russian and Arabic. Words
        of other languages match as they are written. Case and accents are ignored; "ß" is also "ss",
        and "ä" is also "a" and "ae". German and Dutch compounds match by their parts: "Mietvertrag"
        finds "Wohnungsmietvertrag"; "Kündigungsfrist" also finds a page with "Kündigung" and "Frist".
        Chinese, Japanese, Korean and Thai text matches by any adjacent characters.

        - A phrase in quotation marks must be on the page with the same words next to each other,
          ignoring case, accents and punctuation: `"termination notice"`. At least one of them must be
          more than a function word.
        - "§ 622", "Art. 6" and "Section 12" match with their numbers. "1.234,56", "01.02.2026" and
          e-mail addresses match as a whole. "e-mail" is also "email" and "e mail".
        - Function words, such as "the" or "und", are ignored unless the query has no other words.
          Single letters and digits are ignored. There are no wildcards or operators.
        - The first 16 words and the first 4 phrases are used. With a phrase, the 400 best pages are
          checked. Among more than about 300,000 pages, the most common words are only searched in the
          newest.

        `quote` is the exact text of the page around the words that were found; `matches` are those
        words in the forms they have there. A document can be found once its `textState` is `indexed`.
        """
        return await self.call(Call("GET", "/api/docs/search", query={"q": q, "caseId": case_id, "limit": limit}, authorized=True), models.PassageList, options)

    async def get_document(self, doc_id: str, **options: Unpack[CallOptions]) -> models.StoredDocument:
        """Get a document.

        Returns the metadata of a document. `fileUrl` gives access to its bytes without further
        credentials until it expires, after a few minutes. A document of another account is treated as
        if it did not exist. One of a case can be read by the case's members, and its link is valid for
        5 minutes.
        """
        return await self.call(Call("GET", "/api/docs/{docId}", path={"docId": doc_id}, authorized=True), models.StoredDocument, options)

    async def delete_document(self, doc_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a document.

        Deletes a document with its file and text. URLs that were issued for it stop working. A document
        cannot be deleted if its case is under legal hold (409 `legal_hold`), while it is out for
        signature (409 `signature_open`), and for two days after everyone has signed it, during which it
        is e-mailed to its signers (409 `signature_mailing`).
        """
        await self.call(Call("DELETE", "/api/docs/{docId}", path={"docId": doc_id}, authorized=True), None, options)

    async def get_document_content(self, doc_id: str, *, range: str | None = None, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Content:
        """Download a document.

        Returns the file as an attachment. `ETag` and `Repr-Digest` (RFC 9530) contain its SHA-256. The
        bytes are checked while they are sent: if they differ from the recorded ones, the connection is
        closed before the last byte. One `Range` is supported.
        """
        return await self.call(
            Call("GET", "/api/docs/{docId}/content", path={"docId": doc_id}, headers={"Range": range, "If-None-Match": if_none_match}, authorized=True),
            Content,
            options,
        )

    async def get_document_content_to(
        self, file: Target, doc_id: str, *, range: str | None = None, if_none_match: str | None = None, **options: Unpack[CallOptions]
    ) -> Saved:
        """Like get_document_content, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return await self.save(
            Call("GET", "/api/docs/{docId}/content", path={"docId": doc_id}, headers={"Range": range, "If-None-Match": if_none_match}, authorized=True),
            file,
            options,
        )

    async def verify_document(self, doc_id: str, **options: Unpack[CallOptions]) -> models.Verification:
        """Verify a document.

        Reads the stored file and compares its SHA-256 with the recorded one. A rendered document is
        also rendered again and compared.
        """
        return await self.call(Call("POST", "/api/docs/{docId}/verify", path={"docId": doc_id}, authorized=True), models.Verification, options)

    async def list_webhooks(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> models.WebhookList:
        """List webhooks.

        Returns webhooks, newest first. Callers see their own; an admin sees everyone's and can filter
        by `userId`. For anyone else, a `userId` other than their own is 403.
        """
        return await self.call(
            Call("GET", "/api/webhooks", query={"limit": limit, "cursor": cursor, "userId": user_id}, authorized=True), models.WebhookList, options
        )

    async def list_webhooks_all(
        self, *, limit: int | None = None, cursor: str | None = None, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Webhook]:
        """Yields the items of all pages of list_webhooks. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_webhooks(limit=limit, cursor=cursor, user_id=user_id, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_webhook(self, body: models.CreateWebhookRequest, **options: Unpack[KeyedCallOptions]) -> models.WebhookWithSecret:
        """Create a webhook.

        Subscribes a URL to events. From now on, each event is POSTed to `url` as `{type, timestamp,
        data}`. `data` contains only ids; read the rest through this API. You receive events about your
        own resources and about those of the cases you are a member of.

        Each request is signed according to [Standard Webhooks](https://www.standardwebhooks.com), with
        the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. The `secret` is only
        shown in this answer. Respond with 2xx within 15 seconds. Anything else, including a redirect,
        is retried for three days with the same `webhook-id`. You may receive an event more than once,
        and events may arrive out of order: ignore ids you have already processed. A 410 ends the
        subscription, and so do five days without a success.

        `url` must use https on port 443 or 8443 and resolve to a public address, unless the service is
        configured to allow others (`WEBHOOK_ALLOW_PRIVATE`). An account can have 10 webhooks (409).
        """
        return await self.call(Call("POST", "/api/webhooks", body=body, authorized=True, keyed=True), models.WebhookWithSecret, options)

    async def get_webhook(self, webhook_id: str, **options: Unpack[CallOptions]) -> models.Webhook:
        """Get a webhook.

        A webhook of another account is treated as if it did not exist.
        """
        return await self.call(Call("GET", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, authorized=True), models.Webhook, options)

    async def update_webhook(self, webhook_id: str, body: models.UpdateWebhookRequest, **options: Unpack[CallOptions]) -> models.Webhook:
        """Change, disable or enable a webhook.

        Fields that are absent do not change. While a webhook is disabled, no events are recorded for
        it, and its pending deliveries fail; they can be replayed once it is enabled again.
        """
        return await self.call(Call("PATCH", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, body=body, authorized=True), models.Webhook, options)

    async def delete_webhook(self, webhook_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a webhook.

        Deletes a webhook with its deliveries. Pending ones are not sent.
        """
        await self.call(Call("DELETE", "/api/webhooks/{webhookId}", path={"webhookId": webhook_id}, authorized=True), None, options)

    async def rotate_webhook_secret(self, webhook_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookWithSecret:
        """Rotate the signing secret.

        The new `secret` is only shown in this answer. For 24 hours, requests are also signed with the
        old secret (two signatures in one header), so that the receiver can switch without a gap.
        Another rotation within that time invalidates the oldest secret.
        """
        return await self.call(
            Call("POST", "/api/webhooks/{webhookId}/rotate-secret", path={"webhookId": webhook_id}, authorized=True, keyed=True),
            models.WebhookWithSecret,
            options,
        )

    async def ping_webhook(self, webhook_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookDelivery:
        """Send a test event.

        Sends an event of the type `ping`, which is delivered like any other. If the webhook is
        disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return await self.call(
            Call("POST", "/api/webhooks/{webhookId}/ping", path={"webhookId": webhook_id}, authorized=True, keyed=True), models.WebhookDelivery, options
        )

    async def replay_webhook(self, webhook_id: str, body: models.ReplayWebhookRequest, **options: Unpack[KeyedCallOptions]) -> models.ReplayWebhookResponse:
        """Replay failed deliveries.

        Sends deliveries that failed for events since `since` again, with the same ids. If the webhook
        is disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return await self.call(
            Call("POST", "/api/webhooks/{webhookId}/replay", path={"webhookId": webhook_id}, body=body, authorized=True, keyed=True),
            models.ReplayWebhookResponse,
            options,
        )

    async def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["pending", "delivered", "failed", "withheld"] | None = None,
        **options: Unpack[CallOptions],
    ) -> models.WebhookDeliveryList:
        """List the deliveries of a webhook.

        Returns deliveries, newest first. They are stored for 30 days.
        """
        return await self.call(
            Call(
                "GET",
                "/api/webhooks/{webhookId}/deliveries",
                path={"webhookId": webhook_id},
                query={"limit": limit, "cursor": cursor, "status": status},
                authorized=True,
            ),
            models.WebhookDeliveryList,
            options,
        )

    async def list_webhook_deliveries_all(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["pending", "delivered", "failed", "withheld"] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.WebhookDelivery]:
        """Yields the items of all pages of list_webhook_deliveries. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_webhook_deliveries(webhook_id, limit=limit, cursor=cursor, status=status, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_webhook_delivery(self, webhook_id: str, delivery_id: str, **options: Unpack[CallOptions]) -> models.WebhookDeliveryDetail:
        """Get a delivery.

        Returns a delivery with its payload and latest attempts, newest first. Of the receiver's
        responses, only the status is stored.
        """
        return await self.call(
            Call("GET", "/api/webhooks/{webhookId}/deliveries/{deliveryId}", path={"webhookId": webhook_id, "deliveryId": delivery_id}, authorized=True),
            models.WebhookDeliveryDetail,
            options,
        )

    async def replay_webhook_delivery(self, webhook_id: str, delivery_id: str, **options: Unpack[KeyedCallOptions]) -> models.WebhookDelivery:
        """Replay a delivery.

        Sends a delivery again with the same id, even one that succeeded. If it is pending, or the
        webhook is disabled, the answer is 409. Send an `Idempotency-Key` to retry safely.
        """
        return await self.call(
            Call(
                "POST",
                "/api/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
                path={"webhookId": webhook_id, "deliveryId": delivery_id},
                authorized=True,
                keyed=True,
            ),
            models.WebhookDelivery,
            options,
        )

    async def send_email(self, body: models.SendEmailRequest, **options: Unpack[KeyedCallOptions]) -> models.SendEmailResponse:
        """Send an e-mail.

        Accepts an e-mail, which is sent soon after, or at `sendAt`. `GET /api/email/{emailId}` returns
        the status for each recipient. The sender is the address that the service is configured with;
        `replyTo` sets where replies go. Accepted mail is retried until it is delivered, even if the
        mail server is down for hours. An address that the mail server rejects permanently is `bounced`.

        Scripts, remote content and hidden content are removed from `bodyHtml`. If `bodyText` is absent,
        it is derived from `bodyHtml`. Attachments are documents of this service that the caller can
        read, 10 MiB in total. Show an image with `inline` by `<img src="cid:its-filename">`.

        Send an `Idempotency-Key` to retry safely, as for `POST /api/docs/render-pdf`.
        """
        return await self.call(Call("POST", "/api/email/send", body=body, authorized=True, keyed=True), models.SendEmailResponse, options)

    async def send_emails(self, body: models.SendEmailsRequest, **options: Unpack[KeyedCallOptions]) -> models.SendEmailsResponse:
        """Send up to 100 e-mails.

        Accepts several e-mails independently. `items`, in the same order, has the id of each e-mail
        that will be sent, or the error of one that will not. They are sent after e-mails that were sent
        one by one.
        """
        return await self.call(Call("POST", "/api/email/send-batch", body=body, authorized=True, keyed=True), models.SendEmailsResponse, options)

    async def list_notifications(
        self, *, limit: int | None = None, cursor: str | None = None, unread: bool | None = None, **options: Unpack[CallOptions]
    ) -> models.NotificationList:
        """List notifications.

        Returns notifications about what others did in the caller's cases and with their resources,
        newest first. A notification of a case is only visible to its members. Notifications are deleted
        after a year, and 90 days after they were read.
        """
        return await self.call(
            Call("GET", "/api/notifications", query={"limit": limit, "cursor": cursor, "unread": unread}, authorized=True), models.NotificationList, options
        )

    async def list_notifications_all(
        self, *, limit: int | None = None, cursor: str | None = None, unread: bool | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Notification]:
        """Yields the items of all pages of list_notifications. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_notifications(limit=limit, cursor=cursor, unread=unread, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def read_notifications(self, body: models.ReadNotificationsRequest, **options: Unpack[KeyedCallOptions]) -> None:
        """Mark all notifications as read.

        Marks all notifications up to `newestId` as read. Later ones stay unread.
        """
        await self.call(Call("POST", "/api/notifications/read-all", body=body, authorized=True, keyed=True), None, options)

    async def get_notification_preferences(self, **options: Unpack[CallOptions]) -> models.NotificationPreferences:
        """Get notification preferences.

        Returns every type of event that people are notified of, with the caller's choice or else the
        default.
        """
        return await self.call(Call("GET", "/api/notifications/preferences", authorized=True), models.NotificationPreferences, options)

    async def set_notification_preferences(self, body: models.NotificationPreferences, **options: Unpack[CallOptions]) -> models.NotificationPreferences:
        """Set notification preferences.

        Replaces all of the caller's choices. A type that is absent gets the default again.
        """
        return await self.call(Call("PUT", "/api/notifications/preferences", body=body, authorized=True), models.NotificationPreferences, options)

    async def update_notification(self, notification_id: str, body: models.UpdateNotificationRequest, **options: Unpack[CallOptions]) -> models.Notification:
        """Mark a notification as read or unread.

        A notification of somebody else, or of a case that the caller has left, is treated as if it did
        not exist.
        """
        return await self.call(
            Call("PATCH", "/api/notifications/{notificationId}", path={"notificationId": notification_id}, body=body, authorized=True),
            models.Notification,
            options,
        )

    async def list_emails(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.EmailList:
        """List e-mails.

        Returns the e-mails that the caller sent, newest first, without their bodies. Admins see
        everyone's, or one person's with `userId`.
        """
        return await self.call(
            Call("GET", "/api/email", query={"limit": limit, "cursor": cursor, "status": status, "userId": user_id}, authorized=True), models.EmailList, options
        )

    async def list_emails_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["queued", "sent", "bounced", "failed", "cancelled"] | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.Email]:
        """Yields the items of all pages of list_emails. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_emails(limit=limit, cursor=cursor, status=status, user_id=user_id, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def list_suppressions(self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]) -> models.SuppressionList:
        """List suppressed addresses.

        For admins. An address is put on the suppression list when a mail server reports that it does
        not exist, by hand, or when its owner unsubscribes. E-mails to it are not sent (`suppressed`).
        People who unsubscribed still receive what `sendEmail` sends, and the service's own e-mails
        reach all but `bounced` addresses.
        """
        return await self.call(
            Call("GET", "/api/email/suppressions", query={"limit": limit, "cursor": cursor}, authorized=True), models.SuppressionList, options
        )

    async def list_suppressions_all(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncIterator[models.Suppression]:
        """Yields the items of all pages of list_suppressions. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_suppressions(limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def create_suppression(self, body: models.CreateSuppressionRequest, **options: Unpack[KeyedCallOptions]) -> models.Suppression:
        """Suppress an address.

        For admins. Adds an address to the suppression list. The service's own e-mails, such as password
        resets, are still sent to it. An address that is already on the list does not change.
        """
        return await self.call(Call("POST", "/api/email/suppressions", body=body, authorized=True, keyed=True), models.Suppression, options)

    async def delete_suppression(self, suppression_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove an address from the suppression list.

        For admins. E-mails are sent to the address again.
        """
        await self.call(Call("DELETE", "/api/email/suppressions/{suppressionId}", path={"suppressionId": suppression_id}, authorized=True), None, options)

    async def get_email(self, email_id: str, **options: Unpack[CallOptions]) -> models.Email:
        """Get an e-mail.

        Returns an e-mail with its status for each recipient. An e-mail of another account is treated as
        if it did not exist.
        """
        return await self.call(Call("GET", "/api/email/{emailId}", path={"emailId": email_id}, authorized=True), models.Email, options)

    async def cancel_email(self, email_id: str, **options: Unpack[CallOptions]) -> None:
        """Cancel an e-mail.

        Cancels a queued e-mail. If it was sent, or is being sent right now, the answer is 409.
        """
        await self.call(Call("DELETE", "/api/email/{emailId}", path={"emailId": email_id}, authorized=True), None, options)

    async def list_jobs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | None = None,
        kind: str | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.JobList:
        """List jobs.

        Returns jobs, newest first. Callers see their own; an admin sees everyone's and the service's
        own, and can filter by `userId`. For anyone else, a `userId` other than their own is 403. With
        `status=failed`, an admin sees the jobs that can be retried. Jobs that succeeded or were
        cancelled are stored for 7 days, failed ones for 30.
        """
        return await self.call(
            Call("GET", "/api/jobs", query={"limit": limit, "cursor": cursor, "status": status, "kind": kind, "userId": user_id}, authorized=True),
            models.JobList,
            options,
        )

    async def list_jobs_all(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: Literal["waiting", "running", "succeeded", "failed", "cancelled"] | None = None,
        kind: str | None = None,
        user_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.Job]:
        """Yields the items of all pages of list_jobs. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_jobs(limit=limit, cursor=cursor, status=status, kind=kind, user_id=user_id, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_job(self, job_id: str, **options: Unpack[CallOptions]) -> models.Job:
        """Get a job.

        Returns the progress of a job and, when it has ended, its result or its error. A job of another
        account is treated as if it did not exist.

        With `Accept: text/event-stream`, the job is streamed: a `progress` event whenever it changes
        and, when it has ended, one `done` event. The stream also ends, without `done`, after ten
        minutes and when the server stops; then connect again.
        """
        return await self.call(Call("GET", "/api/jobs/{jobId}", path={"jobId": job_id}, authorized=True), models.Job, options)

    async def cancel_job(self, job_id: str, **options: Unpack[CallOptions]) -> models.Job:
        """Cancel a job.

        A waiting job is `cancelled` at once. A running job is asked to stop and stops when it can: in
        the answer it is still `running`, and it may still succeed. What it has done is not undone. If
        the job has ended, the answer is 409, unless it was cancelled.
        """
        return await self.call(Call("DELETE", "/api/jobs/{jobId}", path={"jobId": job_id}, authorized=True), models.Job, options)

    async def retry_job(self, job_id: str, **options: Unpack[KeyedCallOptions]) -> models.Job:
        """Retry a failed job.

        Runs a job again that has failed and is no longer retried by itself. It waits again, with its
        full number of attempts. Any other job is 409.
        """
        return await self.call(Call("POST", "/api/jobs/{jobId}/retry", path={"jobId": job_id}, authorized=True, keyed=True), models.Job, options)

    async def open_checkout(self, body: models.OpenCheckoutRequest, **options: Unpack[KeyedCallOptions]) -> models.Payment:
        """Open a checkout for an invoice.

        Opens a page of the payment provider on which the rest of an invoice is paid; send the person to
        `checkoutUrl`. An invoice has one open checkout at a time: a second call returns it, unless what is due
        has changed, which closes it and opens another. The page is open for twelve hours.

        The page sends the person to `successUrl` when they have paid, and to `cancelUrl` if they go back. Neither means
        that money arrived: read the payment, or wait for `payment.succeeded`.

        An amount that the provider cannot take, such as 1.234 KWD, is 422. 409 is
        `invoice_not_payable` or `payment_processing`. 502 means that the provider rejected the checkout. After 503 it may be
        open: a retry returns it. With a test key the page is the service's own, and no money moves.
        """
        return await self.call(Call("POST", "/api/payments/checkout", body=body, authorized=True, keyed=True), models.Payment, options)

    async def list_payments(
        self,
        *,
        case_id: str | None = None,
        invoice_id: str | None = None,
        status: Literal["created", "open", "processing", "succeeded", "failed", "expired", "canceled"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.PaymentList:
        """List payments.

        Returns payments, newest first: those of a case or an invoice that the caller can read, or else those for which
        the caller opened a checkout.
        """
        return await self.call(
            Call(
                "GET", "/api/payments", query={"caseId": case_id, "invoiceId": invoice_id, "status": status, "limit": limit, "cursor": cursor}, authorized=True
            ),
            models.PaymentList,
            options,
        )

    async def list_payments_all(
        self,
        *,
        case_id: str | None = None,
        invoice_id: str | None = None,
        status: Literal["created", "open", "processing", "succeeded", "failed", "expired", "canceled"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.Payment]:
        """Yields the items of all pages of list_payments. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_payments(case_id=case_id, invoice_id=invoice_id, status=status, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_payment(self, payment_id: str, **options: Unpack[CallOptions]) -> models.Payment:
        """Get a payment.

        Returns a payment with its refunds and disputes. While somebody can still pay, the provider is asked first, so that a person
        who comes back from its page sees what they did.
        """
        return await self.call(Call("GET", "/api/payments/{paymentId}", path={"paymentId": payment_id}, authorized=True), models.Payment, options)

    async def refund_payment(self, payment_id: str, body: models.RefundPaymentRequest, **options: Unpack[KeyedCallOptions]) -> models.PaymentRefund:
        """Refund a payment.

        Sends money back to who paid, all that is left or a part of it. The refund is booked at once, and `succeeded` when the provider sent
        the money. While the provider is down it stays `pending`, and the service goes on by itself. More than is left is
        422 at `/amount`. 409 is `payment_not_succeeded` or `payment_refunded`. 502 means that the provider rejected it; the refund is then `failed`.
        """
        return await self.call(
            Call("POST", "/api/payments/{paymentId}/refund", path={"paymentId": payment_id}, body=body, authorized=True, keyed=True),
            models.PaymentRefund,
            options,
        )

    async def receive_payment_webhook(self, body: models.ProviderWebhook, *, stripe_signature: str | None = None, **options: Unpack[CallOptions]) -> None:
        """Receive a webhook of Stripe.

        For Stripe. The signature covers the time and the body, and is valid for five minutes. Webhooks can arrive in any order and more
        than once: each only makes the service read the payment at Stripe. One of another mode or account, or about something
        else, is acknowledged and ignored. 401 means that it is forged or too old, 404 that Stripe is not configured.
        """
        await self.call(Call("POST", "/api/payments/webhooks/stripe", headers={"Stripe-Signature": stripe_signature}, body=body), None, options)

    async def initiate_signature(self, body: models.InitiateSignatureRequest, **options: Unpack[KeyedCallOptions]) -> models.InitiateSignatureResponse:
        """Send a document for signature.

        Sends a stored PDF to its signers. It must be the caller's, or of a case that the caller works
        on. In a `sequential` workflow, signers sign by `order` (as listed, if none has an order;
        signers with the same order sign at the same time). In a `parallel` workflow, all sign at the
        same time. Each signer gets a link by e-mail when it is their turn. When all have signed, a
        certificate page and a digital seal (PAdES) are added, the result is stored as a document of
        kind `signed`, and everyone gets it by e-mail.

        `signingUrl` is a page where a signer can request their link by e-mail. It contains no secret
        and can be shared.

        The document is checked first. One that cannot be signed or sealed is 422: the error's `reason`
        is `encrypted`, `signed` (it already has a digital signature; an empty signature field is
        allowed), `xfa` or `broken`. One that a signer might misunderstand is 422 `document_unfit`: each
        place has an error with its `reason`, `page` and `quote`. The reasons are those of
        `SigningRisk`. Name the reasons that you accept in `acceptRisks`; they are recorded in the log,
        the certificate and the evidence. Lines for a signature and for its name, place and date are not
        blanks.

        If the service uses an external signing provider, the provider gets the document with additional
        pages for the signatures. E-mails, links and log are the same, and the signed file is the
        provider's. 502 means that the provider refused and 503 that it is down; nobody was asked to
        sign, and the request can be sent again.

        Send an `Idempotency-Key` to retry safely. For 24 hours, the same key and body return the first
        answer again (with `Idempotency-Replayed: true`); the same key with another body is 409.
        """
        return await self.call(Call("POST", "/api/esign/initiate", body=body, authorized=True, keyed=True), models.InitiateSignatureResponse, options)

    async def list_signature_requests(
        self,
        *,
        case_id: str | None = None,
        status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> models.SignatureRequestList:
        """List signature requests.

        Returns signature requests, newest first. Without `caseId`, those that the caller sent, or
        everyone's for an admin. With it, those of a case that the caller can read.
        """
        return await self.call(
            Call("GET", "/api/esign", query={"caseId": case_id, "status": status, "limit": limit, "cursor": cursor}, authorized=True),
            models.SignatureRequestList,
            options,
        )

    async def list_signature_requests_all(
        self,
        *,
        case_id: str | None = None,
        status: Literal["creating", "failed", "open", "sealing", "completed", "declined", "cancelled", "expired"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[models.SignatureRequest]:
        """Yields the items of all pages of list_signature_requests. Each page is requested when it is reached, with `limit` items."""
        while True:
            page = await self.list_signature_requests(case_id=case_id, status=status, limit=limit, cursor=cursor, **options)
            for item in page.items:
                yield item
            if not page.next_cursor:
                return
            if page.next_cursor == cursor:
                raise same_page()
            cursor = page.next_cursor

    async def get_signature_request(self, tracking_id: str, **options: Unpack[CallOptions]) -> models.SignatureRequest:
        """Get a signature request.

        Returns the status of the request and of each signer. A request of another account is treated as
        if it did not exist.
        """
        return await self.call(Call("GET", "/api/esign/{trackingId}", path={"trackingId": tracking_id}, authorized=True), models.SignatureRequest, options)

    async def list_signature_events(self, tracking_id: str, **options: Unpack[CallOptions]) -> models.SignatureEventList:
        """List the log of a signature request.

        Returns the log from its beginning. Each entry contains the SHA-256 of the one before it, and no
        entry is ever changed or removed. The whole log is deleted if its sender is erased and nobody
        has signed.
        """
        return await self.call(
            Call("GET", "/api/esign/{trackingId}/events", path={"trackingId": tracking_id}, authorized=True), models.SignatureEventList, options
        )

    async def cancel_signature_request(self, tracking_id: str, **options: Unpack[KeyedCallOptions]) -> models.SignatureRequest:
        """Cancel a signature request.

        Cancels the request: nobody can sign any more, and the signers who were asked are notified. If
        the request has ended, the answer is 409.
        """
        return await self.call(
            Call("POST", "/api/esign/{trackingId}/cancel", path={"trackingId": tracking_id}, authorized=True, keyed=True), models.SignatureRequest, options
        )

    async def remind_signers(self, tracking_id: str, **options: Unpack[KeyedCallOptions]) -> models.SignatureRequest:
        """Remind signers.

        Sends the links again to the signers whose turn it is, except those who got an e-mail in the
        last two minutes. The service itself sends reminders after three, six and nine days. If the
        request has ended, the answer is 409.
        """
        return await self.call(
            Call("POST", "/api/esign/{trackingId}/remind", path={"trackingId": tracking_id}, authorized=True, keyed=True), models.SignatureRequest, options
        )

    async def get_signature_evidence(self, tracking_id: str, **options: Unpack[CallOptions]) -> Content:
        """Download the evidence of a signature request.

        Returns a zip file that is sealed as a whole: the original, the signed file, the log, the
        consent text, and a manifest with the SHA-256 of each. `counsel verify-evidence FILE` checks it
        offline and detects any changed byte.
        """
        return await self.call(Call("GET", "/api/esign/{trackingId}/evidence", path={"trackingId": tracking_id}, authorized=True), Content, options)

    async def get_signature_evidence_to(self, file: Target, tracking_id: str, **options: Unpack[CallOptions]) -> Saved:
        """Like get_signature_evidence, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return await self.save(Call("GET", "/api/esign/{trackingId}/evidence", path={"trackingId": tracking_id}, authorized=True), file, options)

    async def view_signing(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> models.SigningView:
        """Open a signing link.

        Returns what the signer is asked to sign, and the state of the link. The log records the view.
        An unknown link is 404, whatever it looks like.
        """
        return await self.call(Call("POST", "/api/esign/signing/view", body=body), models.SigningView, options)

    async def get_signing_document(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> Content:
        """Download the document of a signing link.

        Returns the PDF that is to be signed. When the download is complete, the log records that the
        signer viewed the document. If the link cannot be used any more, or the document is lost
        (`document_gone`), the answer is 409 and `code` is the reason.
        """
        return await self.call(Call("POST", "/api/esign/signing/document", body=body), Content, options)

    async def get_signing_document_to(self, file: Target, body: models.SigningToken, **options: Unpack[CallOptions]) -> Saved:
        """Like get_signing_document, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return await self.save(Call("POST", "/api/esign/signing/document", body=body), file, options)

    async def get_signing_text(self, body: models.SigningToken, **options: Unpack[CallOptions]) -> models.SigningText:
        """Get the text of a signing link's document.

        Returns the text page by page, for people who cannot see the PDF. It is empty if the text has
        not been extracted yet or there is none.
        """
        return await self.call(Call("POST", "/api/esign/signing/text", body=body), models.SigningText, options)

    async def consent_to_signing(self, body: models.SigningConsent, **options: Unpack[CallOptions]) -> models.SigningView:
        """Consent to sign electronically.

        Records that the signer consents to the disclosure that `viewSigning` returned. The answer is
        409, and nothing is recorded, if the disclosure has changed, if the link cannot be used any more
        or was never opened (`not_viewed`), or if the document is lost or damaged (`document_gone`,
        `document_corrupt`).
        """
        return await self.call(Call("POST", "/api/esign/signing/consent", body=body), models.SigningView, options)

    async def sign_document(self, body: models.SigningSignature, **options: Unpack[CallOptions]) -> models.SigningView:
        """Sign a document.

        Records a signature, typed or drawn. The signer must have consented to sign electronically
        first. After the last signature, the document is sealed. If the document is lost or damaged
        (`document_gone`, `document_corrupt`), the answer is 409; if it cannot be read right now, 503.
        In both cases nothing is signed.
        """
        return await self.call(Call("POST", "/api/esign/signing/sign", body=body), models.SigningView, options)

    async def decline_signing(self, body: models.SigningDecline, **options: Unpack[CallOptions]) -> models.SigningView:
        """Decline to sign.

        Ends the request: nobody can sign any more, and the sender gets the reason.
        """
        return await self.call(Call("POST", "/api/esign/signing/decline", body=body), models.SigningView, options)

    async def send_signing_link(self, body: models.SigningLinkRequest, **options: Unpack[CallOptions]) -> None:
        """Send a signing link again.

        E-mails a signer their link, if the address belongs to a signer of this request whose turn it is
        and who got no e-mail in the last two minutes. The answer is the same in any case.
        """
        await self.call(Call("POST", "/api/esign/signing/link", body=body), None, options)

    async def receive_signature_webhook(
        self,
        provider: Literal["docuseal", "documenso"],
        body: models.ProviderWebhook,
        *,
        x_docuseal_signature: str | None = None,
        x_documenso_secret: str | None = None,
        x_documenso_delivery_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Receive a signing provider's webhook.

        For the external signing provider, if there is one. The request is authenticated before its body
        is read: DocuSeal's by a signature over the time and the body, which is valid for five minutes;
        Documenso's by the secret. Webhooks can arrive in any order and more than once. Each only makes
        the service query the provider, whose answer counts. A webhook about an unknown request is
        ignored. 401 means that it is forged or too old, 404 that this provider is not configured.
        """
        await self.call(
            Call(
                "POST",
                "/api/esign/webhooks/{provider}",
                path={"provider": provider},
                headers={
                    "X-Docuseal-Signature": x_docuseal_signature,
                    "X-Documenso-Secret": x_documenso_secret,
                    "X-Documenso-Delivery-Id": x_documenso_delivery_id,
                },
                body=body,
            ),
            None,
            options,
        )

    async def get_index(self, **options: Unpack[CallOptions]) -> models.Index:
        """Where to start.

        Browsers are redirected to the documentation. Programs get the addresses of the documentation and
        of this OpenAPI document.
        """
        return await self.call(Call("GET", "/"), models.Index, options)

    async def get_liveness(self, **options: Unpack[CallOptions]) -> models.Liveness:
        """Check liveness.

        Answers as long as the process runs. For a supervisor that restarts it.
        """
        return await self.call(Call("GET", "/livez"), models.Liveness, options)

    async def get_readiness(self, **options: Unpack[CallOptions]) -> models.Readiness:
        """Check readiness.

        200 while requests can be served: `ok` if every part is up, `degraded` if Redis is down and
        answers are not cached. 503 if the database is down or the service is stopping. For a load
        balancer.
        """
        return await self.call(Call("GET", "/readyz"), models.Readiness, options)

    async def get_metrics(self, **options: Unpack[CallOptions]) -> Content:
        """Prometheus metrics.

        Counters and timings in Prometheus' text format, without personal data. If METRICS_TOKEN is set,
        it must be sent as a bearer token.
        """
        return await self.call(Call("GET", "/metrics", authorized=True), Content, options)

    async def get_metrics_to(self, file: Target, **options: Unpack[CallOptions]) -> Saved:
        """Like get_metrics, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return await self.save(Call("GET", "/metrics", authorized=True), file, options)

    async def get_contract_yaml(self, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Content:
        """OpenAPI document as YAML.

        Returns this OpenAPI document.
        """
        return await self.call(Call("GET", "/openapi.yaml", headers={"If-None-Match": if_none_match}), Content, options)

    async def get_contract_yaml_to(self, file: Target, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> Saved:
        """Like get_contract_yaml, but writes what arrives to a file, and holds no more than a piece of it in memory.

        `file` is a path, where a complete file appears or none, or an open binary file.
        """
        return await self.save(Call("GET", "/openapi.yaml", headers={"If-None-Match": if_none_match}), file, options)

    async def get_contract_json(self, *, if_none_match: str | None = None, **options: Unpack[CallOptions]) -> dict[str, object]:
        """OpenAPI document as JSON.

        Returns this OpenAPI document.
        """
        return await self.call(Call("GET", "/openapi.json", headers={"If-None-Match": if_none_match}), dict[str, object], options)
