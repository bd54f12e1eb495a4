package pdf

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"counsel/domain"
	"counsel/domain/templates"
)

// TestShippedTemplates renders each built-in template with its sample data and checks that the output
// is deterministic. Set PDF_DIR to keep the files.
func TestShippedTemplates(t *testing.T) {
	service, err := templates.New(templates.Config{Runtime: domain.SystemRuntime(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	reader := domain.Principal{Role: domain.RoleClient}
	for _, id := range []string{"demand-letter", "employment-contract", "engagement-letter", "nda", "power-of-attorney", "service-agreement"} {
		t.Run(id, func(t *testing.T) {
			v, err := service.Version(t.Context(), reader, id, "1")
			if err != nil {
				t.Fatal(err)
			}
			var files [2]bytes.Buffer
			for i := range files {
				var data map[string]any
				if err := json.Unmarshal(v.Sample, &data); err != nil {
					t.Fatal(err)
				}
				bound, err := service.Bind(t.Context(), reader, id, "1", data)
				if err != nil {
					t.Fatal(err)
				}
				if err := engine.Render(t.Context(), bound.Document, &files[i]); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.HasPrefix(files[0].Bytes(), []byte("%PDF-")) || !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
				t.Errorf("%d and %d bytes, want twice the same PDF", files[0].Len(), files[1].Len())
			}
			if dir := os.Getenv("PDF_DIR"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, id+".pdf"), files[0].Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
