// Package tsa asks a timestamp authority (RFC 3161) over HTTP. It fulfils pades.Timestamper.
//
// One try, with a time limit: whoever seals does it in a job, which is tried again.
package tsa

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"github.com/digitorus/timestamp"

	"counsel/domain"
	"counsel/domain/esign/pades"
)

const (
	wait      = 20 * time.Second
	maxAnswer = 64 << 10 // bytes; a token with a chain of certificates has fewer than ten thousand
)

// Client is one authority. It is safe for concurrent use.
type Client struct {
	url  string
	http *http.Client
}

var _ pades.Timestamper = (*Client)(nil)

// New checks the address; it does not connect.
func New(address string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("tsa: the address must be http(s)://host/path")
	}
	return &Client{url: address, http: &http.Client{Timeout: wait}}, nil
}

// Close ends the connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Timestamp has the SHA-256 digest stamped.
func (c *Client) Timestamp(ctx context.Context, digest []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	asked := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest, Certificates: true, Nonce: nonce}
	body, err := asked.Marshal()
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	res, err := c.http.Do(r)
	if err != nil {
		return nil, down(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, down(err)
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500:
		return nil, down(fmt.Errorf("status %d", res.StatusCode))
	case res.StatusCode != http.StatusOK:
		return nil, nonsense(fmt.Errorf("status %d", res.StatusCode))
	}
	if err := check(answer); err != nil {
		return nil, nonsense(err)
	}
	stamp, err := timestamp.ParseResponse(answer)
	switch {
	case err != nil:
		return nil, nonsense(err)
	case !bytes.Equal(stamp.HashedMessage, digest), stamp.HashAlgorithm != crypto.SHA256, stamp.Nonce == nil || stamp.Nonce.Cmp(nonce) != 0:
		return nil, nonsense(errors.New("it stamped something else"))
	case len(stamp.Certificates) == 0:
		return nil, nonsense(errors.New("it gave no certificate"))
	}
	return stamp.RawToken, nil
}

// check bounds an answer before it is read: the authority is a stranger.
func check(answer []byte) error {
	if err := pades.CheckASN1(answer); err != nil {
		return err
	}
	var response struct {
		Status asn1.RawValue
		Token  asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(answer, &response); err != nil {
		return err
	}
	if len(response.Token.FullBytes) == 0 { // it refuses, and says why
		return nil
	}
	return pades.CheckTimestamp(response.Token.FullBytes)
}

func down(cause error) error {
	return &domain.Error{Code: domain.Unavailable, Message: "The timestamp authority cannot be reached right now.", RetryAfter: time.Minute, Err: fmt.Errorf("tsa: %w", cause)}
}

func nonsense(cause error) error {
	return &domain.Error{Code: domain.Upstream, Message: "The timestamp authority did not give a timestamp.", Err: fmt.Errorf("tsa: %w", cause)}
}
