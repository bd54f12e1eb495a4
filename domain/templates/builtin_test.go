package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/ai/prompts"
	"counsel/domain/doc"
)

// builtinHashes are the hashes of the built-in template versions. A published version never
// changes: add a new version and its hash here.
var builtinHashes = map[string]string{
	"invoice-fr@1":          "6d06ac64f82e176f6667120b",
	"receipt-de@1":          "c223249ef73366ba349c887d",
	"receipt-en@1":          "86e7ac6a96a2f5d78af0cf3e",
	"invoice-es@1":          "a1f4fbfca433c787a67d4920",
	"receipt-es@1":          "71afb3d63ad504c38957b056",
	"receipt-fr@1":          "1e9547a59dca82d08f1f2c36",
	"invoice-de@1":          "9d322ad9204e2fb6ae21790f",
	"invoice-en@1":          "de98bf7e81aa74fb2ac46307",
	"demand-letter@1":       "6fd7589f3e420b0d424a9369",
	"employment-contract@1": "c314bbcac5ed072b657d816d",
	"engagement-letter@1":   "ef25b06246e33e354315a98a",
	"nda@1":                 "c66e856799c2147922b799e0",
	"power-of-attorney@1":   "8c8448e7a924a0597a0aae9f",
	"service-agreement@1":   "5addf33783cf370f5a14c369",
}

func builtinTemplates(t testing.TB) *Service {
	t.Helper()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuiltinTemplatesUnchanged(t *testing.T) {
	s := builtinTemplates(t)
	for k, v := range s.versions {
		h := sha256.New()
		for _, part := range []string{v.Body, string(v.Schema), string(v.Sample)} {
			fmt.Fprintf(h, "%d:%s", len(part), part)
		}
		name, sum := k.template+"@"+k.version, hex.EncodeToString(h.Sum(nil)[:12])
		if builtinHashes[name] != sum {
			t.Errorf("%s has the hash %q, want %q", name, sum, builtinHashes[name])
		}
	}
	if len(s.versions) != len(builtinHashes) {
		t.Errorf("%d built-in templates, want %d", len(s.versions), len(builtinHashes))
	}
}

// TestBuiltinTemplatesAcceptDraftInputs checks that the inputs of an AI draft can be bound to the
// template of its type, and that all their words appear in the document.
func TestBuiltinTemplatesAcceptDraftInputs(t *testing.T) {
	s := builtinTemplates(t)
	set, err := prompts.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, dt := range set.Types() {
		var inputs map[string]any
		if err := json.Unmarshal(dt.Example, &inputs); err != nil {
			t.Fatal(err)
		}
		bound, err := s.Bind(t.Context(), domain.Principal{Role: domain.RoleClient}, dt.ID, "1", inputs)
		if err != nil {
			t.Errorf("%s: %v %v", dt.ID, err, fieldsOf(err))
			continue
		}
		text := plainText(bound.Document)
		for _, word := range words(inputs) {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q is not in the document", dt.ID, word)
			}
		}
		if fragment, err := bound.Document.HTML(); err != nil || strings.Contains(fragment, "{{") || strings.ContainsAny(fragment, doc.MarkerOpen+doc.MarkerClose) || strings.Contains(fragment, "false") {
			t.Errorf("%s: %v, %s", dt.ID, err, fragment)
		}
		// With only the required fields, too.
		for field := range inputs {
			less := map[string]any{}
			for k, v := range inputs {
				if k != field {
					less[k] = v
				}
			}
			if _, err := s.Bind(t.Context(), domain.Principal{}, dt.ID, "1", less); err != nil && (domain.CodeOf(err) != domain.Invalid || !strings.HasPrefix(fieldsOf(err)[0].Pointer, "/data/"+field)) {
				t.Errorf("%s without %s: %v %v", dt.ID, field, err, fieldsOf(err))
			}
		}
	}
}

// words returns the texts of data that appear unchanged in a document.
func words(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.DateOnly, v); err != nil && (strings.Contains(v, " ") || strings.ContainsAny(v, "@.")) {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = append(out, words(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, words(e)...)
		}
	}
	return out
}

// plainText returns the text of a document in order, one block per line.
func plainText(d doc.Document) string {
	var b strings.Builder
	fmt.Fprintln(&b, d.Meta.Title, d.Header.Left, d.Header.Center, d.Header.Right, d.Footer.Left, d.Footer.Center, d.Footer.Right)
	var walk func([]doc.Block)
	spans := func(text []doc.Span) {
		for _, s := range text {
			b.WriteString(s.Text)
		}
		b.WriteString("\n")
	}
	walk = func(blocks []doc.Block) {
		for _, block := range blocks {
			switch x := block.(type) {
			case doc.Heading:
				spans(x.Text)
			case doc.Clause:
				spans(x.Text)
			case doc.Paragraph:
				spans(x.Text)
			case doc.List:
				for _, i := range x.Items {
					walk(i.Blocks)
				}
			case doc.Quote:
				walk(x.Blocks)
			case doc.Table:
				for _, row := range append([][]doc.Cell{x.Head}, x.Rows...) {
					for _, c := range row {
						spans(c.Text)
					}
				}
			case doc.SignatureBlock:
				for _, p := range x.Parties {
					fmt.Fprintln(&b, p.Role, p.Name, p.Title, p.Place, p.Date)
				}
			}
		}
	}
	walk(d.Blocks)
	return b.String()
}

// TestBuiltinTemplatesAreCopied checks that nobody can change a built-in template, but lawyers can
// copy it.
func TestBuiltinTemplatesAreCopied(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	for _, who := range []domain.Principal{f.lawyer, f.admin} {
		_, err := f.AddVersion(ctx, who, "nda", notice("2"))
		wantCode(t, err, domain.Forbidden)
		_, err = f.Publish(ctx, who, "nda", "1")
		wantCode(t, err, domain.Forbidden)
		_, err = f.Unpublish(ctx, who, "nda", "")
		wantCode(t, err, domain.Forbidden)
		_, err = f.Archive(ctx, who, "nda")
		wantCode(t, err, domain.Forbidden)
		_, err = f.Share(ctx, who, "nda", Private)
		wantCode(t, err, domain.Forbidden)
	}
	_, err := f.Copy(ctx, f.client, "nda", "", newTemplateID(), domain.ID{})
	wantCode(t, err, domain.Forbidden)
	_, err = f.Copy(ctx, f.lawyer, "nda", "7", newTemplateID(), domain.ID{})
	wantCode(t, err, domain.NotFound)
	_, err = f.Copy(ctx, f.lawyer, "nda", "", "nda", domain.ID{})
	wantCode(t, err, domain.Conflict)
	id := newTemplateID()
	v, err := f.Copy(ctx, f.lawyer, "nda", "", id, domain.ID{})
	if err != nil || v.TemplateID != id || v.Version != "1" || v.Body != f.versions[versionKey{"nda", "1"}].Body || v.PublishedAt != nil || *v.AuthorID != f.lawyer.UserID {
		t.Fatalf("copied %+v, %v", v.VersionSummary, err)
	}
}
