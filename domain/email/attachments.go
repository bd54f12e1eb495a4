package email

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
)

// Attachment refers to a document of the service by its id or by a URL of its content.
type Attachment struct {
	Filename   string
	DocumentID domain.ID
	URL        string
	Inline     bool // an image that the HTML shows as cid:Filename
}

// validateAttachments looks up the documents to attach. A document that the caller may not read is treated as missing.
func (s *Service) validateAttachments(ctx context.Context, caller domain.Principal, at string, files []Attachment, a *submission) error {
	names := map[string]bool{}
	total := int64(0)
	for i, f := range files {
		pointer := at + "/attachments/" + strconv.Itoa(i)
		name := norm.NFC.String(f.Filename)
		switch detail := headerProblem(name, 200); {
		case detail != "":
			return domain.InvalidField(pointer+"/filename", "%s", detail)
		case strings.ContainsAny(name, `/\`):
			return domain.InvalidField(pointer+"/filename", "must not contain a path")
		case f.Inline && !isToken(name):
			return domain.InvalidField(pointer+"/filename", "of an inline image may contain only letters, digits, dots, hyphens and underscores")
		case names[name]:
			return domain.InvalidField(pointer+"/filename", "is not unique")
		}
		names[name] = true
		d, err := s.findDocument(ctx, caller, pointer, f)
		if err != nil {
			return err
		}
		if f.Inline && d.ContentType != filetype.PNG && d.ContentType != filetype.JPEG {
			return domain.InvalidField(pointer+"/inline", "is only for PNG and JPEG images")
		}
		if total += d.Size; total > MaxAttachedBytes {
			return &domain.Error{Code: domain.TooLarge, Message: "The attachments together have more than " + strconv.Itoa(MaxAttachedBytes) + " bytes.",
				Fields: []domain.Field{{Pointer: at + "/attachments", Detail: "are too large"}}}
		}
		a.Attachments = append(a.Attachments, AttachedFile{DocumentID: d.ID, Filename: name, ContentType: d.ContentType, Size: d.Size, Inline: f.Inline})
		a.checksums = append(a.checksums, d.SHA256)
	}
	return nil
}

// isToken reports whether a name can be used in a URL and a Content-ID without encoding.
func isToken(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

// findDocument looks up the document of an attachment. A URL is never fetched, only parsed for the id. It must be one
// that this service issues for the document, so that a URL of another file is not mistaken for it.
func (s *Service) findDocument(ctx context.Context, caller domain.Principal, pointer string, f Attachment) (files.File, error) {
	id, field := f.DocumentID, "/docId"
	if f.URL != "" {
		field = "/fileUrl"
	}
	if (f.URL == "") == id.IsZero() {
		return files.File{}, domain.InvalidField(pointer+"/fileUrl", "or docId is required, but not both")
	}
	foreign := domain.InvalidField(pointer+field, "is not a document of this service that you can read")
	var link *url.URL
	if f.URL != "" {
		var err error
		if link, err = url.Parse(f.URL); err != nil || link.User != nil || link.Opaque != "" || link.Fragment != "" {
			return files.File{}, foreign
		}
		if id, err = documentIDIn(link.Path); err != nil {
			return files.File{}, foreign
		}
	}
	d, err := s.files.Get(ctx, caller, id)
	switch code := domain.CodeOf(err); {
	case err != nil && (code == domain.NotFound || code == domain.Forbidden):
		return files.File{}, foreign
	case err != nil:
		return files.File{}, err
	case link == nil:
		return d, nil
	}
	ours, err := s.isOwnURL(ctx, d, link)
	if err == nil && !ours {
		err = foreign
	}
	return d, err
}

// documentIDIn is the id of the document that a path of a URL names: …/docs/<id>, or …/docs/<id>/content.
func documentIDIn(path string) (domain.ID, error) {
	parts := strings.Split(strings.TrimSuffix(path, "/content"), "/")
	if len(parts) < 2 || parts[len(parts)-2] != "docs" {
		return domain.ID{}, errors.New("no document")
	}
	return domain.ParseID(parts[len(parts)-1])
}

// isOwnURL reports whether a URL is one that this service issued for a document.
func (s *Service) isOwnURL(ctx context.Context, d files.File, link *url.URL) (bool, error) {
	content := "/api/docs/" + d.ID.String() + "/content"
	if link.Scheme == "" && link.Host == "" {
		return link.Path == content, nil
	}
	if link.Scheme+"://"+link.Host+link.Path == s.publicURL+content {
		return true, nil
	}
	at, _, err := s.files.PresignURL(ctx, d)
	if err != nil {
		return false, err
	}
	known, err := url.Parse(at)
	return err == nil && link.Scheme == known.Scheme && strings.EqualFold(link.Host, known.Host) && link.Path == known.Path, err
}
