package pdf

import (
	"fmt"

	"counsel/domain"
)

// fieldErrors collects validation errors without duplicates, at most maxFieldErrors.
type fieldErrors struct {
	fields []domain.Field
	seen   map[domain.Field]bool
}

const maxFieldErrors = 50

func (f *fieldErrors) add(source, format string, args ...any) {
	field := domain.Field{Pointer: source, Detail: fmt.Sprintf(format, args...)}
	if f.seen[field] || len(f.fields) == maxFieldErrors {
		return
	}
	if f.seen == nil {
		f.seen = map[domain.Field]bool{}
	}
	f.seen[field] = true
	f.fields = append(f.fields, field)
}

func (f *fieldErrors) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Invalid, Message: "The document contains something that cannot be rendered.", Fields: f.fields}
}
