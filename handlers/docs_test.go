package handlers_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// uploadForm is a form with one file, and its content type.
func uploadForm(t testing.TB, field, name string, content []byte) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile(field, name)
	testkit.Must(t, err)
	_, err = p.Write(content)
	testkit.Must(t, err)
	testkit.Must(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func (f *fixture) upload(who *user, name string, content []byte) response {
	f.t.Helper()
	body, contentType := uploadForm(f.t, "file", name, content)
	return f.call(who, "POST", "/api/docs", body, "Content-Type", contentType)
}

// smallPDF is small for a PDF and, padded, larger than one download chunk.
func smallPDF(padding int) []byte {
	return []byte("%PDF-1.7\n" + strings.Repeat("x", padding) + "\nstartxref\n0\n%%EOF\n")
}

func wordFile(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"[Content_Types].xml": `<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"word/document.xml":   `<w:document xmlns:w="w"><w:p><w:t>` + text + `</w:t></w:p></w:document>`,
	} {
		w, err := z.Create(name)
		testkit.Must(t, err)
		_, err = io.WriteString(w, content)
		testkit.Must(t, err)
	}
	testkit.Must(t, z.Close())
	return b.Bytes()
}

func TestStoredDocuments(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)
	content := smallPDF(200_000)
	sum := sha256.Sum256(content)
	var d api.StoredDocument
	f.upload(ada, "../NDA.pdf", content).expect(201, "").decode(&d)
	if d.Name != "NDA.pdf" || d.ContentType != "application/pdf" || d.Size != int64(len(content)) || d.Checksum != "sha256:"+hex.EncodeToString(sum[:]) || d.UserID != ada.ID ||
		!strings.Contains(d.FileURL, d.ID.String()+"?") || time.Until(d.FileURLExpiresAt) > time.Hour {
		t.Errorf("stored as %+v", d)
	}
	path := "/api/docs/" + d.ID.String()
	var repeated api.StoredDocument
	f.call(ada, "GET", path, nil).expect(200, "").decode(&repeated)
	if repeated.Checksum != d.Checksum || repeated.Name != d.Name {
		t.Errorf("read as %+v", repeated)
	}
	var page api.StoredDocumentList
	f.call(ada, "GET", "/api/docs?kind=uploaded", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].ID != d.ID {
		t.Errorf("listed as %+v", page)
	}

	a := f.call(ada, "GET", path+"/content", nil).expect(200, "")
	if !bytes.Equal(a.body, content) {
		t.Errorf("the %d bytes served differ from those uploaded", len(a.body))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=NDA.pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"ETag": `"` + hex.EncodeToString(sum[:]) + `"`, "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", "Accept-Ranges": "bytes",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	f.call(ada, "GET", path+"/content", nil, "If-None-Match", a.header.Get("ETag")).expect(304, "")
	f.call(ada, "GET", path+"/content", nil, "If-None-Match", `"other"`).expect(200, "")

	var v api.Verification
	f.call(ada, "POST", path+"/verify", nil).expect(200, "").decode(&v)
	if !v.Intact || v.Checksum != d.Checksum || v.StoredChecksum == nil || *v.StoredChecksum != d.Checksum || v.StoredSize != d.Size {
		t.Errorf("verified as %+v", v)
	}

	// Bob gets 404; an admin can read it.
	for _, c := range [][2]string{{"GET", ""}, {"GET", "/content"}, {"POST", "/verify"}, {"DELETE", ""}} {
		f.call(bob, c[0], path+c[1], nil).expect(404, "not_found")
	}
	f.call(bob, "GET", "/api/docs?userId="+ada.ID.String(), nil).expect(403, "forbidden")
	f.call(f.admin(), "GET", path+"/content", nil).expect(200, "")

	f.call(ada, "DELETE", path, nil).expect(204, "")
	f.call(ada, "GET", path+"/content", nil).expect(404, "not_found")
	if f.store.Count() != 0 {
		t.Error("the file still exists")
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	content := smallPDF(80)
	size := len(content)
	var d api.StoredDocument
	f.upload(ada, "a.pdf", content).expect(201, "").decode(&d)
	path := "/api/docs/" + d.ID.String() + "/content"
	for header, want := range map[string]struct{ from, to int }{
		"bytes=0-0": {0, 1}, "bytes=3-9": {3, 10}, "bytes=5-": {5, size}, "bytes=-4": {size - 4, size}, "bytes=-100000": {0, size}, "bytes=2-100000": {2, size},
	} {
		a := f.call(ada, "GET", path, nil, "Range", header).expect(206, "")
		if !bytes.Equal(a.body, content[want.from:want.to]) || a.header.Get("Content-Length") != "" && a.header.Get("Content-Length") != strconv.Itoa(want.to-want.from) {
			t.Errorf("%s returns %q", header, a.body)
		}
		if got := a.header.Get("Content-Range"); got != "bytes "+strconv.Itoa(want.from)+"-"+strconv.Itoa(want.to-1)+"/"+strconv.Itoa(size) {
			t.Errorf("%s is %q", header, got)
		}
	}
	for _, header := range []string{"bytes=9-3", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=99999999999999999999-"} {
		if a := f.call(ada, "GET", path, nil, "Range", header).expect(200, ""); !bytes.Equal(a.body, content) {
			t.Errorf("%s returns %d bytes", header, len(a.body))
		}
	}
	for _, header := range []string{"bytes=100000-", "bytes=" + strconv.Itoa(size) + "-", "bytes=-0"} {
		f.call(ada, "GET", path, nil, "Range", header).expect(416, "range_not_satisfiable")
	}
}

// TestChecksumMismatch: bytes that differ from the recorded checksum never arrive as a complete answer.
func TestChecksumMismatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for _, size := range []int{10, 300_000} {
		var d api.StoredDocument
		f.upload(ada, "a.pdf", smallPDF(size)).expect(201, "").decode(&d)
		path := "/api/docs/" + d.ID.String()
		f.store.Content("docs/" + d.ID.String())[20] ^= 1
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+path+"/content", nil)
		testkit.Must(t, err)
		r.Header.Set("Authorization", "Bearer "+ada.token)
		res, err := http.DefaultTransport.RoundTrip(r)
		testkit.Must(t, err)
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == 200 && err == nil {
			t.Errorf("%d bytes: the altered file was served without an error", size)
		}
		var v api.Verification
		f.call(ada, "POST", path+"/verify", nil).expect(200, "").decode(&v)
		if v.Intact || v.StoredChecksum == nil || *v.StoredChecksum == d.Checksum {
			t.Errorf("verified as %+v", v)
		}
		f.store.Remove("docs/" + d.ID.String())
		f.call(ada, "GET", path+"/content", nil).expect(500, "internal")
		f.call(ada, "POST", path+"/verify", nil).expect(200, "").decode(&v)
		if v.Intact {
			t.Error("a missing file was verified as intact")
		}
	}
}

func TestUploadsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	f.upload(ada, "page.pdf", []byte("<!doctype html><script>alert(1)</script>")).expect(422, "invalid")
	f.upload(ada, "a.pdf", nil).expect(422, "invalid")
	f.upload(ada, "large.pdf", smallPDF(files.MaxUpload)).expect(413, "too_large")
	f.upload(ada, "larger.pdf", smallPDF(files.MaxUpload+1<<20)).expect(413, "too_large")

	body, contentType := uploadForm(t, "attachment", "a.pdf", smallPDF(1))
	if e := f.call(ada, "POST", "/api/docs", body, "Content-Type", contentType).expect(400, "malformed").problem().Errors; len(e) != 1 || e[0].Pointer != "/attachment" {
		t.Errorf("names %+v", e)
	}
	body, contentType = uploadForm(t, "file", "a.pdf", smallPDF(1))
	f.call(ada, "POST", "/api/docs", body[:len(body)-30], "Content-Type", contentType).expect(400, "malformed")
	f.call(ada, "POST", "/api/docs", body, "Content-Type", "multipart/form-data").expect(400, "malformed")
	f.call(ada, "POST", "/api/docs", body, "Content-Type", "application/pdf").expect(400, "malformed")
	f.call(ada, "POST", "/api/docs", `{"file":"a"}`).expect(400, "malformed")
	f.call(ada, "POST", "/api/docs", "", "Content-Type", contentType).expect(422, "invalid")
	boundary := contentType[strings.Index(contentType, "=")+1:]
	f.call(ada, "POST", "/api/docs", "--"+boundary+"--\r\n", "Content-Type", contentType).expect(422, "invalid")
	twice := strings.TrimSuffix(body, "--"+boundary+"--\r\n") + body
	f.call(ada, "POST", "/api/docs", twice, "Content-Type", contentType).expect(400, "malformed")
	f.call(nil, "POST", "/api/docs", body, "Content-Type", contentType).expect(401, "unauthenticated")
	if f.store.Count() != 0 {
		t.Errorf("%d files were stored", f.store.Count())
	}
	f.call(ada, "GET", "/api/docs/search", nil).expect(400, "malformed")
	f.call(ada, "GET", "/api/docs/search?q=%20", nil).expect(400, "malformed")
}

func TestStoreDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	var d api.StoredDocument
	f.upload(ada, "a.pdf", smallPDF(1)).expect(201, "").decode(&d)
	path := "/api/docs/" + d.ID.String()
	f.store.SetDown(true)
	for _, a := range []response{f.upload(ada, "b.pdf", smallPDF(2)), f.call(ada, "GET", path+"/content", nil), f.call(ada, "POST", path+"/verify", nil)} {
		if a.expect(503, "storage_unavailable").header.Get("Retry-After") != "7" {
			t.Error("has no Retry-After")
		}
	}
	f.call(ada, "GET", path, nil).expect(200, "")
	f.store.SetDown(false)
	f.call(ada, "GET", path+"/content", nil).expect(200, "")
	var page api.StoredDocumentList
	f.call(ada, "GET", "/api/docs", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 {
		t.Errorf("a failed upload is listed: %+v", page)
	}
}

func TestSearchDocuments(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleClient)
	var d api.StoredDocument
	f.upload(ada, "lease.docx", wordFile(t, "The tenant xylophone gives notice in writing.")).expect(201, "").decode(&d)
	if d.TextState != api.StoredDocumentTextStatePending {
		t.Errorf("its text is %s", d.TextState)
	}
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	f.call(ada, "GET", "/api/docs/"+d.ID.String(), nil).expect(200, "").decode(&d)
	if d.TextState != api.StoredDocumentTextStateIndexed {
		t.Errorf("its text is %s", d.TextState)
	}
	if d.TrackedChanges != nil {
		t.Errorf("it has changes: %+v", *d.TrackedChanges)
	}
	var redline api.StoredDocument
	f.upload(ada, "redline.docx", wordFile(t, `</w:t><w:ins><w:r><w:t>sixty</w:t></w:r></w:ins><w:del><w:r><w:delText>fifty</w:delText></w:r></w:del><w:t>`)).expect(201, "").decode(&redline)
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	f.call(ada, "GET", "/api/docs/"+redline.ID.String(), nil).expect(200, "").decode(&redline)
	if redline.TrackedChanges == nil || *redline.TrackedChanges != (api.TrackedChanges{Insertions: 1, Deletions: 1}) {
		t.Errorf("the changes are %+v", redline.TrackedChanges)
	}
	f.call(ada, "DELETE", "/api/docs/"+redline.ID.String(), nil).expect(204, "")
	var found api.PassageList
	f.call(ada, "GET", "/api/docs/search?q=written+xylophone&limit=5", nil).expect(200, "").decode(&found)
	if len(found.Items) != 1 || found.Items[0].DocID != d.ID || found.Items[0].Page != 1 || found.Items[0].Quote != "The tenant xylophone gives notice in writing." || found.Items[0].Name != "lease.docx" {
		t.Errorf("found %+v", found)
	}
	f.call(ada, "GET", "/api/docs/search?q=notices+of+TENANTS", nil).expect(200, "").decode(&found)
	if len(found.Items) != 1 || !slices.Equal(found.Items[0].Matches, []string{"tenant", "notice"}) {
		t.Errorf("found %+v", found)
	}
	f.call(ada, "GET", "/api/docs/search?q=%22notice+gives%22", nil).expect(200, "").decode(&found)
	if len(found.Items) != 0 {
		t.Errorf("a phrase that does not occur finds %+v", found)
	}
	f.call(bob, "GET", "/api/docs/search?q=xylophone", nil).expect(200, "").decode(&found)
	if len(found.Items) != 0 {
		t.Errorf("Bob finds %+v", found)
	}
	if strings.Contains(f.logs.String(), "xylophone") {
		t.Error("the log contains words of a document")
	}
}
