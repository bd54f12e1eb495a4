// Package pages holds the HTML pages of the service: the pages that links in e-mails lead to and the page where people
// sign; package docsite below it has the documentation. Each has a Content-Security-Policy of its own
// and loads nothing from other origins.
package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// Page is an answer for a browser.
type Page struct {
	Body        []byte
	ContentType string
	Policy      string // Content-Security-Policy; "": none
	Gzipped     bool   // Body is compressed
	Cacheable   bool   // for five minutes, by anybody
	Isolated    bool   // shares no browsing context with the page that opened it
	ETag        string // "": none
}

// WithETag returns the page with the SHA-256 of its content as its ETag.
func (p Page) WithETag() Page {
	sum := sha256.Sum256(p.Body)
	p.ETag = `"` + hex.EncodeToString(sum[:]) + `"`
	return p
}

// Plain is the content of the page without compression.
func (p Page) Plain() ([]byte, error) {
	if !p.Gzipped {
		return p.Body, nil
	}
	plain, err := gzip.NewReader(bytes.NewReader(p.Body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// WriteUnchanged answers a client that has the page already.
func (p Page) WriteUnchanged(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("ETag", p.ETag)
	if p.Cacheable {
		h.Set("Cache-Control", "public, max-age=300")
	}
	if p.Gzipped {
		h.Set("Vary", "Accept-Encoding")
	}
	w.WriteHeader(http.StatusNotModified)
	return nil
}

// Write sends the page. A client that does not accept gzip gets a compressed page uncompressed.
func (p Page) Write(w http.ResponseWriter, acceptEncoding string) error {
	h := w.Header()
	h.Set("Content-Type", p.ContentType)
	if p.Cacheable {
		h.Set("Cache-Control", "public, max-age=300")
	}
	if p.Policy != "" {
		h.Set("Content-Security-Policy", p.Policy)
	}
	if p.Isolated {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	if p.ETag != "" {
		h.Set("ETag", p.ETag)
	}
	if !p.Gzipped {
		_, err := w.Write(p.Body)
		return err
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(acceptEncoding, "gzip") {
		h.Set("Content-Encoding", "gzip")
		_, err := w.Write(p.Body)
		return err
	}
	plain, err := gzip.NewReader(bytes.NewReader(p.Body))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, plain) //nolint:gosec // our own file, not a stranger's
	return err
}

const (
	html       = "text/html; charset=utf-8"
	javaScript = "text/javascript; charset=utf-8"
)

var (
	//go:embed docs-reference.js.gz
	docsScript []byte
	//go:embed account.html
	account []byte
	//go:embed account.js
	accountScript []byte
	//go:embed sign.html
	sign []byte
	//go:embed unsubscribe.html
	unsubscribe string
)

// DocsScript is the script of the API reference. The other pages of the documentation are in package docsite.
var DocsScript = Page{Body: docsScript, ContentType: javaScript, Cacheable: true, Gzipped: true}.WithETag()

// The page that links in account e-mails lead to: a new password, a confirmed address.
var (
	Account = Page{Body: account, ContentType: html, Cacheable: true,
		Policy: "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	AccountScript = Page{Body: accountScript, ContentType: javaScript, Cacheable: true}
)

// Sign is the page where people sign. Its policy allows only its own script and style, by their
// hashes, requests to this service, and showing the document.
var Sign = Page{Body: sign, ContentType: html, Isolated: true,
	Policy: "default-src 'none'; script-src " + inlineHashes(sign, "script") + "; style-src " + inlineHashes(sign, "style") +
		"; connect-src 'self'; frame-src blob:; object-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}

// inlineHashes lists the CSP hashes of a page's inline elements with this tag.
func inlineHashes(page []byte, tag string) string {
	var hashes []string
	for _, m := range regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join(hashes, " ")
}

var unsubscribeTemplate = template.Must(template.New("unsubscribe").Parse(unsubscribe))

// Unsubscribe asks for confirmation, or with done reports that the address is unsubscribed.
func Unsubscribe(done bool) (Page, error) {
	var b bytes.Buffer
	err := unsubscribeTemplate.Execute(&b, done)
	return Page{Body: b.Bytes(), ContentType: html,
		Policy: "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}, err
}
