package templates

import (
	"context"
	"encoding/json"
	"maps"

	"counsel/domain"
	"counsel/domain/doc"
)

// Bound is a document made from a template version and data.
type Bound struct {
	Document doc.Document
	// Key is the key under which the version is stored. With it, Rebind reproduces the document
	// whatever happens to the template.
	Key string
}

// Preview returns a version bound to data, or to its sample when data is nil, as HTML that is safe to
// embed in a page. Unpublished versions can be previewed by their owner. Errors: NotFound; Invalid: /data
// and pointers into it; TooLarge.
func (s *Service) Preview(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (title, fragment string, err error) {
	v, t, err := s.version(ctx, caller, id, version)
	if err != nil {
		return "", "", err
	}
	if data == nil {
		if data, err = decodeObject(v.Sample); err != nil {
			return "", "", err
		}
	}
	d, err := s.bind(versionKey{t.ID, version}, v, data, doc.CurrentRules)
	if err != nil {
		return "", "", err
	}
	fragment, err = d.HTML()
	return d.Meta.Title, fragment, err
}

// Bind binds data to a version, for a new document. The same version and data give the same document.
// Errors: NotFound; Invalid: /data and pointers into it; TooLarge; Conflict, for the owner: the version was
// withdrawn (reason template_unpublished), or the template is archived (template_archived).
func (s *Service) Bind(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (Bound, error) {
	v, t, err := s.version(ctx, caller, id, version)
	switch {
	case err != nil:
		return Bound{}, err
	case t.ArchivedAt.Valid:
		return Bound{}, errArchived()
	case v.State() == Withdrawn:
		return Bound{}, &domain.Error{Code: domain.Conflict, Reason: "template_unpublished", Message: "This version of the template is no longer published. Publish it, or use another one."}
	}
	d, err := s.bind(versionKey{t.ID, version}, v, data, doc.CurrentRules)
	return Bound{d, t.ID}, err
}

// Rebind reproduces the document of an earlier Bind from its recorded data, by the rules of that
// time.
func (s *Service) Rebind(ctx context.Context, key, version string, data json.RawMessage, rules doc.RulesVersion) (doc.Document, error) {
	decoded, err := decodeObject(data)
	if err != nil {
		return doc.Document{}, err
	}
	v, err := s.readVersion(ctx, versionKey{key, version})
	if err != nil {
		return doc.Document{}, err
	}
	return s.bind(versionKey{key, version}, v, decoded, rules)
}

// bind binds data to a version that the caller may see.
func (s *Service) bind(k versionKey, v TemplateVersion, data map[string]any, rules doc.RulesVersion) (doc.Document, error) {
	c, err := s.compiled(k, v)
	if err != nil {
		return doc.Document{}, err
	}
	return c.bind(data, rules, "/data", "/templateId")
}

// compiled returns a version compiled, from the cache if it is there.
func (s *Service) compiled(k versionKey, v TemplateVersion) (*compiled, error) {
	s.mu.Lock()
	c := s.cache[k]
	s.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := compile(v.Body, v.Schema, v.Sample, v.CreatedAt)
	if err != nil { // accepted in the past, but the rules are stricter now
		return nil, domain.InvalidField("/templateId", "this version of the template can no longer be used: %s", describeFields(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cache) >= maxCached {
		maps.DeleteFunc(s.cache, func(k versionKey, _ *compiled) bool { _, builtin := s.versions[k]; return !builtin })
	}
	s.cache[k] = c
	return c, nil
}
