package templates

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/doc"
	renderingquery "counsel/gen/query/rendering"
)

const noticeBody = `---
name: Notice
title: Notice to {{to}}
numbering: none
footer: { right: 'Page {page} of {pages}' }
---
# Notice

Dear {{to}}, we end it on {{date}}{{#reason}} because {{reason}}{{/reason}}.
`

const noticeSchema = `{"type":"object","additionalProperties":false,"required":["to","date"],"properties":{
	"to":{"type":"string","minLength":1},"date":{"type":"string","format":"date"},"reason":{"type":"string"}}}`

const noticeSample = `{"to":"Ada","date":"2026-12-01"}`

func notice(version string) NewVersion {
	return NewVersion{Version: version, Body: noticeBody, Schema: json.RawMessage(noticeSchema), Sample: json.RawMessage(noticeSample)}
}

func mustMarshal(t testing.TB, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func newTemplateID() string { return "t-" + domain.NewID().String() }

// fakeRenderer renders everything but one character, which its font lacks; 0: everything.
type fakeRenderer rune

func (r fakeRenderer) Render(_ context.Context, d doc.Document, _ io.Writer) error {
	if r != 0 && strings.ContainsRune(fmt.Sprint(d.Blocks), rune(r)) {
		return domain.InvalidField("/body", "U+%04X cannot be shown", rune(r))
	}
	return nil
}

func TestVersions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newTemplateID()
	v, err := f.Create(t.Context(), f.lawyer, id, notice("1"))
	if err != nil || v.Name != "Notice" || v.PublishedAt != nil || *v.AuthorID != f.lawyer.UserID || v.Body != noticeBody || string(v.Schema) != noticeSchema || string(v.Sample) != noticeSample {
		t.Fatalf("created %+v, %v", v, err)
	}
	other := addUser(t, f.pool, domain.RoleLawyer)
	// Until it is published, only its owner and admins can see it.
	for name, do := range map[string]func(domain.Principal) error{
		"get":     func(p domain.Principal) error { _, err := f.Get(t.Context(), p, id); return err },
		"version": func(p domain.Principal) error { _, err := f.Version(t.Context(), p, id, "1"); return err },
		"preview": func(p domain.Principal) error { _, _, err := f.Preview(t.Context(), p, id, "1", nil); return err },
		"document": func(p domain.Principal) error {
			_, err := f.Bind(t.Context(), p, id, "1", map[string]any{"to": "Bob", "date": "2026-01-01"})
			return err
		},
	} {
		if err := do(f.admin); err != nil {
			t.Errorf("%s for the admin: %v", name, err)
		}
		if err := do(f.lawyer); err != nil {
			t.Errorf("%s for the owner: %v", name, err)
		}
		for who, p := range map[string]domain.Principal{"a client": f.client, "another lawyer": other} {
			if err := do(p); domain.CodeOf(err) != domain.NotFound {
				t.Errorf("%s for %s: %v", name, who, err)
			}
		}
	}
	_, err = f.Publish(t.Context(), f.client, id, "1")
	wantCode(t, err, domain.Forbidden)
	if v, err = f.Publish(t.Context(), f.admin, id, "1"); err != nil || v.PublishedAt == nil {
		t.Fatalf("published %+v, %v", v, err)
	}
	first := *v.PublishedAt
	f.now = f.now.Add(time.Hour)
	if v, err = f.Publish(t.Context(), f.lawyer, id, "1"); err != nil || !v.PublishedAt.Equal(first) {
		t.Errorf("published again %+v, %v", v, err)
	}
	for range 2 { // compiled, then cached
		title, fragment, err := f.Preview(t.Context(), f.client, id, "1", nil)
		if err != nil || title != "Notice to Ada" || !strings.Contains(fragment, "Dear Ada, we end it on 1 December 2026.") {
			t.Errorf("preview %q, %q, %v", title, fragment, err)
		}
	}

	_, err = f.AddVersion(t.Context(), f.lawyer, id, notice("1"))
	wantCode(t, err, domain.Conflict)
	if _, err = f.AddVersion(t.Context(), f.lawyer, id, notice("2")); err != nil {
		t.Fatal(err)
	}
	tmpl, err := f.Get(t.Context(), f.lawyer, id)
	if err != nil || len(tmpl.Versions) != 2 || tmpl.Versions[1].Version != "2" || tmpl.Latest().Version != "1" {
		t.Errorf("template %+v, %v", tmpl, err)
	}
	if tmpl, err = f.Get(t.Context(), f.client, id); err != nil || len(tmpl.Versions) != 1 {
		t.Errorf("a client sees %+v, %v", tmpl, err)
	}
	if _, err = f.Publish(t.Context(), f.lawyer, id, "2"); err != nil {
		t.Fatal(err)
	}
	if tmpl, err = f.Get(t.Context(), f.client, id); err != nil || tmpl.Latest().Version != "2" {
		t.Errorf("the latest is %+v, %v", tmpl.Latest(), err)
	}

	_, err = f.Create(t.Context(), f.lawyer, id, notice("3"))
	wantCode(t, err, domain.Conflict)
	_, err = f.Create(t.Context(), other, id, notice("3")) // the firm shares it
	wantCode(t, err, domain.Conflict)
	_, err = f.Create(t.Context(), f.lawyer, "nda", notice("3"))
	wantCode(t, err, domain.Conflict)
	_, err = f.AddVersion(t.Context(), f.lawyer, newTemplateID(), notice("1"))
	wantCode(t, err, domain.NotFound)
	_, err = f.Publish(t.Context(), f.lawyer, id, "9")
	wantCode(t, err, domain.NotFound)
	for _, id := range []string{"", "Notice", "a b", "../nda", "-a", strings.Repeat("a", 65)} {
		_, err = f.Create(t.Context(), f.lawyer, id, notice("1"))
		wantCode(t, err, domain.Invalid, "/templateId")
	}
	_, err = f.Create(t.Context(), f.lawyer, newTemplateID(), notice("../1"))
	wantCode(t, err, domain.Invalid, "/version")
	_, err = f.Create(t.Context(), f.client, newTemplateID(), notice("1"))
	wantCode(t, err, domain.Forbidden)
	_, err = f.AddVersion(t.Context(), f.client, id, notice("3"))
	wantCode(t, err, domain.Forbidden)
}

// TestAccess checks that users cannot change templates of others that they can see, and that hidden
// templates do not exist for them, not even as an id in use.
func TestAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	other := addUser(t, f.pool, domain.RoleLawyer)
	id := newTemplateID()
	data := map[string]any{"to": "Bob", "date": "2026-01-01"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	changes := func(who domain.Principal) map[string]error {
		_, add := f.AddVersion(ctx, who, id, notice("x"))
		_, publish := f.Publish(ctx, who, id, "1")
		_, unpublish := f.Unpublish(ctx, who, id, "")
		_, archive := f.Archive(ctx, who, id)
		_, share := f.Share(ctx, who, id, Private)
		return map[string]error{"add": add, "publish": publish, "unpublish": unpublish, "archive": archive, "share": share}
	}
	_, err := f.Create(ctx, f.lawyer, id, notice("1"))
	must(err)
	for name, err := range changes(other) {
		if domain.CodeOf(err) != domain.NotFound {
			t.Errorf("%s of a hidden template: %v", name, err)
		}
	}
	// Two owners have a template with the same id: each finds their own, and a third user finds none.
	theirs := notice("9")
	_, err = f.Create(ctx, other, id, theirs)
	must(err)
	own, err := f.Get(ctx, f.lawyer, id)
	must(err)
	if own.Versions[0].Version != "1" || *own.OwnerID != f.lawyer.UserID || own.Sharing != SharedWithFirm {
		t.Errorf("the first owner got %+v", own)
	}
	if got, err := f.Get(ctx, other, id); err != nil || got.Versions[0].Version != "9" {
		t.Errorf("the second owner got %+v, %v", got, err)
	}
	_, err = f.Get(ctx, f.client, id)
	wantCode(t, err, domain.NotFound)

	// Once published, everybody can use it.
	_, err = f.Publish(ctx, f.lawyer, id, "1")
	must(err)
	_, err = f.Bind(ctx, f.client, id, "1", data)
	must(err)
	_, err = f.Publish(ctx, other, id, "9") // the firm shares one with this id
	wantCode(t, err, domain.Conflict)
	_, err = f.Share(ctx, other, id, Private)
	must(err)
	_, err = f.Publish(ctx, other, id, "9") // for its owner only
	must(err)
	_, err = f.Share(ctx, other, id, SharedWithFirm)
	wantCode(t, err, domain.Conflict)
	_, err = f.Archive(ctx, other, id)
	must(err)
	stranger := addUser(t, f.pool, domain.RoleLawyer)
	_, err = f.AddVersion(ctx, stranger, id, notice("x"))
	wantCode(t, err, domain.Forbidden)
	for name, err := range changes(stranger) {
		if domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s of somebody else's template: %v", name, err)
		}
	}
	_, err = f.Copy(ctx, stranger, id, "1", id+"-2", domain.ID{})
	must(err)

	// Once private, only its owner and admins can use it.
	_, err = f.Share(ctx, f.lawyer, id, Private)
	must(err)
	_, err = f.Bind(ctx, stranger, id, "1", data) // not from the cache either
	wantCode(t, err, domain.NotFound)
	_, err = f.Bind(ctx, f.lawyer, id, "1", data)
	must(err)
	_, err = f.Version(ctx, f.admin, id, "1")
	must(err)
	_, err = f.Share(ctx, f.lawyer, id, "public")
	wantCode(t, err, domain.Invalid, "/sharing")
}

// TestEraseUser: unused versions are deleted; what the firm uses, and what documents are verified by, remains.
func TestEraseUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	used, unused, shared := newTemplateID(), newTemplateID(), newTemplateID()
	for _, id := range []string{used, unused, shared} {
		if _, err := f.Create(ctx, f.lawyer, id, notice("1")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Publish(ctx, f.lawyer, shared, "1"); err != nil {
		t.Fatal(err)
	}
	bound, err := f.Bind(ctx, f.lawyer, used, "1", map[string]any{"to": "Bob", "date": "2026-01-01"})
	if err != nil {
		t.Fatal(err)
	}
	rendered := domain.NewID()
	insertRendering(t, f.pool, rendered, f.lawyer.UserID, bound.Key)
	var exported []string
	if err := f.Export(ctx, f.lawyer.UserID, func(t Template, versions []TemplateVersion) error {
		exported = append(exported, t.ID+versions[0].Body[:3])
		return nil
	}); err != nil || len(exported) != 3 {
		t.Errorf("exported %v, %v", exported, err)
	}
	if err := db.WithTx(ctx, f.pool, func(tx db.Tx) error { return f.EraseUser(ctx, tx, f.lawyer.UserID) }); err != nil {
		t.Fatal(err)
	}
	_, err = f.Get(ctx, f.lawyer, unused)
	wantCode(t, err, domain.NotFound)
	if _, err := f.Get(ctx, f.client, shared); err != nil {
		t.Errorf("a template that the firm uses: %v", err)
	}
	if _, err := f.Rebind(ctx, bound.Key, "1", mustMarshal(t, map[string]any{"to": "Bob", "date": "2026-01-01"}), doc.CurrentRules); err != nil {
		t.Errorf("what a document was rendered from: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine, hidden := newTemplateID(), newTemplateID()
	for _, id := range []string{mine, hidden} {
		if _, err := f.Create(t.Context(), f.lawyer, id, notice("1")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Publish(t.Context(), f.lawyer, mine, "1"); err != nil {
		t.Fatal(err)
	}
	all := func(who domain.Principal) map[string]int {
		seen := map[string]int{}
		last, after := "", ""
		for {
			page, next, err := f.List(t.Context(), who, 3, after)
			if err != nil || len(page) > 3 {
				t.Fatalf("%d on a page, %v", len(page), err)
			}
			for _, tmpl := range page {
				if tmpl.ID <= last {
					t.Errorf("%q stands after %q", tmpl.ID, last)
				}
				last = tmpl.ID
				seen[tmpl.ID]++
			}
			if after = next; after == "" {
				return seen
			}
		}
	}
	client, lawyer := all(f.client), all(f.lawyer)
	for name := range builtinHashes {
		id, _, _ := strings.Cut(name, "@")
		if client[id] != 1 || lawyer[id] != 1 {
			t.Errorf("%s is listed %d and %d times", id, client[id], lawyer[id])
		}
	}
	if client[mine] != 1 || client[hidden] != 0 || lawyer[mine] != 1 || lawyer[hidden] != 1 {
		t.Errorf("the client sees %v, the lawyer %v", client, lawyer)
	}
	if other := all(addUser(t, f.pool, domain.RoleLawyer)); other[mine] != 1 || other[hidden] != 0 {
		t.Errorf("another lawyer sees %v", other)
	}
}

// TestCreateRace: of concurrent requests for the same version name, one succeeds.
func TestCreateRace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newTemplateID()
	if _, err := f.Create(t.Context(), f.lawyer, id, notice("1")); err != nil {
		t.Fatal(err)
	}
	const n = 6
	errs := make([]error, 2*n)
	other := newTemplateID()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, errs[i] = f.AddVersion(t.Context(), f.lawyer, id, notice("2")) })
		wg.Go(func() { _, errs[n+i] = f.Create(t.Context(), f.lawyer, other, notice("1")) })
	}
	wg.Wait()
	for _, part := range [][]error{errs[:n], errs[n:]} {
		succeeded := 0
		for _, err := range part {
			if err == nil {
				succeeded++
			} else {
				wantCode(t, err, domain.Conflict)
			}
		}
		if succeeded != 1 {
			t.Errorf("%d succeeded", succeeded)
		}
	}
}

// insertRendering inserts a file that was rendered from version 1.
func insertRendering(t *testing.T, pool *sql.DB, file, user domain.ID, key string) {
	t.Helper()
	now := domain.SystemClock()
	q := renderingquery.New(pool)
	_, err := pool.ExecContext(t.Context(), `INSERT INTO documents (id, user_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at)
		VALUES (?, ?, 'a.pdf', 'application/pdf', 'rendered', 'stored', 'none', 1, ?, ?, ?)`, file, user, make([]byte, 32), now, now)
	if err == nil {
		err = q.CreateRendering(t.Context(), renderingquery.CreateRenderingParams{DocumentID: file, TemplateID: key, TemplateVersion: "1", Data: "{}", Options: "{}"})
	}
	if err != nil {
		t.Fatal(err)
	}
}
