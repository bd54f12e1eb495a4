package counsel

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// session has the tokens of a caller who signed in with a password.
type session struct {
	mu      sync.Mutex // guards tokens
	tokens  *Tokens
	refresh sync.Mutex // held while tokens are refreshed
}

// Login signs in. The client then refreshes its access token by itself. An unknown address and a wrong password
// are a *Problem with CodeUnauthenticated.
func (c *Client) Login(ctx context.Context, email, password string) error {
	tokens, err := c.LoginUser(ctx, LoginRequest{Email: email, Password: password})
	if err != nil {
		return err
	}
	c.setTokens(tokens)
	return nil
}

// Logout ends the session. The tokens are removed even if the service cannot be reached.
func (c *Client) Logout(ctx context.Context) error {
	if c.Tokens() == nil {
		return nil
	}
	err := c.LogoutUser(ctx)
	c.setTokens(nil)
	if isUnauthenticated(err) {
		return nil // it had ended before
	}
	return err
}

// Tokens returns the tokens of the session, nil if there is none.
func (c *Client) Tokens() *Tokens {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	return c.session.tokens
}

func (c *Client) setTokens(tokens *Tokens) {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.tokens = tokens
}

// token returns what authorizes a request: the key or the access token.
func (c *Client) token() string {
	if c.apiKey != "" {
		return c.apiKey
	}
	if tokens := c.Tokens(); tokens != nil {
		return tokens.AccessToken
	}
	return ""
}

// refresh returns an access token other than the expired one. It refreshes the tokens once for all concurrent calls,
// because a refresh token can be used once. It returns "" if the session has ended.
func (c *Client) refresh(ctx context.Context, expired string) (string, error) {
	c.session.refresh.Lock()
	defer c.session.refresh.Unlock()
	current := c.Tokens()
	if current == nil || current.AccessToken != expired {
		return c.token(), nil
	}
	tokens, err := c.RefreshTokens(ctx, RefreshRequest{RefreshToken: current.RefreshToken})
	if err != nil && !isUnauthenticated(err) {
		return "", err
	}
	c.setTokens(tokens)
	return c.token(), nil
}

func isUnauthenticated(err error) bool {
	var problem *Problem
	return errors.As(err, &problem) && problem.Status == http.StatusUnauthorized
}
