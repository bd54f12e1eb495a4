package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/domain/isolation"
)

type verifyCommand struct {
	File string `arg:"" type:"existingfile" help:"The evidence as downloaded from GET /api/esign/{trackingId}/evidence."`
}

// Run verifies an evidence bundle and prints what it contains. The file is untrusted, so a child process reads it.
func (v verifyCommand) Run(ctx context.Context) error {
	file, err := os.Open(v.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	pool := isolation.New(isolation.Config{MaxChildren: 1, Memory: 2 << 30, Timeout: 5 * time.Minute}) // a bundle contains several copies of large files
	report, err := pool.Run(ctx, isolation.Request{Task: taskVerify, File: file, Size: info.Size(), MaxResponse: 1 << 20})
	if err = errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("the evidence is not valid: %w", err)
	}
	_, err = os.Stdout.Write(bytes.Join(report, nil))
	return err
}

const taskVerify = "evidence.verify"

// verifyEvidence returns the report on an evidence bundle.
func verifyEvidence(_ context.Context, _, bundle []byte) ([][]byte, error) {
	found, err := evidence.Verify(bundle)
	if err != nil {
		return nil, err
	}
	signed := "none, because not everyone has signed"
	switch {
	case found.Sealed && found.Provider != "":
		signed = "made by " + found.Provider + ", which collected the signatures; check its signatures yourself"
	case found.Sealed:
		signed = "the seal covers the whole file, which starts with the original"
	}
	describe := func(c *x509.Certificate) string {
		return fmt.Sprintf("%s\n               SHA-256 of the certificate %s", cmp.Or(c.Subject.CommonName, c.Subject.String()), pades.Fingerprint(c))
	}
	sealedBy := describe(found.Certificate)
	if found.Signed != nil && !found.Signed.Equal(found.Certificate) {
		sealedBy += "\n  signed file  sealed by another certificate, " + describe(found.Signed)
	}
	risks := "none"
	if len(found.Risks) > 0 {
		risks = strings.Join(found.Risks, ", ")
	}
	return [][]byte{fmt.Appendf(nil, `The evidence is valid: nothing was changed.

  request      %s (%s)
  document     %s
  SHA-256      %s
  signed file  %s
  log          %d entries, complete
  risks        %s
  created      %s
  signers      %s
  sealed by    %s

To decide whether you trust the certificate, compare its SHA-256 with one from a trusted source.
`, found.Request, found.Status, found.Document, found.SHA256, signed, found.Events, risks, found.Made.Format(time.RFC3339),
		strings.Join(found.Signers, "\n               "), sealedBy)}, nil
}
