package registries_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

func send(t *testing.T, h http.Handler, method, path, body string) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code
}

// TestControls: records and faults can be changed over HTTP.
func TestControls(t *testing.T) {
	s := registries.New()
	const record = "/gleif/lei-records/529900NORTHWIND00132"
	for _, step := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", record, "", 200},
		{"PUT", "/faults/gleif", `{"fault":"down"}`, 204},
		{"GET", record, "", 503},
		{"PUT", "/faults/gleif", `{"fault":""}`, 204},
		{"GET", record, "", 200},
		{"PUT", "/faults/gleif", `{"fault":"tired"}`, 400},
		{"PATCH", "/records/529900NORTHWIND00132", `{"id":"other"}`, 204},
		{"GET", record, "", 404},
		{"PATCH", "/records/none", `{}`, 404},
		{"PATCH", "/records/other", `[]`, 400},
		{"GET", "/companies-house/company/07654321", "", 401},
	} {
		if got := send(t, s, step.method, step.path, step.body); got != step.want {
			t.Errorf("%s %s: %d, want %d", step.method, step.path, got, step.want)
		}
	}
	if n := s.Requests("gleif"); n != 4 {
		t.Errorf("%d requests were counted, want 4", n)
	}
}

func TestWriteListsLeavesFiles(t *testing.T) {
	dir := t.TempDir()
	testkit.Must(t, os.WriteFile(filepath.Join(dir, "eu.xml"), []byte("mine"), 0o600))
	testkit.Must(t, registries.WriteLists(dir))
	if b, _ := os.ReadFile(filepath.Join(dir, "eu.xml")); string(b) != "mine" {
		t.Error("a file was overwritten")
	}
	if _, err := os.Stat(filepath.Join(dir, "us.xml")); err != nil {
		t.Error(err)
	}
}
