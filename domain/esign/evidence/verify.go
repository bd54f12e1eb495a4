package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"counsel/domain"
	"counsel/domain/esign/pades"
)

// Findings are what a verified bundle states and contains.
type Findings struct {
	Request     domain.ID
	Status      string
	Document    string // its name
	SHA256      string // of the original
	Made        time.Time
	Signers     []string // a line for each
	Events      int
	Risks       []string          // the reasons that the sender accepted
	Provider    string            // the outside service that collected the signatures; "": none
	Sealed      bool              // it contains the signed file
	Certificate *x509.Certificate // that the bundle was signed with; the reader decides whether to trust it
	// Signed is the certificate that the signed file was sealed with; nil without one. It differs from
	// the bundle's if the service got a new certificate in between.
	Signed *x509.Certificate
}

// Verify checks a bundle, offline: every byte is as it was signed, and the files are consistent with
// each other. The error says what is wrong.
func Verify(bundle []byte) (Findings, error) {
	files, certificate, err := open(bundle)
	if err != nil {
		return Findings{}, err
	}
	fail := func(format string, args ...any) (Findings, error) { return Findings{}, fmt.Errorf(format, args...) }
	var m manifest
	if err := json.Unmarshal(files[fileManifest], &m); err != nil || m.Format != manifestFormat {
		return fail("the manifest cannot be read")
	}
	delete(files, fileManifest)
	if len(m.Files) != len(files) {
		return fail("the manifest lists %d files, but there are %d", len(m.Files), len(files))
	}
	for name, b := range files {
		if m.Files[name] != checksum(b) {
			return fail("%s does not match the manifest", name)
		}
	}
	log, err := m.checkLog(files)
	if err != nil {
		return Findings{}, err
	}
	f := Findings{Request: m.Request, Status: m.Status, Document: m.Document.Name, SHA256: m.Document.SHA256, Made: m.Made, Provider: m.Provider, Events: len(log), Risks: AcceptedRisks(log), Certificate: certificate}
	if original, ok := files[fileOriginal]; ok && checksum(original) != m.Document.SHA256 {
		return fail("%s is not the document that was sent", fileOriginal)
	}
	if signed, ok := files[fileSigned]; ok {
		if f.Signed, err = m.checkSigned(signed, files[fileOriginal], log); err != nil {
			return Findings{}, err
		}
		f.Sealed = true
	}
	for _, s := range m.Signers {
		line := fmt.Sprintf("%d. %s <%s>: %s", s.Number, s.Name, s.Email, s.Status)
		if as := s.SignedAs(); as != "" {
			line += " as " + as
		}
		if s.SignedAt != nil {
			line += " " + s.SignedAt.UTC().Format(time.RFC3339)
		}
		f.Signers = append(f.Signers, line)
	}
	return f, nil
}

// open checks the bundle's signature and reads its files.
func open(bundle []byte) (files map[string][]byte, signer *x509.Certificate, err error) {
	if len(bundle) < commentSize || len(bundle) > maxBundle {
		return nil, nil, errors.New("this is not an evidence bundle")
	}
	end := len(bundle) - sha256.Size
	if sum := sha256.Sum256(bundle[:end]); subtle.ConstantTimeCompare(sum[:], bundle[end:]) != 1 {
		return nil, nil, errors.New("the file was changed: its checksum does not match")
	}
	body := bundle[:len(bundle)-commentSize]
	signer, err = pades.VerifyDetached(bundle[len(body):end], body)
	if err != nil {
		return nil, nil, fmt.Errorf("the file was changed, or signed by somebody else: %w", err)
	}
	// The signature does not cover the comment that contains it, so no part of the comment may be
	// read as a zip.
	if bytes.Contains(bundle[len(body):], endOfCentralDirectory) {
		return nil, nil, errors.New("the file was changed: another zip is hidden in it")
	}
	files, err = unzip(slices.Concat(body, make([]byte, commentSize)))
	if err != nil {
		return nil, nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return files, signer, nil
}

// checkLog checks the log, and the manifest against it.
func (m *manifest) checkLog(files map[string][]byte) ([]Event, error) {
	var log []Event
	if err := json.Unmarshal(files[fileLog], &log); err != nil || len(log) == 0 {
		return nil, errors.New("the log cannot be read")
	}
	if n := firstBroken(m.Request, log); n != 0 {
		return nil, fmt.Errorf("the log breaks at entry %d", n)
	}
	if len(log) != m.Events || !bytes.Equal(log[len(log)-1].Hash, m.Head) {
		return nil, errors.New("the log does not end where the manifest says")
	}
	if log[0].Kind != EventCreated || log[0].Detail != m.Document.SHA256 {
		return nil, errors.New("the log does not begin with the document that was sent")
	}
	if !slices.Equal(m.Risks, AcceptedRisks(log)) {
		return nil, errors.New("the log does not say that the sender accepted these risks")
	}
	for _, s := range m.Signers {
		if s.Disclosure != "" && files[consentFile(s.Disclosure)] == nil {
			return nil, fmt.Errorf("the text that signer %d consented to is missing", s.Number)
		}
		if s.Status != StatusSigned {
			continue
		}
		raw, err := json.Marshal(s.Signature)
		if err != nil {
			return nil, err
		}
		detail := checksum(raw)
		if m.Provider != "" {
			detail = m.Provider
		}
		if !slices.ContainsFunc(log, func(e Event) bool {
			return e.Kind == EventSigned && e.Signer == s.Number && e.Detail == detail && s.SignedAt != nil && e.At.Equal(*s.SignedAt) && (e.SignedAs == "" || e.SignedAs == s.SignedAs())
		}) {
			return nil, fmt.Errorf("the log does not say that signer %d made this signature", s.Number)
		}
	}
	return log, nil
}

// checkSigned checks the signed file: it is sealed, begins with the original, and is named in the log. Of
// a provider's file only the last is checked. It returns the certificate of the seal.
func (m *manifest) checkSigned(signed, original []byte, log []Event) (certificate *x509.Certificate, err error) {
	if m.Provider == "" {
		seal, err := pades.Verify(signed)
		if err != nil {
			return nil, fmt.Errorf("the seal of %s is not valid: %w", fileSigned, err)
		}
		if original == nil || !bytes.HasPrefix(signed, original) {
			return nil, fmt.Errorf("%s does not begin with the original", fileSigned)
		}
		certificate = seal.Certificate
	}
	sum := checksum(signed)
	if !slices.ContainsFunc(log, func(e Event) bool { return e.Kind == EventCompleted && e.Detail == sum }) {
		return nil, fmt.Errorf("the log does not name this %s", fileSigned)
	}
	return certificate, nil
}

func unzip(file []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		if _, duplicate := files[f.Name]; duplicate || f.Method != zip.Store {
			return nil, fmt.Errorf("it contains %q twice or compressed", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(r, maxBundle)) // stored uncompressed: no larger than the bundle
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		files[f.Name] = b
	}
	return files, nil
}
