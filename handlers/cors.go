package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// contract is what the front door takes from openapi.yaml at start.
type contract struct {
	ops                             map[string]*operation
	methods                         map[string][]string // by path
	requestHeaders, responseHeaders []string            // all that are named anywhere, sorted
}

// readHeaders collects the headers that the contract names.
func (c *contract) readHeaders(doc *openapi3.T) error {
	in, out := map[string]bool{"Authorization": true, "Content-Type": true}, map[string]bool{}
	for name, names := range map[string]map[string]bool{"x-request-headers": in, "x-response-headers": out} {
		listed, ok := doc.Extensions[name].(map[string]any)
		if !ok {
			return fmt.Errorf("%s is missing", name)
		}
		for header := range listed {
			names[header] = true
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			for _, p := range o.Parameters {
				if p.Value.In == openapi3.ParameterInHeader {
					in[p.Value.Name] = true
				}
			}
			for _, r := range o.Responses.Map() {
				for header := range r.Value.Headers {
					out[header] = true
				}
			}
		}
	}
	c.requestHeaders, c.responseHeaders = slices.Sorted(maps.Keys(in)), slices.Sorted(maps.Keys(out))
	return nil
}

// cors lets pages of these origins send all that the contract takes and read all that it answers.
func (c *contract) cors(origins []string, localhost bool) middleware.CORSConfig {
	methods := map[string]bool{http.MethodHead: true}
	for _, all := range c.methods {
		for _, m := range all {
			methods[m] = true
		}
	}
	config := middleware.CORSConfig{
		AllowOrigins:  origins,
		AllowMethods:  slices.Sorted(maps.Keys(methods)),
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

// isLocalhost reports whether an origin is a page that this machine serves.
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

var pathParam = regexp.MustCompile(`\{([^}]+)\}`)

// otherMethod answers, for a path, whatever method the contract does not name for it.
func otherMethod(methods []string) echo.HandlerFunc {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	allow := strings.Join(slices.Sorted(slices.Values(append(methods, http.MethodOptions))), ", ")
	return func(c *echo.Context) error {
		c.Response().Header().Set(echo.HeaderAllow, allow)
		if c.Request().Method == http.MethodOptions {
			return c.NoContent(http.StatusNoContent)
		}
		return echo.ErrMethodNotAllowed
	}
}
