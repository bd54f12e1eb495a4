package templates

import (
	"slices"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/doc"
)

// TestWithdrawn checks that no new document can be bound to a version that was unpublished or
// archived, and that earlier documents can still be reproduced for verification.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	id := newTemplateID()
	data := map[string]any{"to": "Bob", "date": "2026-01-01"}
	reason := func(who domain.Principal, code domain.Code, want string) {
		t.Helper()
		_, err := f.Bind(ctx, who, id, "1", data)
		wantCode(t, err, code)
		if e := err.(*domain.Error); e.Reason != want { //nolint:errorlint // wantCode has checked that
			t.Errorf("reason %q, want %q", e.Reason, want)
		}
	}
	for _, version := range []string{"1", "2"} {
		var err error
		if version == "1" {
			_, err = f.Create(ctx, f.lawyer, id, notice(version))
		} else {
			_, err = f.AddVersion(ctx, f.lawyer, id, notice(version))
		}
		if err == nil {
			_, err = f.Publish(ctx, f.lawyer, id, version)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bound, err := f.Bind(ctx, f.client, id, "1", data)
	if err != nil || bound.Key == id {
		t.Fatalf("%q, %v", bound.Key, err)
	}
	rebind := func() {
		t.Helper()
		d, err := f.Rebind(ctx, bound.Key, "1", mustMarshal(t, data), doc.CurrentRules)
		if err != nil || plainText(d) != plainText(bound.Document) {
			t.Errorf("cannot be bound again: %v", err)
		}
	}
	_, err = f.Unpublish(ctx, f.lawyer, id, "7")
	wantCode(t, err, domain.NotFound)
	tmpl, err := f.Unpublish(ctx, f.lawyer, id, "1")
	if err != nil || tmpl.Versions[0].PublishedAt != nil || tmpl.Versions[1].PublishedAt == nil {
		t.Fatalf("%+v, %v", tmpl, err)
	}
	reason(f.client, domain.NotFound, "")
	reason(f.lawyer, domain.Conflict, "template_unpublished")
	reason(f.admin, domain.Conflict, "template_unpublished")
	if _, _, err := f.Preview(ctx, f.lawyer, id, "1", nil); err != nil {
		t.Errorf("its owner cannot preview it: %v", err)
	}
	rebind()
	if _, err = f.Publish(ctx, f.lawyer, id, "1"); err != nil {
		t.Fatal(err)
	}
	if _, err = f.Bind(ctx, f.client, id, "1", data); err != nil {
		t.Errorf("published again: %v", err)
	}
	if tmpl, err = f.Unpublish(ctx, f.lawyer, id, ""); err != nil || tmpl.Versions[0].PublishedAt != nil || tmpl.Versions[1].PublishedAt != nil {
		t.Errorf("unpublished all: %+v, %v", tmpl, err)
	}
	_, err = f.Get(ctx, f.client, id)
	wantCode(t, err, domain.NotFound)
	if _, err = f.Publish(ctx, f.lawyer, id, "1"); err != nil {
		t.Fatal(err)
	}

	if tmpl, err = f.Archive(ctx, f.lawyer, id); err != nil || tmpl.ArchivedAt == nil {
		t.Fatalf("%+v, %v", tmpl, err)
	}
	first := *tmpl.ArchivedAt
	f.now = f.now.Add(time.Hour)
	if tmpl, err = f.Archive(ctx, f.lawyer, id); err != nil || !tmpl.ArchivedAt.Equal(first) {
		t.Errorf("archived again: %+v, %v", tmpl, err)
	}
	reason(f.client, domain.NotFound, "")
	reason(f.lawyer, domain.Conflict, "template_archived")
	_, err = f.AddVersion(ctx, f.lawyer, id, notice("3"))
	wantCode(t, err, domain.Conflict)
	_, err = f.Publish(ctx, f.lawyer, id, "2")
	wantCode(t, err, domain.Conflict)
	rebind()
	if _, err = f.Copy(ctx, f.lawyer, id, "1", id+"-2", domain.ID{}); err != nil {
		t.Error(err)
	}
	items, _, err := f.List(ctx, f.lawyer, 100, id[:len(id)-1])
	if err != nil || slices.ContainsFunc(items, func(t Template) bool { return t.ID == id }) {
		t.Errorf("listed although archived: %v", err)
	}
}

// TestPublishRace checks that the firm shares at most one of several templates with the same id.
func TestPublishRace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 4 {
		id := newTemplateID()
		authors := []domain.Principal{f.lawyer, addUser(t, f.pool, domain.RoleLawyer)}
		for _, author := range authors {
			if _, err := f.Create(t.Context(), author, id, notice("1")); err != nil {
				t.Fatal(err)
			}
		}
		var errs [2]error
		var wg sync.WaitGroup
		for i, author := range authors {
			wg.Go(func() { _, errs[i] = f.Publish(t.Context(), author, id, "1") })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("published: %v, %v", errs[0], errs[1])
		}
	}
}
