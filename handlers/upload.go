package handlers

import (
	"counsel/domain"
	"counsel/domain/schema"
	"counsel/handlers/middleware"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// uploadForm reads a form with a file, and a caseId before or after it, while it arrives. As an
// io.Reader it is the file's content; it ends when the whole form has been read.
type uploadForm struct {
	form   *multipart.Reader
	file   *multipart.Part
	caseID *domain.ID
}

// next reads up to the file, or to the end of the form once the file was read.
func (u *uploadForm) next() error {
	for {
		part, err := u.form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return middleware.FormError(err)
		case part.FormName() == "file" && u.file == nil:
			if _, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")); err != nil || !schema.IsLine(params["filename"]) {
				return domain.InvalidField("/file", "must have a name that is one line of UTF-8, without control characters, invisible characters, or characters that change the writing direction")
			}
			u.file = part
			return nil
		case part.FormName() != "caseId" || u.caseID != nil:
			return unknownPart(part)
		}
		value, err := io.ReadAll(io.LimitReader(part, 100))
		if err != nil {
			return middleware.FormError(err)
		}
		id, err := domain.ParseID(string(value))
		if err != nil {
			return domain.InvalidField("/caseId", "must be the id of a case")
		}
		u.caseID = &id
	}
}

func (u *uploadForm) Read(p []byte) (int, error) {
	n, err := u.file.Read(p)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, middleware.FormError(err)
	}
	if err := u.next(); err != nil {
		return n, err
	}
	return n, io.EOF
}

func unknownPart(p *multipart.Part) error {
	name := p.FormName()
	if len(name) > 100 {
		name = name[:100]
	}
	return &domain.Error{Code: domain.Malformed, Message: "The form has an unknown part.",
		Fields: []domain.Field{{Pointer: "/" + strings.ToValidUTF8(name, ""), Detail: "is not a part of this request, or is given twice"}}}
}
