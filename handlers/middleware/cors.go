package middleware

import (
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// cors lets pages of these origins send every method and header that the contract takes and read
// every header that it answers.
func (c *contract) cors(origins []string, localhost bool) middleware.CORSConfig {
	config := middleware.CORSConfig{
		AllowOrigins:  origins,
		AllowMethods:  c.allMethods(),
		AllowHeaders:  c.requestHeaders,
		ExposeHeaders: c.responseHeaders,
		MaxAge:        600,
	}
	if localhost {
		config.UnsafeAllowOriginFunc = func(_ *echo.Context, origin string) (string, bool, error) {
			switch {
			case slices.Contains(origins, "*"):
				return "*", true, nil
			case isLocalhost(origin), slices.ContainsFunc(origins, func(o string) bool { return strings.EqualFold(o, origin) }):
				return origin, true, nil
			}
			return "", false, nil
		}
	}
	return config
}

// isLocalhost reports whether an origin is a page served from this machine.
func isLocalhost(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}
