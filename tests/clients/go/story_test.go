// Package tests uses the Go client as a partner does, against a running service (COUNSEL_URL, COUNSEL_MAILS,
// COUNSEL_ADMIN_EMAIL, COUNSEL_ADMIN_PASSWORD). The TypeScript and Python clients have the same story.
package tests

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel.example/counsel"
)

func env(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set", name)
		}
		t.Skipf("%s is not set: scripts/test starts the service", name)
	}
	return value
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestStory(t *testing.T) {
	url, mails := env(t, "COUNSEL_URL"), env(t, "COUNSEL_MAILS")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	// Register. An admin makes the account a lawyer's, who may send documents for signature.
	email, password := fmt.Sprintf("go-%s@example.com", strings.ToLower(rand.Text())), "correct horse battery"
	client := counsel.New(url)
	user := must[*counsel.User](t)(client.RegisterUser(ctx, counsel.RegisterRequest{Email: email, Password: password, FullName: "Lena Lawyer"}))
	_, err := client.RegisterUser(ctx, counsel.RegisterRequest{Email: email, Password: password, FullName: "Lena Lawyer"})
	var problem *counsel.Problem
	if !errors.As(err, &problem) || problem.Code != counsel.CodeConflict || problem.Status != http.StatusConflict || problem.RequestID == "" {
		t.Fatalf("registering twice: %v", err)
	}
	admin := counsel.New(url)
	if err := admin.Login(ctx, env(t, "COUNSEL_ADMIN_EMAIL"), env(t, "COUNSEL_ADMIN_PASSWORD")); err != nil {
		t.Fatal(err)
	}
	must[*counsel.User](t)(admin.UpdateUser(ctx, user.ID, counsel.UpdateUserRequest{Role: counsel.Ptr(counsel.RoleLawyer)}))
	if err := client.VerifyEmail(ctx, counsel.VerifyEmailRequest{Token: secret(ctx, t, mails, email, "/account")}); err != nil {
		t.Fatal(err)
	}
	if err := client.Login(ctx, email, password); err != nil {
		t.Fatal(err)
	}
	if me := must[*counsel.User](t)(client.GetCurrentUser(ctx)); me.Role != counsel.RoleLawyer || !me.EmailVerified {
		t.Fatalf("the account is %+v", me)
	}

	// Ask, and ask again with a stream.
	question := counsel.ChatRequest{UserID: user.ID, Message: "How long does a non-disclosure agreement bind the parties?"}
	answer := must[*counsel.ChatResponse](t)(client.SendChat(ctx, question))
	if answer.Answer == "" {
		t.Fatal("the answer is empty")
	}
	var text string
	for event, err := range client.StreamChat(ctx, question) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Type == counsel.ChatEventTypeDelta {
			text += *event.Text
		} else if event.Response.Answer != text {
			t.Fatalf("the pieces %q are not the answer %q", text, event.Response.Answer)
		}
	}
	if text == "" {
		t.Fatal("the stream is empty")
	}
	var asked []counsel.ID
	for consultation, err := range client.ListConsultationsAll(ctx, counsel.ListConsultationsParams{Limit: counsel.Ptr(counsel.Limit(1))}) {
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, consultation.ID)
	}
	if len(asked) != 2 || asked[1] != answer.ConsultationID {
		t.Fatalf("the consultations are %v", asked)
	}

	// A program asks with an API key. It may do nothing else, and nothing once the key is revoked.
	created := must[*counsel.APIKeyWithSecret](t)(client.CreateAPIKey(ctx, counsel.CreateAPIKeyRequest{Name: "Story", Scopes: []counsel.APIKeyScope{"ai:write"}}))
	program := counsel.New(url, counsel.WithAPIKey(created.Secret))
	if got := must[*counsel.ChatResponse](t)(program.SendChat(ctx, question)); got.Answer != answer.Answer {
		t.Fatalf("the program is answered %q", got.Answer)
	}
	if _, err := program.ListConsultations(ctx, counsel.ListConsultationsParams{}); !errors.As(err, &problem) || problem.Code != counsel.CodeScopeMissing {
		t.Fatalf("without the scope: %v", err)
	}
	if err := client.RevokeAPIKey(ctx, created.APIKey.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := program.SendChat(ctx, question); !errors.As(err, &problem) || problem.Code != counsel.CodeUnauthenticated {
		t.Fatalf("after revoking the key: %v", err)
	}

	// Draft.
	drafted := must[*counsel.GenerateDocumentResponse](t)(client.GenerateDocument(ctx, counsel.GenerateDocumentRequest{
		Type:   "nda",
		Inputs: map[string]any{"discloser": "mutual", "partyA": map[string]any{"name": "Ada Lovelace"}, "partyB": map[string]any{"name": "Grace Hopper"}, "purpose": "Evaluating a joint product.", "governingLaw": "Ireland"},
	}))
	draft := must[*counsel.Draft](t)(client.GetDraft(ctx, drafted.DraftID))
	draft = must[*counsel.Draft](t)(client.UpdateDraft(ctx, draft.ID, counsel.UpdateDraftRequest{
		Version: draft.Version,
		Body:    counsel.Ptr("# Agreement\n\nThe parties keep the terms confidential for two years."),
		Status:  counsel.Ptr(counsel.DraftStatusReviewed),
	}))
	must[*counsel.Draft](t)(client.UpdateDraft(ctx, draft.ID, counsel.UpdateDraftRequest{Version: draft.Version, Status: counsel.Ptr(counsel.DraftStatusFinal)}))

	// Render, twice under one key: the second is the first.
	key := counsel.WithIdempotencyKey(rand.Text())
	rendered := must[*counsel.RenderPDFResponse](t)(client.RenderDraftPDF(ctx, draft.ID, counsel.RenderDraftRequest{}, key))
	again := must[*counsel.RenderPDFResponse](t)(client.RenderDraftPDF(ctx, draft.ID, counsel.RenderDraftRequest{}, key))
	if again.DocID != rendered.DocID {
		t.Fatal("the same key rendered two documents")
	}
	content := download(ctx, t, client, rendered.DocID)
	if sum := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); sum != rendered.Checksum {
		t.Fatalf("the file has %s, not %s", sum, rendered.Checksum)
	}

	// Upload it, too, as a file from elsewhere would be.
	uploaded := must[*counsel.StoredDocument](t)(client.UploadDocument(ctx, counsel.UploadDocumentRequest{
		File: counsel.File{Name: "Vertrag für Ada.pdf", Content: bytes.NewReader(content)},
	}))
	if uploaded.Name != "Vertrag für Ada.pdf" || !bytes.Equal(download(ctx, t, client, uploaded.ID), content) {
		t.Fatalf("the upload is %+v", uploaded)
	}

	// Sign: the signer follows the link of the e-mail.
	signer := "signer-" + email
	sent := must[*counsel.InitiateSignatureResponse](t)(client.InitiateSignature(ctx, counsel.InitiateSignatureRequest{
		DocID: rendered.DocID, Workflow: counsel.SignatureWorkflowSequential, Signers: []counsel.NewSigner{{Name: "Ada Lovelace", Email: signer}},
	}))
	anyone := counsel.New(url)
	token := secret(ctx, t, mails, signer, "/sign")
	view := must[*counsel.SigningView](t)(anyone.ViewSigning(ctx, counsel.SigningToken{Token: token}))
	shown := must[*counsel.Content](t)(anyone.GetSigningDocument(ctx, counsel.SigningToken{Token: token}))
	if got := must[[]byte](t)(io.ReadAll(shown)); shown.Type != "application/pdf" || !bytes.Equal(got, content) {
		t.Fatalf("the signer sees %d bytes of %s", len(got), shown.Type)
	}
	_ = shown.Close()
	must[*counsel.SigningView](t)(anyone.ConsentToSigning(ctx, counsel.SigningConsent{Token: token, Disclosure: view.Disclosure.Version}))
	must[*counsel.SigningView](t)(anyone.SignDocument(ctx, counsel.SigningSignature{Token: token, Signature: counsel.Signature{Typed: counsel.Ptr("Ada Lovelace")}}))

	request := eventually(ctx, t, func() (*counsel.SignatureRequest, bool) {
		request := must[*counsel.SignatureRequest](t)(client.GetSignatureRequest(ctx, sent.TrackingID))
		return request, request.Status == counsel.SignatureStatusCompleted
	})
	signed := download(ctx, t, client, *request.SignedDocID)
	if !bytes.HasPrefix(signed, content) || len(signed) == len(content) {
		t.Fatal("the signed file does not begin with the original")
	}
	if err := client.Logout(ctx); err != nil || client.Tokens() != nil {
		t.Fatal(err)
	}
	if _, err := client.GetCurrentUser(ctx); !errors.As(err, &problem) || problem.Code != counsel.CodeUnauthenticated {
		t.Fatalf("after signing out: %v", err)
	}
}

func download(ctx context.Context, t *testing.T, client *counsel.Client, docID counsel.ID) []byte {
	t.Helper()
	content := must[*counsel.Content](t)(client.GetDocumentContent(ctx, docID, counsel.GetDocumentContentParams{}))
	defer content.Close()
	return must[[]byte](t)(io.ReadAll(content))
}

// secret returns the secret of the link to a page in the latest e-mail to an address that has one.
func secret(ctx context.Context, t *testing.T, mails, to, page string) string {
	t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(page) + `#(?:[a-z]+=)?([A-Za-z0-9_.-]+)`)
	row := regexp.MustCompile(`href="(/mails/[^"]+)">[^<]*</a></th><td>` + regexp.QuoteMeta(to))
	return eventually(ctx, t, func() (string, bool) {
		for _, match := range row.FindAllStringSubmatch(get(ctx, t, mails), -1) {
			if found := link.FindStringSubmatch(get(ctx, t, strings.TrimSuffix(mails, "/")+match[1])); found != nil {
				return found[1], true
			}
		}
		return "", false
	})
}

func get(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	request := must[*http.Request](t)(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	response := must[*http.Response](t)(http.DefaultClient.Do(request))
	defer response.Body.Close()
	return string(must[[]byte](t)(io.ReadAll(response.Body)))
}

// eventually repeats a check until it succeeds or ctx ends.
func eventually[T any](ctx context.Context, t *testing.T, check func() (T, bool)) T {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if found, ok := check(); ok {
			return found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen in time")
		}
	}
}

// TestModules: a partner's program gets few modules with the client, and none of the service.
func TestModules(t *testing.T) {
	list, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "counsel.example/counsel").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(list)))))
	want := []string{
		"counsel.example/counsel", "github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", "github.com/hashicorp/go-cleanhttp",
		"github.com/hashicorp/go-retryablehttp", "github.com/oapi-codegen/runtime", "github.com/standard-webhooks/standard-webhooks/libraries",
	}
	if !slices.Equal(modules, want) {
		t.Errorf("the client brings %q, not %q", modules, want)
	}
}

// TestReadme runs the example of the README, with an API key.
func TestReadme(t *testing.T) {
	url := env(t, "COUNSEL_URL")
	readme := must[[]byte](t)(os.ReadFile("../../../gen/go/README.md"))
	example := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)
	if example == nil {
		t.Fatal("the README has no example")
	}
	program := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(program, example[1], 0o600); err != nil {
		t.Fatal(err)
	}
	admin := counsel.New(url)
	if err := admin.Login(t.Context(), env(t, "COUNSEL_ADMIN_EMAIL"), env(t, "COUNSEL_ADMIN_PASSWORD")); err != nil {
		t.Fatal(err)
	}
	scopes := []counsel.APIKeyScope{"ai:read", "ai:write"}
	created := must[*counsel.APIKeyWithSecret](t)(admin.CreateAPIKey(t.Context(), counsel.CreateAPIKeyRequest{Name: "README", Scopes: scopes}))
	command := exec.CommandContext(t.Context(), "go", "run", program)
	command.Env = append(os.Environ(), "COUNSEL_API_KEY="+created.Secret)
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Sandbox answer") {
		t.Errorf("%v: %s", err, output)
	}
}
