package handlers_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/documents"
	"counsel/gen/api"
)

// store stands for the object store. It keeps files in memory and can be down.
type store struct {
	mu    sync.Mutex
	files map[string][]byte
	down  bool
}

func (s *store) do(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return documents.StorageUnavailable(7*time.Second, errors.New("down"))
	}
	return f()
}

func (s *store) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *store) Put(_ context.Context, key string, f documents.NewFile) error {
	if _, err := f.Body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b, err := io.ReadAll(f.Body)
	if err != nil {
		return err
	}
	return s.do(func() error { s.files[key] = b; return nil })
}

func (s *store) Get(_ context.Context, key string, offset, length int64) (r io.ReadCloser, err error) {
	err = s.do(func() error {
		b, ok := s.files[key]
		if !ok {
			return domain.Errorf(domain.NotFound, "no such file")
		}
		b = b[offset:]
		if length >= 0 {
			b = b[:min(length, int64(len(b)))]
		}
		r = io.NopCloser(bytes.NewReader(b))
		return nil
	})
	return r, err
}

func (s *store) Stat(_ context.Context, key string) (info documents.FileInfo, err error) {
	err = s.do(func() error { info = documents.FileInfo{Key: key, Size: int64(len(s.files[key]))}; return nil })
	return info, err
}

func (s *store) Delete(_ context.Context, key string) error {
	return s.do(func() error { delete(s.files, key); return nil })
}

func (s *store) Link(_ context.Context, key string, _ documents.FileLink) (string, error) {
	return "https://files.example/" + key, nil
}

func (s *store) List(context.Context, string, string, int) ([]documents.FileInfo, error) {
	return nil, s.do(func() error { return nil })
}

// form is a body with one file, and its type.
func form(t testing.TB, field, name string, content []byte) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile(field, name)
	must(t, err)
	_, err = p.Write(content)
	must(t, err)
	must(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func (b *bundle) upload(who *person, name string, content []byte) answer {
	b.t.Helper()
	body, contentType := form(b.t, "file", name, content)
	return b.call(who, "POST", "/api/docs", body, "Content-Type", contentType)
}

// smallPDF is small for a PDF and, padded, larger than what is sent in one piece.
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
		must(t, err)
		_, err = io.WriteString(w, content)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func TestStoredDocuments(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleClient), b.join("bob", domain.RoleLawyer)
	content := smallPDF(200_000)
	sum := sha256.Sum256(content)
	var d api.StoredDocument
	b.upload(ada, "../NDA.pdf", content).wants(201, "").into(&d)
	if d.Name != "NDA.pdf" || d.ContentType != "application/pdf" || d.Size != int64(len(content)) || d.Checksum != "sha256:"+hex.EncodeToString(sum[:]) || d.UserID != ada.ID ||
		!strings.HasSuffix(d.FileURL, d.ID.String()) || time.Until(d.FileURLExpiresAt) > time.Hour {
		t.Errorf("kept as %+v", d)
	}
	path := "/api/docs/" + d.ID.String()
	var again api.StoredDocument
	b.call(ada, "GET", path, nil).wants(200, "").into(&again)
	if again.Checksum != d.Checksum || again.Name != d.Name {
		t.Errorf("read as %+v", again)
	}
	var page api.StoredDocumentList
	b.call(ada, "GET", "/api/docs?kind=uploaded", nil).wants(200, "").into(&page)
	if len(page.Items) != 1 || page.Items[0].ID != d.ID {
		t.Errorf("listed as %+v", page)
	}

	a := b.call(ada, "GET", path+"/content", nil).wants(200, "")
	if !bytes.Equal(a.body, content) {
		t.Errorf("%d bytes come back other than they went", len(a.body))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=NDA.pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"ETag": `"` + hex.EncodeToString(sum[:]) + `"`, "Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", "Accept-Ranges": "bytes",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	b.call(ada, "GET", path+"/content", nil, "If-None-Match", a.header.Get("ETag")).wants(304, "")
	b.call(ada, "GET", path+"/content", nil, "If-None-Match", `"other"`).wants(200, "")

	var v api.Verification
	b.call(ada, "POST", path+"/verify", nil).wants(200, "").into(&v)
	if !v.Intact || v.Checksum != d.Checksum || v.StoredChecksum == nil || *v.StoredChecksum != d.Checksum || v.StoredSize != d.Size {
		t.Errorf("verified as %+v", v)
	}

	// To Bob it does not exist; an admin sees it.
	for _, c := range [][2]string{{"GET", ""}, {"GET", "/content"}, {"POST", "/verify"}, {"DELETE", ""}} {
		b.call(bob, c[0], path+c[1], nil).wants(404, "not_found")
	}
	b.call(bob, "GET", "/api/docs?userId="+ada.ID.String(), nil).wants(403, "forbidden")
	b.call(b.admin(), "GET", path+"/content", nil).wants(200, "")

	b.call(ada, "DELETE", path, nil).wants(204, "")
	b.call(ada, "GET", path+"/content", nil).wants(404, "not_found")
	if len(b.files.files) != 0 {
		t.Error("the file stays")
	}
}

func TestRanges(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleClient)
	content := smallPDF(80)
	size := len(content)
	var d api.StoredDocument
	b.upload(ada, "a.pdf", content).wants(201, "").into(&d)
	path := "/api/docs/" + d.ID.String() + "/content"
	for header, want := range map[string]struct{ from, to int }{
		"bytes=0-0": {0, 1}, "bytes=3-9": {3, 10}, "bytes=5-": {5, size}, "bytes=-4": {size - 4, size}, "bytes=-100000": {0, size}, "bytes=2-100000": {2, size},
	} {
		a := b.call(ada, "GET", path, nil, "Range", header).wants(206, "")
		if !bytes.Equal(a.body, content[want.from:want.to]) || a.header.Get("Content-Length") != "" && a.header.Get("Content-Length") != strconv.Itoa(want.to-want.from) {
			t.Errorf("%s gives %q", header, a.body)
		}
		if got := a.header.Get("Content-Range"); got != "bytes "+strconv.Itoa(want.from)+"-"+strconv.Itoa(want.to-1)+"/"+strconv.Itoa(size) {
			t.Errorf("%s is %q", header, got)
		}
	}
	for _, header := range []string{"bytes=9-3", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=99999999999999999999-"} {
		if a := b.call(ada, "GET", path, nil, "Range", header).wants(200, ""); !bytes.Equal(a.body, content) {
			t.Errorf("%s gives %d bytes", header, len(a.body))
		}
	}
	for _, header := range []string{"bytes=100000-", "bytes=" + strconv.Itoa(size) + "-", "bytes=-0"} {
		b.call(ada, "GET", path, nil, "Range", header).wants(416, "range_not_satisfiable")
	}
}

// TestOtherBytes never hands over, as a whole answer, what is not what was recorded.
func TestOtherBytes(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleClient)
	for _, size := range []int{10, 300_000} {
		var d api.StoredDocument
		b.upload(ada, "a.pdf", smallPDF(size)).wants(201, "").into(&d)
		path := "/api/docs/" + d.ID.String()
		b.files.files["docs/"+d.ID.String()][20] ^= 1
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path+"/content", nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+ada.token)
		res, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == 200 && err == nil {
			t.Errorf("%d bytes: the altered file arrives as if it were whole", size)
		}
		var v api.Verification
		b.call(ada, "POST", path+"/verify", nil).wants(200, "").into(&v)
		if v.Intact || v.StoredChecksum == nil || *v.StoredChecksum == d.Checksum {
			t.Errorf("verified as %+v", v)
		}
		delete(b.files.files, "docs/"+d.ID.String())
		b.call(ada, "GET", path+"/content", nil).wants(500, "internal")
		b.call(ada, "POST", path+"/verify", nil).wants(200, "").into(&v)
		if v.Intact {
			t.Error("what is not there is intact")
		}
	}
}

func TestUploadsRefused(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleClient)
	b.upload(ada, "page.pdf", []byte("<!doctype html><script>alert(1)</script>")).wants(422, "invalid")
	b.upload(ada, "a.pdf", nil).wants(422, "invalid")
	b.upload(ada, "large.pdf", smallPDF(documents.MaxUpload)).wants(413, "too_large")
	b.upload(ada, "larger.pdf", smallPDF(documents.MaxUpload+1<<20)).wants(413, "too_large")

	body, contentType := form(t, "attachment", "a.pdf", smallPDF(1))
	if e := b.call(ada, "POST", "/api/docs", body, "Content-Type", contentType).wants(400, "malformed").problem().Errors; len(e) != 1 || e[0].Pointer != "/attachment" {
		t.Errorf("names %+v", e)
	}
	body, contentType = form(t, "file", "a.pdf", smallPDF(1))
	b.call(ada, "POST", "/api/docs", body[:len(body)-30], "Content-Type", contentType).wants(400, "malformed")
	b.call(ada, "POST", "/api/docs", body, "Content-Type", "multipart/form-data").wants(400, "malformed")
	b.call(ada, "POST", "/api/docs", body, "Content-Type", "application/pdf").wants(400, "malformed")
	b.call(ada, "POST", "/api/docs", `{"file":"a"}`).wants(400, "malformed")
	b.call(ada, "POST", "/api/docs", "", "Content-Type", contentType).wants(422, "invalid")
	boundary := contentType[strings.Index(contentType, "=")+1:]
	b.call(ada, "POST", "/api/docs", "--"+boundary+"--\r\n", "Content-Type", contentType).wants(422, "invalid")
	twice := strings.TrimSuffix(body, "--"+boundary+"--\r\n") + body
	b.call(ada, "POST", "/api/docs", twice, "Content-Type", contentType).wants(400, "malformed")
	b.call(nil, "POST", "/api/docs", body, "Content-Type", contentType).wants(401, "unauthenticated")
	if len(b.files.files) != 0 {
		t.Errorf("%d files were kept", len(b.files.files))
	}
	b.call(ada, "GET", "/api/docs/search", nil).wants(400, "malformed")
	b.call(ada, "GET", "/api/docs/search?q=%20", nil).wants(400, "malformed")
}

func TestStoreDown(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleClient)
	var d api.StoredDocument
	b.upload(ada, "a.pdf", smallPDF(1)).wants(201, "").into(&d)
	path := "/api/docs/" + d.ID.String()
	b.files.set(true)
	for _, a := range []answer{b.upload(ada, "b.pdf", smallPDF(2)), b.call(ada, "GET", path+"/content", nil), b.call(ada, "POST", path+"/verify", nil)} {
		if a.wants(503, "storage_unavailable").header.Get("Retry-After") != "7" {
			t.Error("does not say when to come back")
		}
	}
	b.call(ada, "GET", path, nil).wants(200, "")
	b.files.set(false)
	b.call(ada, "GET", path+"/content", nil).wants(200, "")
	var page api.StoredDocumentList
	b.call(ada, "GET", "/api/docs", nil).wants(200, "").into(&page)
	if len(page.Items) != 1 {
		t.Errorf("what failed is listed: %+v", page)
	}
}

func TestSearchDocuments(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleClient), b.join("bob", domain.RoleClient)
	var d api.StoredDocument
	b.upload(ada, "lease.docx", wordFile(t, "The tenant xylophone gives notice in writing.")).wants(201, "").into(&d)
	if d.TextState != api.StoredDocumentTextStatePending {
		t.Errorf("its text is %s", d.TextState)
	}
	must(t, b.archive.Read(t.Context()))
	b.call(ada, "GET", "/api/docs/"+d.ID.String(), nil).wants(200, "").into(&d)
	if d.TextState != api.StoredDocumentTextStateIndexed {
		t.Errorf("its text is %s", d.TextState)
	}
	if d.TrackedChanges != nil {
		t.Errorf("it has changes: %+v", *d.TrackedChanges)
	}
	var redline api.StoredDocument
	b.upload(ada, "redline.docx", wordFile(t, `</w:t><w:ins><w:r><w:t>sixty</w:t></w:r></w:ins><w:del><w:r><w:delText>fifty</w:delText></w:r></w:del><w:t>`)).wants(201, "").into(&redline)
	must(t, b.archive.Read(t.Context()))
	b.call(ada, "GET", "/api/docs/"+redline.ID.String(), nil).wants(200, "").into(&redline)
	if redline.TrackedChanges == nil || *redline.TrackedChanges != (api.TrackedChanges{Insertions: 1, Deletions: 1}) {
		t.Errorf("its changes are %+v", redline.TrackedChanges)
	}
	b.call(ada, "DELETE", "/api/docs/"+redline.ID.String(), nil).wants(204, "")
	var found api.PassageList
	b.call(ada, "GET", "/api/docs/search?q=written+xylophone&limit=5", nil).wants(200, "").into(&found)
	if len(found.Items) != 1 || found.Items[0].DocID != d.ID || found.Items[0].Page != 1 || found.Items[0].Quote != "The tenant xylophone gives notice in writing." || found.Items[0].Name != "lease.docx" {
		t.Errorf("found %+v", found)
	}
	b.call(ada, "GET", "/api/docs/search?q=notices+of+TENANTS", nil).wants(200, "").into(&found)
	if len(found.Items) != 1 || !slices.Equal(found.Items[0].Matches, []string{"tenant", "notice"}) {
		t.Errorf("found %+v", found)
	}
	b.call(ada, "GET", "/api/docs/search?q=%22notice+gives%22", nil).wants(200, "").into(&found)
	if len(found.Items) != 0 {
		t.Errorf("a phrase that is not there finds %+v", found)
	}
	b.call(bob, "GET", "/api/docs/search?q=xylophone", nil).wants(200, "").into(&found)
	if len(found.Items) != 0 {
		t.Errorf("Bob finds %+v", found)
	}
	if strings.Contains(b.logs.String(), "xylophone") {
		t.Error("the log holds words of a document")
	}
}
