"""The Python client as a partner uses it, against a running service (COUNSEL_URL, COUNSEL_MAILS, COUNSEL_ADMIN_EMAIL,
COUNSEL_ADMIN_PASSWORD). The TypeScript and Go clients have the same story.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
import sys
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import httpx

from counsel import AsyncCounsel, ConflictError, Counsel, ForbiddenError, InvalidRequestError, UnauthenticatedError, models

T = TypeVar("T")

URL = os.environ["COUNSEL_URL"]
MAILS = os.environ["COUNSEL_MAILS"]
ADMIN = os.environ["COUNSEL_ADMIN_EMAIL"], os.environ["COUNSEL_ADMIN_PASSWORD"]
PASSWORD = "correct horse battery"
QUESTION = "How long does a non-disclosure agreement bind the parties?"


def eventually(check: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (found := check()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def secret(to: str, page: str) -> str:
    """The secret of the link to a page in the latest e-mail to an address that has one."""

    def look() -> str | None:
        rows = re.findall(r'href="(/mails/[^"]+)">[^<]*</a></th><td>([^<]*)', httpx.get(MAILS).text)
        for path in (path for path, recipient in rows if recipient == to):
            if found := re.search(page + r"#(?:[a-z]+=)?([A-Za-z0-9_.-]+)", httpx.get(httpx.URL(MAILS).join(path)).text):
                return found[1]
        return None

    return eventually(look)


class Story(unittest.TestCase):
    def test_register_ask_draft_render_sign(self) -> None:
        # Register. An admin makes the account a lawyer's, who may send documents for signature.
        email = f"python-{uuid4()}@example.com"
        with Counsel(URL) as counsel, Counsel(URL) as admin, Counsel(URL) as anyone:
            registration = models.RegisterRequest(email=email, password=PASSWORD, full_name="Lena Lawyer")
            user = counsel.register_user(registration)
            with self.assertRaises(ConflictError) as refused:
                counsel.register_user(registration)
            self.assertEqual((refused.exception.code, refused.exception.status), ("conflict", 409))
            self.assertTrue(refused.exception.request_id)
            admin.login(*ADMIN)
            admin.update_user(user.id, models.UpdateUserRequest(role="lawyer"))
            counsel.verify_email(models.VerifyEmailRequest(token=secret(email, "/account")))
            counsel.login(email, PASSWORD)
            me = counsel.get_current_user()
            self.assertEqual((me.role, me.email_verified), ("lawyer", True))

            # Ask, and ask again with a stream.
            question = models.ChatRequest(user_id=user.id, message=QUESTION)
            answer = counsel.send_chat(question)
            text = ""
            for event in counsel.stream_chat(question):
                if event.type == "delta":
                    text += event.text or ""
                else:
                    assert event.response
                    self.assertEqual(event.response.answer, text)
            self.assertTrue(text)
            asked = [consultation.id for consultation in counsel.list_consultations_all(limit=1)]
            self.assertEqual((len(asked), asked[1]), (2, answer.consultation_id))

            # A program asks with an API key. It may do nothing else, and nothing once the key is revoked.
            created = counsel.create_api_key(models.CreateApiKeyRequest(name="Story", scopes=["ai:write"]))
            with Counsel(URL, api_key=created.secret) as program:
                self.assertEqual(program.send_chat(question).answer, answer.answer)
                with self.assertRaises(ForbiddenError) as lacking:
                    program.list_consultations()
                self.assertEqual(lacking.exception.code, "scope_missing")
                counsel.revoke_api_key(created.api_key.id)
                with self.assertRaises(UnauthenticatedError):
                    program.send_chat(question)

            # Draft.
            drafted = counsel.generate_document(
                models.GenerateDocumentRequest(
                    type="nda",
                    inputs={
                        "discloser": "mutual",
                        "partyA": {"name": "Ada Lovelace"},
                        "partyB": {"name": "Grace Hopper"},
                        "purpose": "Evaluating a joint product.",
                        "governingLaw": "Ireland",
                    },
                )
            )
            draft = counsel.get_draft(drafted.draft_id)
            body = "# Agreement\n\nThe parties keep the terms confidential for two years."
            draft = counsel.update_draft(draft.id, models.UpdateDraftRequest(version=draft.version, body=body, status="reviewed"))
            counsel.update_draft(draft.id, models.UpdateDraftRequest(version=draft.version, status="final"))

            # Render, twice under one key: the second is the first.
            key = str(uuid4())
            rendered = counsel.render_draft_pdf(draft.id, models.RenderDraftRequest(), idempotency_key=key)
            self.assertEqual(counsel.render_draft_pdf(draft.id, models.RenderDraftRequest(), idempotency_key=key).doc_id, rendered.doc_id)
            content = counsel.get_document_content(rendered.doc_id).data
            self.assertEqual(f"sha256:{hashlib.sha256(content).hexdigest()}", rendered.checksum)

            # Upload it, too, as a file from elsewhere would be.
            uploaded = counsel.upload_document(("Vertrag für Ada.pdf", content))
            self.assertEqual(uploaded.name, "Vertrag für Ada.pdf")
            self.assertEqual(counsel.get_document_content(uploaded.id).data, content)

            # Sign: the signer follows the link of the e-mail.
            signer = f"signer-{email}"
            signers = [models.NewSigner(name="Ada Lovelace", email=signer)]
            sent = counsel.initiate_signature(models.InitiateSignatureRequest(doc_id=rendered.doc_id, workflow="sequential", signers=signers))
            token = secret(signer, "/sign")
            view = anyone.view_signing(models.SigningToken(token=token))
            shown = anyone.get_signing_document(models.SigningToken(token=token))
            self.assertEqual((shown.type, shown.data), ("application/pdf", content))
            anyone.consent_to_signing(models.SigningConsent(token=token, disclosure=view.disclosure.version))
            anyone.sign_document(models.SigningSignature(token=token, signature=models.Signature(typed="Ada Lovelace")))

            def completed() -> models.SignatureRequest | None:
                request = counsel.get_signature_request(sent.tracking_id)
                return request if request.status == "completed" else None

            signed_id = eventually(completed).signed_doc_id
            assert signed_id
            signed = counsel.get_document_content(signed_id).data
            self.assertTrue(signed.startswith(content) and len(signed) > len(content))
            counsel.logout()
            with self.assertRaises(UnauthenticatedError) as ended:
                counsel.get_current_user()
            self.assertEqual(ended.exception.code, "unauthenticated")

    def test_asyncio(self) -> None:
        async def story() -> None:
            credentials = f"python-{uuid4()}@example.com", PASSWORD
            async with AsyncCounsel(URL) as counsel:
                user = await counsel.register_user(models.RegisterRequest(email=credentials[0], password=PASSWORD, full_name="Ada Lovelace"))
                await counsel.login(*credentials)
                question = models.ChatRequest(user_id=user.id, message=QUESTION)
                events = [event async for event in counsel.stream_chat(question)]
                self.assertEqual(events[-1].type, "done")
                answers = await asyncio.gather(*(counsel.send_chat(question) for _ in range(3)))
                asked = {consultation.id async for consultation in counsel.list_consultations_all(limit=2)}
                self.assertLess({answer.consultation_id for answer in answers}, asked)
                with self.assertRaises(InvalidRequestError) as refused:
                    await counsel.list_cases(limit=1000)
                self.assertEqual([each.pointer for each in refused.exception.errors], ["?limit"])
                await counsel.logout()

        asyncio.run(story())

    def test_readme(self) -> None:
        """The example of the README runs, with an API key."""
        readme = (Path(__file__).parents[3] / "gen/python/README.md").read_text()
        example = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
        assert example
        with Counsel(URL) as admin:
            admin.login(*ADMIN)
            created = admin.create_api_key(models.CreateApiKeyRequest(name="README", scopes=["ai:read", "ai:write"]))
            environment = {**os.environ, "COUNSEL_API_KEY": created.secret}
        ran = subprocess.run([sys.executable, "-c", example[1]], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("Sandbox answer", ran.stdout)


if __name__ == "__main__":
    unittest.main()
