// Package tsa is a client of a timestamp authority (RFC 3161) over HTTP. It implements pades.Timestamper.
//
// A request has a time limit and is not retried: sealing is a job, which is.
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
	requestTimeout  = 20 * time.Second
	maxResponseSize = 64 << 10 // bytes; a token with a chain of certificates has fewer than ten thousand
)

// Client is a client of one authority. It is safe for concurrent use.
type Client struct {
	url  string
	http *http.Client
}

var _ pades.Timestamper = (*Client)(nil)

// New validates the address. It does not connect.
func New(address string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("tsa: the address must be http(s)://host/path")
	}
	return &Client{url: address, http: &http.Client{Timeout: requestTimeout}}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Timestamp returns a timestamp token for a SHA-256 digest, as pades.Timestamper specifies.
func (c *Client) Timestamp(ctx context.Context, digest []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	request := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest, Certificates: true, Nonce: nonce}
	body, err := request.Marshal()
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("tsa: %w", err)
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unavailable(err)
	}
	defer resp.Body.Close()
	der, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseSize))
	switch {
	case err != nil:
		return nil, unavailable(err)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		return nil, unavailable(fmt.Errorf("status %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, invalidResponse(fmt.Errorf("status %d", resp.StatusCode))
	}
	if err := checkLimits(der); err != nil {
		return nil, invalidResponse(err)
	}
	ts, err := timestamp.ParseResponse(der)
	switch {
	case err != nil:
		return nil, invalidResponse(err)
	case !bytes.Equal(ts.HashedMessage, digest), ts.HashAlgorithm != crypto.SHA256, ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0:
		return nil, invalidResponse(errors.New("the token is not for this request"))
	case len(ts.Certificates) == 0:
		return nil, invalidResponse(errors.New("the token has no certificate"))
	}
	return ts.RawToken, nil
}

// checkLimits checks an untrusted response before it is parsed.
func checkLimits(der []byte) error {
	if err := pades.CheckASN1(der); err != nil {
		return err
	}
	var response struct {
		Status asn1.RawValue
		Token  asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &response); err != nil {
		return err
	}
	if len(response.Token.FullBytes) == 0 { // the response is a rejection with a reason
		return nil
	}
	return pades.CheckTimestamp(response.Token.FullBytes)
}

func unavailable(cause error) error {
	return &domain.Error{Code: domain.Unavailable, Message: "The timestamp authority cannot be reached right now.", RetryAfter: time.Minute, Err: fmt.Errorf("tsa: %w", cause)}
}

func invalidResponse(cause error) error {
	return &domain.Error{Code: domain.Upstream, Message: "The timestamp authority did not return a valid timestamp.", Err: fmt.Errorf("tsa: %w", cause)}
}
