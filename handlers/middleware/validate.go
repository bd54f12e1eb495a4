package middleware

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/handlers/problem"
)

// validateParameters refuses a request whose path, query or headers do not match the contract,
// or that sends an Idempotency-Key where none is taken.
func validateParameters(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		op := RequestFrom(c.Request().Context()).operation
		if err := op.checkParameters(c.Request(), c.Param); err != nil {
			return err
		}
		if err := op.refuseKey(c.Request()); err != nil {
			return err
		}
		return next(c)
	}
}

func (op *operation) checkParameters(r *http.Request, pathValue func(string) string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil && op.strictQuery {
		return &domain.Error{Code: domain.Malformed, Message: "The query of the address cannot be read.", Fields: []domain.Field{{Pointer: "?", Detail: "must be pairs of names and values, percent-encoded"}}}
	}
	fields := op.unknownParameters(query)
	for _, p := range op.parameters {
		values, pointer := query[p.name], "?"+p.name
		switch p.in {
		case openapi3.ParameterInPath:
			values = []string{pathValue(p.name)}
		case openapi3.ParameterInHeader:
			values, pointer = r.Header.Values(p.name), p.name
		}
		fields = append(fields, p.check(values, pointer)...)
	}
	if len(fields) > 0 {
		return &domain.Error{Code: domain.Malformed, Message: "A parameter cannot be accepted.", Fields: fields}
	}
	return nil
}

func (op *operation) unknownParameters(query url.Values) (fields []domain.Field) {
	if !op.strictQuery {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		known := func(p parameter) bool { return p.in == openapi3.ParameterInQuery && p.name == name }
		if !slices.ContainsFunc(op.parameters, known) && len(fields) < problem.MaxFieldErrors {
			fields = append(fields, domain.Field{Pointer: "?" + strings.ToValidUTF8(name, "\ufffd"), Detail: "is not a parameter of this operation"})
		}
	}
	return fields
}

// check validates the values that a request has for p.
func (p parameter) check(values []string, pointer string) (fields []domain.Field) {
	fault := func(detail string) []domain.Field { return []domain.Field{{Pointer: pointer, Detail: detail}} }
	switch {
	case len(values) > 1:
		return fault("must be given once")
	case len(values) == 0 && p.required:
		return fault("is missing")
	case len(values) == 0:
		return nil
	case !utf8.ValidString(values[0]):
		return fault("must be UTF-8")
	}
	var v any = values[0]
	if p.integer {
		n, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil {
			return fault("must be an integer")
		}
		v = json.Number(strconv.FormatInt(n, 10))
	} else if p.boolean && (v == "true" || v == "false") {
		v = v == "true"
	} else if p.list {
		items := []any{}
		for item := range strings.SplitSeq(values[0], ",") {
			items = append(items, item)
		}
		v = items
	}
	for _, f := range p.schema.Check(v, pointer) {
		fields = append(fields, f.Field)
	}
	return fields
}
