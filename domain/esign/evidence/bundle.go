package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"counsel/domain"
)

// The files of a bundle. The zip is signed as a whole: its comment is a CMS over all bytes before the
// comment, padded with zeros, followed by the SHA-256 of everything before that.
const (
	fileManifest = "manifest.json"
	fileLog      = "log.json"
	fileOriginal = "original.pdf"
	fileSigned   = "signed.pdf"
	fileProvider = "provider-record.pdf"
	fileReadme   = "README.txt"

	manifestFormat = "counsel.evidence.1"
	reservedCMS    = 24 << 10 // bytes of the comment
	commentSize    = reservedCMS + sha256.Size
	signAttempts   = 4
	maxBundle      = 200 << 20 // bytes
)

func consentFile(version string) string { return "consent-" + version + ".txt" }

// manifest states what a bundle contains.
type manifest struct {
	Format   string            `json:"format"`
	Made     time.Time         `json:"made"`
	Request  domain.ID         `json:"request"`
	Status   string            `json:"status"`
	Workflow string            `json:"workflow"`
	Provider string            `json:"provider,omitempty"`
	Sender   string            `json:"sender"`
	Created  time.Time         `json:"createdAt"`
	Expires  time.Time         `json:"expiresAt"`
	Document manifestDocument  `json:"document"`
	Signers  []Signer          `json:"signers"`
	Risks    []string          `json:"acceptedRisks,omitempty"` // the reasons
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

// Files are the files of a bundle that are not derived from the record. A nil file is left out.
type Files struct {
	Original       []byte            // the document that was sent
	Signed         []byte            // the signed file
	ProviderRecord []byte            // the provider's own record of the envelope
	ConsentTexts   map[string]string // the disclosures that signers consented to, by version
}

// Sealer signs bundles. *pades.Sealer implements it.
type Sealer interface {
	// SignDetached returns a CMS over data.
	SignDetached(ctx context.Context, data []byte) ([]byte, error)
}

// Bundle builds a signed zip with all evidence of a request, as of now. The log must be complete (see
// CheckChain). It takes several times the size of the files in memory. Errors: those of SignDetached.
func Bundle(ctx context.Context, s Sealer, r Record, f Files, now time.Time) ([]byte, error) {
	files := map[string][]byte{fileReadme: []byte(readme)}
	for name, b := range map[string][]byte{fileOriginal: f.Original, fileSigned: f.Signed, fileProvider: f.ProviderRecord} {
		if b != nil {
			files[name] = b
		}
	}
	for version, text := range f.ConsentTexts {
		files[consentFile(version)] = []byte(text)
	}
	log := slices.Clone(r.Log)
	AddNames(log, r.Signers)
	var err error
	if files[fileLog], err = json.MarshalIndent(log, "", "  "); err != nil {
		return nil, err
	}
	m := manifest{Format: manifestFormat, Made: now, Request: r.RequestID, Status: r.Status, Workflow: r.Workflow, Provider: r.Provider, Sender: r.Sender, Created: r.CreatedAt, Expires: r.ExpiresAt,
		Document: manifestDocument{r.Document.ID, r.Document.Name, r.Document.Size, checksumText(r.Document.SHA256)}, Signers: r.Signers,
		Risks: AcceptedRisks(log), Head: log[len(log)-1].Hash, Events: len(log), Files: map[string]string{}}
	for name, b := range files {
		m.Files[name] = checksum(b)
	}
	if files[fileManifest], err = json.MarshalIndent(m, "", "  "); err != nil {
		return nil, err
	}
	return signedZip(ctx, s, files, now)
}

// signedZip writes the zip and signs it.
func signedZip(ctx context.Context, s Sealer, files map[string][]byte, modified time.Time) ([]byte, error) {
	size := commentSize
	for name, f := range files {
		size += len(f) + 2*len(name) + 256 // with headers
	}
	b := bytes.NewBuffer(make([]byte, 0, size+256))
	z := zip.NewWriter(b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: modified})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
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
	for range signAttempts {
		cms, err := s.SignDetached(ctx, body)
		if err != nil {
			return nil, err
		}
		if len(cms) > reservedCMS {
			return nil, fmt.Errorf("evidence: the signature has %d bytes, but only %d are reserved", len(cms), reservedCMS)
		}
		clear(comment[copy(comment, cms):])
		sum := sha256.Sum256(out[:len(out)-sha256.Size])
		copy(comment[reservedCMS:], sum[:])
		if !bytes.Contains(comment, endOfCentralDirectory) { // happens once in millions
			return out, nil
		}
	}
	return nil, errors.New("evidence: every signature contains the signature of a zip's end record")
}

// endOfCentralDirectory begins the record that zip readers search for from the end of a file.
var endOfCentralDirectory = []byte("PK\x05\x06")
