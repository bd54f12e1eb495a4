package middleware

import (
	"strconv"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/limits"
	"counsel/handlers/problem"
)

// rateLimit charges the request to its caller: to the API key or the account, or to the network address
// when an operation needs no account. Health checks and pages, which take no body, are free.
func (s *Stack) rateLimit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		req := RequestFrom(c.Request().Context())
		limiter, key, requests := s.config.UserLimit, req.Principal.UserID.String(), 0
		switch op := req.operation; {
		case op.public && op.body == nil:
			return next(c)
		case op.public:
			limiter, key = s.config.AddressLimit, req.Address
		case req.key != nil:
			limiter, key, requests = s.config.KeyLimit, req.key.ID.String(), req.key.RateLimit
		}
		if err := s.charge(c, limiter, key, requests); err != nil {
			return err
		}
		return next(c)
	}
}

// chargeAddress charges a refused request to the client's network address. It returns refusal,
// or that the address's budget is spent.
func (s *Stack) chargeAddress(c *echo.Context, refusal error) error {
	if err := s.charge(c, s.config.AddressLimit, RequestFrom(c.Request().Context()).Address, 0); err != nil {
		return err
	}
	return refusal
}

// charge takes one request from a budget and reports the rest in the RateLimit headers. requests is the key's own
// budget; 0: the limiter's.
func (s *Stack) charge(c *echo.Context, limiter *limits.Limiter, key string, requests int) error {
	if limiter == nil {
		return nil
	}
	ctx, cancel := s.storeContext(c.Request().Context())
	defer cancel()
	d, err := limiter.AllowWithin(ctx, key, requests)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("RateLimit-Limit", strconv.Itoa(d.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(d.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(problem.Seconds(d.Reset)))
	if !d.Allowed {
		return &domain.Error{Code: domain.RateLimited, Message: "Too many requests. Please wait a moment.", RetryAfter: d.Reset}
	}
	return nil
}
