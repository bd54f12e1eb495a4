package esign

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
)

// hexBytes are written as hexadecimal digits.
type hexBytes []byte

// MarshalText writes the digits.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads them.
func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// The files of a bundle of evidence. Its zip is signed as a whole: the comment at its end is a CMS
// over all bytes before it, filled up with zeros, and the SHA-256 of all before that.
const (
	fileManifest = "manifest.json"
	fileLog      = "log.json"
	fileOriginal = "original.pdf"
	fileSigned   = "signed.pdf"
	fileAudit    = "provider-record.pdf" // of an outside provider
	fileReadme   = "README.txt"

	manifestFormat = "counsel.evidence.1"
	sealRoom       = 24 << 10 // of the CMS in the comment
	commentSize    = sealRoom + sha256.Size
	packTries      = 4
	maxEvidence    = 200 << 20 // bytes of a bundle
)

// manifest says what a bundle holds.
type manifest struct {
	Format   string            `json:"format"`
	Made     time.Time         `json:"made"`
	Request  domain.ID         `json:"request"`
	Status   Status            `json:"status"`
	Workflow Workflow          `json:"workflow"`
	Provider string            `json:"provider,omitempty"` // who had it signed; "": this service
	Sender   string            `json:"sender"`
	Created  time.Time         `json:"createdAt"`
	Expires  time.Time         `json:"expiresAt"`
	Document manifestDocument  `json:"document"`
	Signers  []manifestSigner  `json:"signers"`
	Risks    []string          `json:"acceptedRisks,omitempty"` // what the document holds, and the sender accepted
	Head     hexBytes          `json:"logHead"`                 // the hash of the last event
	Events   int               `json:"logEvents"`
	Files    map[string]string `json:"files"` // sha256:… by name
}

type manifestDocument struct {
	ID     domain.ID `json:"id"`
	Name   string    `json:"name"`
	Size   int64     `json:"size"`
	SHA256 string    `json:"sha256"`
}

type manifestSigner struct {
	Number     int          `json:"number"`
	Name       string       `json:"name"`
	Email      string       `json:"email"`
	Status     SignerStatus `json:"status"`
	Disclosure string       `json:"disclosure,omitempty"`
	SignedAt   *time.Time   `json:"signedAt,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Mark       *Mark        `json:"signature,omitempty"`
}

const readme = `Evidence of an electronic signature

What is in here:

original.pdf    the document as it was sent to be signed
signed.pdf      the same, byte for byte, with a certificate and a seal behind it
log.json        what happened: each entry has the SHA-256 of the one before
consent-*.txt   the words that the signers agreed to, by version
provider-record.pdf   what the provider that had it signed put down, if one did; then signed.pdf
                is as that provider made it
manifest.json   who, when, and the SHA-256 of each file

A file that is not here was deleted, or has not come to be: only what all have signed has a signed.pdf.

How to check it, without a network:

All of it. The zip itself is signed: its comment is a CMS signature (DER) over all bytes before the
comment. The program of the service that made it finds any byte that was changed, and whether the
files fit together; it also says whose certificate sealed them, and whether to trust that is for
you to say:

    ./counsel verify-evidence FILE

or in the folder of its source code, which needs Go:

    go run . verify-evidence FILE

The signed file alone, with any program that checks signatures of PDF files:

    pdfsig signed.pdf

One file, by its SHA-256, which manifest.json has; that of the original is on the certificate's
pages and in the log's first entry, too:

    sha256sum original.pdf
`

// Evidence is all that is known of a request, as a signed zip of so many bytes, which the caller
// closes. A request that was not completed has no signed.pdf; one whose document was deleted has
// none of it. Errors as of Get; Unavailable as well while too many are being made.
func (s *Service) Evidence(ctx context.Context, by domain.Principal, id domain.ID) (file io.ReadCloser, size int64, err error) {
	r, err := s.find(ctx, by, id, cases.VerbDownload)
	if err != nil {
		return nil, 0, err
	}
	if s.Seal == nil {
		return nil, 0, &domain.Error{Code: domain.Unavailable, Message: "Evidence cannot be given: the service has no certificate to seal it with."}
	}
	leave, err := enter(ctx, s.bundling)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	bundle, err := s.bundle(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	return aside(bundle)
}

// aside puts bytes into a file that is gone once it is closed: whoever reads slowly holds no memory.
func aside(b []byte) (io.ReadCloser, int64, error) {
	f, err := os.CreateTemp("", "counsel-evidence-*") // mode 0600
	if err != nil {
		return nil, 0, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, int64(len(b)), nil
}

// bundle makes the evidence, which takes the memory of some documents.
func (s *Service) bundle(ctx context.Context, r Request) ([]byte, error) {
	log, err := readLog(ctx, s.rows, r.ID)
	if err != nil {
		return nil, err
	}
	if broken := chained(r.ID, log); broken != 0 || len(log) != int(r.seq) || !bytes.Equal(log[len(log)-1].Hash, r.head) {
		return nil, &domain.Error{Code: domain.Internal, Message: "The log of the request was tampered with.", Err: fmt.Errorf("esign: the log of %s breaks at %d", r.ID, broken)}
	}
	contents := map[string][]byte{fileReadme: []byte(readme)}
	if r.Status == Completed {
		d, err := s.Archive.Get(ctx, itself(r), *r.SignedID)
		if err == nil {
			contents[fileSigned], err = s.bytes(ctx, d)
		}
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return nil, err
		}
	}
	if r.Provider != Builtin {
		if contents[fileAudit], err = s.record(ctx, r); err != nil {
			return nil, err
		}
		if contents[fileAudit] == nil {
			delete(contents, fileAudit)
		}
	}
	if signed := contents[fileSigned]; signed != nil && r.Provider == Builtin {
		contents[fileOriginal] = signed[:r.DocumentSize]
	} else if b, err := s.originalBytes(ctx, r); err == nil {
		contents[fileOriginal] = b
	} else if domain.CodeOf(err) != domain.Conflict { // deleted, or lost
		return nil, err
	}
	named(log, r.Signers)
	if contents[fileLog], err = json.MarshalIndent(log, "", "  "); err != nil {
		return nil, err
	}
	m := manifest{Format: manifestFormat, Made: s.Clock(), Request: r.ID, Status: r.Status, Workflow: r.Workflow, Sender: r.SenderName, Created: r.CreatedAt, Expires: r.ExpiresAt,
		Document: manifestDocument{r.DocumentID, r.DocumentName, r.DocumentSize, r.DocumentSum.String()}, Risks: acceptedRisks(log), Head: r.head, Events: len(log), Files: map[string]string{}}
	if r.Provider != Builtin {
		m.Provider = r.Provider
	}
	for _, g := range r.Signers {
		m.Signers = append(m.Signers, manifestSigner{g.Number, g.Name, g.Email, g.Status, g.Disclosure, g.SignedAt, g.Reason, g.Mark})
		if words, ok := DisclosureText(g.Disclosure); ok && g.Disclosure != "" {
			contents["consent-"+g.Disclosure+".txt"] = []byte(words)
		}
	}
	for name, b := range contents {
		m.Files[name] = files.Checksum(sha256.Sum256(b)).String()
	}
	if contents[fileManifest], err = json.MarshalIndent(m, "", "  "); err != nil {
		return nil, err
	}
	return s.pack(ctx, contents, m.Made)
}

// pack makes the zip and signs it.
func (s *Service) pack(ctx context.Context, contents map[string][]byte, at time.Time) ([]byte, error) {
	room := commentSize
	for name, f := range contents {
		room += len(f) + 2*len(name) + 256 // with its headers
	}
	b := bytes.NewBuffer(make([]byte, 0, room+256))
	z := zip.NewWriter(b)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(contents[name]); err != nil {
			return nil, err
		}
	}
	if err := z.SetComment(strings.Repeat("\x00", commentSize)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	out := b.Bytes()
	body, comment := out[:len(out)-commentSize], out[len(out)-commentSize:]
	for range packTries {
		cms, err := s.Seal.SignDetached(ctx, body)
		if err != nil {
			return nil, err
		}
		if len(cms) > sealRoom {
			return nil, fmt.Errorf("esign: a signature of %d bytes does not fit", len(cms))
		}
		clear(comment[copy(comment, cms):])
		sum := sha256.Sum256(out[:len(out)-sha256.Size])
		copy(comment[sealRoom:], sum[:])
		if !bytes.Contains(comment, endOfZip) { // by chance, once in millions
			return out, nil
		}
	}
	return nil, errors.New("esign: the certificate makes signatures that look like the end of a zip")
}

// endOfZip begins the record that readers look for, from the end of a file.
var endOfZip = []byte("PK\x05\x06")

// Findings are what a bundle of evidence was found to say, and to hold.
type Findings struct {
	Request     domain.ID
	Status      Status
	Document    string // its name
	SHA256      string // of the original
	Made        time.Time
	Signers     []string // a line each
	Events      int
	Risks       []string          // what the document holds, and the sender accepted
	Provider    string            // who had it signed; "": the service itself
	Sealed      bool              // it has the signed file
	Certificate *x509.Certificate // of the bundle's seal; whether it is to be trusted is for the reader to say
	// Signed is the certificate of the signed file's own seal: nil without one. It is another than
	// the bundle's when the service was given a new one in between.
	Signed *x509.Certificate
}

// VerifyEvidence checks a bundle, offline: every byte is as it was sealed, and what the files say
// fits together. An error says what does not.
func VerifyEvidence(bundle []byte) (Findings, error) {
	broken := func(format string, args ...any) (Findings, error) {
		return Findings{}, fmt.Errorf(format, args...)
	}
	if len(bundle) < commentSize || len(bundle) > maxEvidence {
		return broken("this is no bundle of evidence")
	}
	end := len(bundle) - sha256.Size
	if sum := sha256.Sum256(bundle[:end]); subtle.ConstantTimeCompare(sum[:], bundle[end:]) != 1 {
		return broken("the file was changed: its checksum does not fit")
	}
	body := bundle[:len(bundle)-commentSize]
	certificate, err := pades.VerifyDetached(bundle[len(body):end], body)
	if err != nil {
		return broken("the file was changed, or sealed by someone else: %w", err)
	}
	// The signature cannot cover the comment it lies in: nothing of that may pass for a part of the zip.
	if bytes.Contains(bundle[len(body):], endOfZip) {
		return broken("the file was changed: another zip is hidden in it")
	}
	contents, err := unpack(slices.Concat(body, make([]byte, commentSize)))
	if err != nil {
		return broken("the file cannot be read: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(contents[fileManifest], &m); err != nil || m.Format != manifestFormat {
		return broken("the manifest cannot be read")
	}
	delete(contents, fileManifest)
	if len(m.Files) != len(contents) {
		return broken("the manifest names %d files, there are %d", len(m.Files), len(contents))
	}
	for name, b := range contents {
		if m.Files[name] != files.Checksum(sha256.Sum256(b)).String() {
			return broken("%s is not what the manifest says", name)
		}
	}
	log, err := m.checkLog(contents)
	if err != nil {
		return Findings{}, err
	}
	f := Findings{Request: m.Request, Status: m.Status, Document: m.Document.Name, SHA256: m.Document.SHA256, Made: m.Made, Provider: m.Provider, Events: len(log), Risks: acceptedRisks(log), Certificate: certificate}
	if original, ok := contents[fileOriginal]; ok && files.Checksum(sha256.Sum256(original)).String() != m.Document.SHA256 {
		return broken("%s is not the document that was sent", fileOriginal)
	}
	if signed, ok := contents[fileSigned]; ok {
		if f.Signed, err = m.checkSigned(signed, contents[fileOriginal], log); err != nil {
			return Findings{}, err
		}
		f.Sealed = true
	}
	for _, g := range m.Signers {
		line := fmt.Sprintf("%d. %s <%s>: %s", g.Number, g.Name, g.Email, g.Status)
		if as := (Signer{Name: g.Name, Mark: g.Mark}).signedAs(); as != "" {
			line += " as " + as
		}
		if g.SignedAt != nil {
			line += " " + g.SignedAt.UTC().Format(time.RFC3339)
		}
		f.Signers = append(f.Signers, line)
	}
	return f, nil
}

// checkLog checks the log, and what the manifest says against it.
func (m *manifest) checkLog(contents map[string][]byte) ([]Event, error) {
	var log []Event
	if err := json.Unmarshal(contents[fileLog], &log); err != nil || len(log) == 0 {
		return nil, errors.New("the log cannot be read")
	}
	if at := chained(m.Request, log); at != 0 {
		return nil, fmt.Errorf("the log breaks at entry %d", at)
	}
	if len(log) != m.Events || !bytes.Equal(log[len(log)-1].Hash, m.Head) {
		return nil, errors.New("the log does not end where the manifest says")
	}
	if log[0].Kind != EventCreated || log[0].Detail != m.Document.SHA256 {
		return nil, errors.New("the log does not begin with the document that was sent")
	}
	if !slices.Equal(m.Risks, acceptedRisks(log)) {
		return nil, errors.New("the log does not say that the sender accepted these risks")
	}
	for _, g := range m.Signers {
		if g.Disclosure != "" && contents["consent-"+g.Disclosure+".txt"] == nil {
			return nil, fmt.Errorf("the words that signer %d consented to are missing", g.Number)
		}
		if g.Status != Signed {
			continue
		}
		raw, err := json.Marshal(g.Mark)
		if err != nil {
			return nil, err
		}
		want := Event{Kind: EventSigned, Signer: g.Number, Detail: files.Checksum(sha256.Sum256(raw)).String()}
		if m.Provider != "" {
			want.Detail = m.Provider
		}
		if !slices.ContainsFunc(log, func(e Event) bool {
			return e.Kind == want.Kind && e.Signer == want.Signer && e.Detail == want.Detail && g.SignedAt != nil && e.At.Equal(*g.SignedAt) && (e.SignedAs == "" || e.SignedAs == (Signer{Name: g.Name, Mark: g.Mark}).signedAs())
		}) {
			return nil, fmt.Errorf("the log does not say that signer %d made this signature", g.Number)
		}
	}
	return log, nil
}

// checkSigned checks the signed file: sealed, begun by the original, and the one the log names. What
// a provider made is only the last. It returns whose seal it has.
func (m *manifest) checkSigned(signed, original []byte, log []Event) (by *x509.Certificate, err error) {
	if m.Provider == "" {
		seal, err := pades.Verify(signed)
		if err != nil {
			return nil, fmt.Errorf("the seal of %s does not hold: %w", fileSigned, err)
		}
		if original == nil || !bytes.HasPrefix(signed, original) {
			return nil, fmt.Errorf("%s does not begin with the original", fileSigned)
		}
		by = seal.Certificate
	}
	sum := files.Checksum(sha256.Sum256(signed)).String()
	if !slices.ContainsFunc(log, func(e Event) bool { return e.Kind == EventCompleted && e.Detail == sum }) {
		return nil, fmt.Errorf("the log does not name this %s", fileSigned)
	}
	return by, nil
}

func unpack(bundle []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, f := range z.File {
		if _, twice := contents[f.Name]; twice || f.Method != zip.Store {
			return nil, fmt.Errorf("it holds %q twice, or packed", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(r, maxEvidence)) // stored as they are: no more than the bundle has
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		contents[f.Name] = b
	}
	return contents, nil
}
