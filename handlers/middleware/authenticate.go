package middleware

import (
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/apikeys"
)

// authenticate finds out who calls. An operation without `security` needs no token; /metrics
// needs METRICS_TOKEN if that is set; all others need an access token or an API key. A refused token
// is charged to the client's network address, so that guessing has a price.
func (s *Stack) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		req := RequestFrom(r.Context())
		switch op := req.operation; {
		case op.metricsToken && s.config.MetricsToken != "":
			if subtle.ConstantTimeCompare([]byte(bearerToken(r)), []byte(s.config.MetricsToken)) != 1 {
				return domain.Errorf(domain.Unauthenticated, "The metrics token is needed.")
			}
			return next(c)
		case op.public:
			return next(c)
		}
		token := bearerToken(r)
		if token == "" {
			return s.chargeAddress(c, domain.Errorf(domain.Unauthenticated, "A valid access token is required."))
		}
		ctx, cancel := s.storeContext(r.Context())
		defer cancel()
		var principal domain.Principal
		var err error
		if apikeys.IsSecret(token) {
			var key apikeys.Key
			principal, key, err = s.config.APIKeys.Authenticate(ctx, token, req.Address)
			req.key = &key
		} else {
			principal, err = s.config.Accounts.Authenticate(ctx, token)
		}
		if err != nil {
			return s.chargeAddress(c, err)
		}
		req.Principal = principal
		authenticated := domain.WithPrincipal(r.Context(), principal)
		authenticated = domain.WithLogAttrs(authenticated, slog.String("user_id", principal.UserID.String()))
		if req.key != nil {
			authenticated = domain.WithLogAttrs(authenticated, slog.String("key_id", req.key.ID.String()))
		}
		c.SetRequest(r.WithContext(authenticated))
		return next(c)
	}
}

// bearerToken returns the token of the Authorization header (RFC 6750), or "". Of several headers none counts: a proxy could
// have checked another one.
func bearerToken(r *http.Request) string {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
