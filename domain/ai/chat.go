package ai

import (
	"context"

	"counsel/domain"
)

// Question is one question to the AI.
type Question struct {
	UserID  domain.ID // whose question it is: the caller's own, unless the caller is an admin
	Message string
	Context *Context // nil: none
	Locale  string   // BCP 47; "": English
}

// Context is what a question goes on from. Its answer is never shared with another user.
type Context struct {
	ConsultationID *domain.ID // an earlier consultation of the user
	Facts          string
}

// Answer is the AI's answer.
type Answer struct {
	Text           string // Markdown
	References     []Reference
	TokensUsed     int  // what the provider counted for this very request; 0 when Cached
	Cached         bool // from the cache, or from the call another request was making
	ConsultationID domain.ID
}

// Reference is something the answer was given with.
type Reference struct {
	ConsultationID domain.ID
	Excerpt        string // the beginning of what was asked then, at most 300 characters
}

// Chat answers a question. Errors: Forbidden for another user's id, Invalid (/message,
// /locale, /userId), NotFound for a consultation the user cannot read, and those of Model.
func (s *Service) Chat(ctx context.Context, caller domain.Principal, q Question) (Answer, error) {
	return s.chat(ctx, caller, q, nil)
}

// StreamChat is Chat, with the answer handed to delta piece by piece from the caller's own
// goroutine; the pieces joined are Answer.Text. An error may come after some pieces.
func (s *Service) StreamChat(ctx context.Context, caller domain.Principal, q Question, delta func(string)) (Answer, error) {
	return s.chat(ctx, caller, q, delta)
}

func (s *Service) chat(context.Context, domain.Principal, Question, func(string)) (Answer, error) {
	return Answer{}, domain.Errorf(domain.Unavailable, UnavailableMessage)
}
