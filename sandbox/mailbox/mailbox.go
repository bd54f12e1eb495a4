// Package mailbox is a web page on loopback that shows the mails stored by the SMTP sink, newest first, with their text, HTML,
// headers and attachments.
//
// Mails are untrusted. Their HTML is shown in a sandboxed frame without scripts, external resources and origin, so that it
// can neither read the page around it nor track that it was opened. Links open in a new tab. The page is
// read-only, so there is nothing to forge. It rejects other Host names than loopback's (DNS rebinding).
package mailbox

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Server serves the page.
type Server struct {
	URL string // http://127.0.0.1:port

	root *os.Root
	web  *http.Server
	done chan struct{}
	port string
}

// maxListed limits the number of mails in the list.
const maxListed = 200

//go:embed list.html mail.html page.css page.js
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"when": formatTime, "size": formatSize, "pieces": linkify}).ParseFS(files, "*.html"))

// Start serves the mails in dir on l, a listener on loopback, which it closes.
func Start(l net.Listener, dir string) (*Server, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mailbox: %w", err), l.Close())
	}
	s := &Server{URL: "http://" + l.Addr().String(), root: root, done: make(chan struct{}), port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.list)
	mux.HandleFunc("GET /mails", s.listJSON)
	mux.HandleFunc("GET /mails/{name}", s.mail)
	mux.HandleFunc("GET /mails/{name}/html", s.html)
	mux.HandleFunc("GET /mails/{name}/source", s.source)
	mux.HandleFunc("GET /mails/{name}/parts/{part}", s.part)
	for name, contentType := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			http.ServeFileFS(w, r, files, name)
		})
	}
	s.web = &http.Server{Handler: s.secure(mux), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(s.done)
		_ = s.web.Serve(l) // until Close
	}()
	return s, nil
}

// Close stops the server. It waits for requests in progress until ctx is done.
func (s *Server) Close(ctx context.Context) error {
	err := s.web.Shutdown(ctx)
	if err != nil {
		err = s.web.Close()
	}
	<-s.done
	return errors.Join(err, s.root.Close())
}

// pagePolicy (Content-Security-Policy) allows the page's own resources and mails in frames.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mailPolicy sandboxes the content of a mail: no origin, no scripts, and only the images attached to it.
const mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: %s; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.Host)
		if err != nil || port != s.port || host != "127.0.0.1" && host != "localhost" {
			http.Error(w, "This page is at "+s.URL, http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// mailName matches the names of the sink's files.
var mailName = regexp.MustCompile(`^[0-9A-Za-z.-]{1,100}\.eml$`)

// names returns the names of the mails, newest first.
func (s *Server) names() ([]string, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !mailName.MatchString(n) })
	slices.Sort(names) // by time of arrival
	slices.Reverse(names)
	return names, nil
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	names, err := s.names()
	if err != nil {
		writeError(w, err)
		return
	}
	page := struct {
		Mails []storedMail
		Total int
	}{Total: len(names)}
	for _, name := range names[:min(len(names), maxListed)] {
		if mail, err := s.open(name, false); err == nil {
			page.Mails = append(page.Mails, mail)
		}
	}
	render(w, "list.html", page)
}

// jsonMail is a mail for programs, such as tests that follow a link.
type jsonMail struct {
	Name    string     `json:"name"`
	Subject string     `json:"subject"`
	To      []string   `json:"to"`
	Date    time.Time  `json:"date"`
	Text    string     `json:"text"`
	Links   []jsonLink `json:"links"` // of the text
}

type jsonLink struct {
	URL      string `json:"url"`
	Fragment string `json:"fragment"` // what follows the #
}

// listJSON serves the mails as JSON, with ?to=address only those of a recipient, and with ?subject=text only those
// whose subject contains the text.
func (s *Server) listJSON(w http.ResponseWriter, r *http.Request) {
	names, err := s.names()
	if err != nil {
		writeError(w, err)
		return
	}
	to, subject := r.FormValue("to"), r.FormValue("subject")
	page := struct {
		Items []jsonMail `json:"items"`
	}{[]jsonMail{}}
	for _, name := range names[:min(len(names), maxListed)] {
		mail, err := s.open(name, true)
		if err != nil || to != "" && !slices.Contains(mail.To, to) || !strings.Contains(mail.Subject, subject) {
			continue
		}
		item := jsonMail{Name: mail.Name, Subject: mail.Subject, To: mail.To, Date: mail.Date, Text: mail.Text, Links: []jsonLink{}}
		for _, part := range linkify(mail.Text) {
			if part.Link != "" {
				_, fragment, _ := strings.Cut(part.Link, "#")
				item.Links = append(item.Links, jsonLink{part.Link, fragment})
			}
		}
		page.Items = append(page.Items, item)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(page)
}

func (s *Server) mail(w http.ResponseWriter, r *http.Request) {
	if mail, ok := s.read(w, r); ok {
		render(w, "mail.html", mail)
	}
}

// html serves the mail's HTML, with the URLs of attached images.
func (s *Server) html(w http.ResponseWriter, r *http.Request) {
	mail, ok := s.read(w, r)
	if !ok {
		return
	}
	if mail.HTML == "" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", fmt.Sprintf(mailPolicy, s.URL))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Del("Cross-Origin-Resource-Policy")
	_, _ = io.WriteString(w, `<!DOCTYPE html><meta charset="utf-8"><base target="_blank">`+mail.htmlWithImages()) //nolint:gosec // untrusted HTML, hence the policy
}

func (s *Server) source(w http.ResponseWriter, r *http.Request) {
	f, err := s.root.Open(mailFile(r))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.Copy(w, f)
}

// imageTypes are the image types that are served inline.
var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func (s *Server) part(w http.ResponseWriter, r *http.Request) {
	mail, ok := s.read(w, r)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("part"))
	if err != nil || n < 0 || n >= len(mail.Parts) {
		http.NotFound(w, r)
		return
	}
	p := mail.Parts[n]
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // a mail in its sandboxed frame has no origin
	contentType, disposition := "application/octet-stream", "attachment"
	if p.ID != "" && slices.Contains(imageTypes, p.Type) {
		contentType, disposition = p.Type, "inline"
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": filepath.Base(p.Name)}))
	_, _ = w.Write(p.body)
}

func mailFile(r *http.Request) string {
	if name := r.PathValue("name"); mailName.MatchString(name) {
		return name
	}
	return "-" // matches no file
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) (storedMail, bool) {
	mail, err := s.open(mailFile(r), true)
	if err != nil {
		http.NotFound(w, r)
		return mail, false
	}
	return mail, true
}

func render(w http.ResponseWriter, name string, data any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
}

func writeError(w http.ResponseWriter, err error) {
	http.Error(w, "Cannot read the mails: "+err.Error(), http.StatusInternalServerError)
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 Jan 2006, 15:04:05")
}

func formatSize(n int) string {
	if n < 1<<10 {
		return strconv.Itoa(n) + " bytes"
	}
	return strconv.Itoa((n+1023)>>10) + " KiB"
}

// textPart is a part of a text: plain text or a link.
type textPart struct{ Text, Link string }

var links = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]`)

func linkify(text string) (out []textPart) {
	for {
		at := links.FindStringIndex(text)
		if at == nil {
			return append(out, textPart{Text: text})
		}
		link := text[at[0]:at[1]]
		out = append(out, textPart{Text: text[:at[0]]}, textPart{Text: link, Link: link})
		text = text[at[1]:]
	}
}

// htmlWithImages returns the HTML with cid: URLs replaced by the URLs of the parts.
func (l storedMail) htmlWithImages() string {
	var pairs []string
	for i, p := range l.Parts {
		if p.ID != "" {
			at := "/mails/" + l.Name + "/parts/" + strconv.Itoa(i)
			for _, quote := range []string{`"`, "'"} {
				pairs = append(pairs, quote+"cid:"+p.ID+quote, quote+at+quote)
			}
		}
	}
	return strings.NewReplacer(pairs...).Replace(l.HTML)
}
