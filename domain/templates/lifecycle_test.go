package templates

import (
	"slices"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/doc"
)

// TestWithdrawn: no new document is bound to a version that was unpublished or archived; what was made
// before can be made again, for verification.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	ctx := t.Context()
	id := newTemplateID()
	data := map[string]any{"to": "Bob", "date": "2026-01-01"}
	reason := func(who domain.Principal, code domain.Code, want string) {
		t.Helper()
		_, err := b.Bind(ctx, who, id, "1", data)
		wantCode(t, err, code)
		if e := err.(*domain.Error); e.Reason != want { //nolint:errorlint // wantCode has checked that
			t.Errorf("reason %q, want %q", e.Reason, want)
		}
	}
	for _, version := range []string{"1", "2"} {
		var err error
		if version == "1" {
			_, err = b.Create(ctx, b.lawyer, id, notice(version))
		} else {
			_, err = b.AddVersion(ctx, b.lawyer, id, notice(version))
		}
		if err == nil {
			_, err = b.Publish(ctx, b.lawyer, id, version)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bound, err := b.Bind(ctx, b.client, id, "1", data)
	if err != nil || bound.Key == id {
		t.Fatalf("%q, %v", bound.Key, err)
	}
	rebind := func() {
		t.Helper()
		d, err := b.Rebind(ctx, bound.Key, "1", mustMarshal(t, data), doc.CurrentRules)
		if err != nil || plainText(d) != plainText(bound.Document) {
			t.Errorf("cannot be bound again: %v", err)
		}
	}
	_, err = b.Unpublish(ctx, b.lawyer, id, "7")
	wantCode(t, err, domain.NotFound)
	tmpl, err := b.Unpublish(ctx, b.lawyer, id, "1")
	if err != nil || tmpl.Versions[0].PublishedAt != nil || tmpl.Versions[1].PublishedAt == nil {
		t.Fatalf("%+v, %v", tmpl, err)
	}
	reason(b.client, domain.NotFound, "")
	reason(b.lawyer, domain.Conflict, "template_unpublished")
	reason(b.admin, domain.Conflict, "template_unpublished")
	if _, _, err := b.Preview(ctx, b.lawyer, id, "1", nil); err != nil {
		t.Errorf("its owner cannot preview it: %v", err)
	}
	rebind()
	if _, err = b.Publish(ctx, b.lawyer, id, "1"); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Bind(ctx, b.client, id, "1", data); err != nil {
		t.Errorf("published again: %v", err)
	}
	if tmpl, err = b.Unpublish(ctx, b.lawyer, id, ""); err != nil || tmpl.Versions[0].PublishedAt != nil || tmpl.Versions[1].PublishedAt != nil {
		t.Errorf("unpublished all: %+v, %v", tmpl, err)
	}
	_, err = b.Get(ctx, b.client, id)
	wantCode(t, err, domain.NotFound)
	if _, err = b.Publish(ctx, b.lawyer, id, "1"); err != nil {
		t.Fatal(err)
	}

	if tmpl, err = b.Archive(ctx, b.lawyer, id); err != nil || tmpl.ArchivedAt == nil {
		t.Fatalf("%+v, %v", tmpl, err)
	}
	first := *tmpl.ArchivedAt
	b.now = b.now.Add(time.Hour)
	if tmpl, err = b.Archive(ctx, b.lawyer, id); err != nil || !tmpl.ArchivedAt.Equal(first) {
		t.Errorf("archived again: %+v, %v", tmpl, err)
	}
	reason(b.client, domain.NotFound, "")
	reason(b.lawyer, domain.Conflict, "template_archived")
	_, err = b.AddVersion(ctx, b.lawyer, id, notice("3"))
	wantCode(t, err, domain.Conflict)
	_, err = b.Publish(ctx, b.lawyer, id, "2")
	wantCode(t, err, domain.Conflict)
	rebind()
	if _, err = b.Copy(ctx, b.lawyer, id, "1", id+"-2", domain.ID{}); err != nil {
		t.Error(err)
	}
	items, _, err := b.List(ctx, b.lawyer, 100, id[:len(id)-1])
	if err != nil || slices.ContainsFunc(items, func(t Template) bool { return t.ID == id }) {
		t.Errorf("listed although archived: %v", err)
	}
}

// TestPublishRace: of several templates with one id, the firm shares one at most.
func TestPublishRace(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	for range 4 {
		id := newTemplateID()
		var errs [2]error
		var wg sync.WaitGroup
		for i, author := range []domain.Principal{b.lawyer, addUser(t, b.pool, domain.RoleLawyer)} {
			if _, err := b.Create(t.Context(), author, id, notice("1")); err != nil {
				t.Fatal(err)
			}
			wg.Go(func() { _, errs[i] = b.Publish(t.Context(), author, id, "1") })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("published: %v, %v", errs[0], errs[1])
		}
	}
}
