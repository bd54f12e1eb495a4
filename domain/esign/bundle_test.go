package esign_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/sandbox/testkit"
)

func TestEvidence(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	f.sign("ada@example.com", typedSignature)
	open, err := f.Evidence(ctx, f.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(open)
	testkit.Must(t, err)
	if found.Status != string(esign.Open) || found.Sealed {
		t.Errorf("found %+v", found)
	}
	f.sign("grace@example.com", drawnSignature)
	bundle, err := f.Evidence(ctx, f.root, r.ID)
	testkit.Must(t, err)
	found, err = evidence.Verify(bundle)
	testkit.Must(t, err)
	if found.Status != string(esign.Completed) || !found.Sealed || found.Request != r.ID || found.Document != "lease.pdf" || found.SHA256 != r.DocumentSum.String() || len(found.Signers) != 2 ||
		!strings.HasPrefix(found.Signers[0], "1. Ada Lovelace <ada@example.com>: signed 20") || found.Certificate.Subject.CommonName != "Counsel test" {
		t.Errorf("found %+v", found)
	}

	files, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	testkit.Must(t, err)
	words, err := fs.ReadFile(files, "README.txt")
	testkit.Must(t, err)
	for _, f := range files.File {
		if name := strings.Replace(f.Name, esign.Disclosure, "*", 1); name != "README.txt" && !bytes.Contains(words, []byte("\n"+name+" ")) {
			t.Errorf("README.txt does not describe %s", name)
		}
	}

	random := mathrand.New(mathrand.NewPCG(1, 2))
	at := []int{0, 1, len(bundle) - 1, len(bundle) - 40, len(bundle) - 24<<10}
	for range 2000 {
		at = append(at, random.IntN(len(bundle)))
	}
	for _, i := range at {
		changed := bytes.Clone(bundle)
		changed[i] ^= 1 << random.IntN(8)
		if _, err := evidence.Verify(changed); err == nil {
			t.Fatalf("a change of byte %d of %d is not detected", i, len(bundle))
		}
	}
	for name, changed := range map[string][]byte{"nothing": nil, "half": bundle[:len(bundle)/2], "more": append(bytes.Clone(bundle), 0), "a document": contract(t, 1)} {
		if _, err := evidence.Verify(changed); err == nil {
			t.Errorf("%s passes", name)
		}
	}

	// A log that was tampered with is not sealed.
	_, err = f.pool.ExecContext(ctx, "UPDATE signature_events SET address = '198.51.100.1' WHERE request_id = ? AND kind = 'signed' AND signer = 1", r.ID)
	testkit.Must(t, err)
	_, err = f.Evidence(ctx, f.lena, r.ID)
	wantCode(t, err, domain.Internal, "tampered")
}

// TestConcurrencyLimit: few documents are in memory at a time, however many calls there are.
func TestConcurrencyLimit(t *testing.T) {
	f := newFixture(t)
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	for name, c := range map[string]struct {
		limit int
		do    func(context.Context) error
	}{
		"evidence": {2, func(ctx context.Context) error { return second(f.Evidence(ctx, f.lena, r.ID)) }},
		"sending": {4, func(ctx context.Context) error {
			return second(f.Initiate(ctx, f.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: twoSigners(), Workflow: esign.Parallel}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			reading, proceed := make(chan struct{}), make(chan struct{})
			f.files.OnGet = func() {
				reading <- struct{}{}
				<-proceed
			}
			errs := make([]error, c.limit)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() { errs[i] = c.do(t.Context()) })
			}
			for range errs {
				select {
				case <-reading:
				case <-time.After(time.Minute):
					t.Fatal("no request is being served")
				}
			}
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			more := make(chan error, 1)
			go func() { more <- c.do(short) }()
			select {
			case err := <-more:
				e, ok := errors.AsType[*domain.Error](err)
				if !ok || e.Code != domain.Unavailable || e.RetryAfter == 0 {
					t.Errorf("another call: %v", err)
				}
			case <-reading:
				t.Error("a second request is being served")
				proceed <- struct{}{}
			}
			for range errs {
				proceed <- struct{}{}
			}
			wg.Wait()
			f.files.OnGet = nil
			testkit.Must(t, errors.Join(errs...))
			testkit.Must(t, c.do(t.Context()))
		})
	}
}

// TestEvidenceOfDeletedDocument: the document was deleted after the request had ended.
func TestEvidenceOfDeletedDocument(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(f.Cancel(ctx, f.lena, r.ID)))
	testkit.Must(t, f.archive.Delete(ctx, f.lena, r.DocumentID))
	bundle, err := f.Evidence(ctx, f.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(t, err)
	if found.Status != string(esign.Cancelled) || found.Sealed {
		t.Errorf("found %+v", found)
	}
}
