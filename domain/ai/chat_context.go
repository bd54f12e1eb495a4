package ai

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/sources"
	"counsel/domain/cases"
	"counsel/domain/masking"
	query "counsel/gen/query/ai"
)

// questionContext is the loaded Context of a question.
type questionContext struct {
	caseID   *domain.ID
	caseText string // title and description of the case
	previous *query.Consultation
	sources  *sources.Sources // nil: no documents
}

// loadContext reads what a question refers to. The caller must have access to all of it.
func (s *Service) loadContext(ctx context.Context, caller domain.Principal, q Question) (c questionContext, err error) {
	if q.Context == nil {
		return c, nil
	}
	if c.caseID, c.caseText, err = s.loadCase(ctx, caller, q); err != nil {
		return c, err
	}
	if c.previous, err = s.loadPrevious(ctx, caller, q); err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	c.sources, err = sources.Load(ctx, s.library, caller, sources.Query{
		UserID: q.UserID, Message: q.Message, CaseID: q.Context.CaseID, DocumentIDs: q.Context.DocumentIDs,
	})
	return c, err
}

// loadCase returns the case that a question belongs to, and its text; nil if it names none.
func (s *Service) loadCase(ctx context.Context, caller domain.Principal, q Question) (*domain.ID, string, error) {
	id := q.Context.CaseID
	if id == nil {
		return nil, "", nil
	}
	if s.cases == nil {
		return nil, "", domain.NoSuch("case")
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	if err := s.cases.Authorize(ctx, caller, *id, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceConsultation}); err != nil {
		return nil, "", err
	}
	if q.UserID != caller.UserID {
		// An admin may only ask for users who can read the case themselves.
		member, err := s.cases.IsMember(ctx, *id, q.UserID)
		if err != nil {
			return nil, "", err
		}
		if !member {
			return nil, "", domain.InvalidField("/userId", "is not a member of the case")
		}
	}
	c, err := s.cases.Get(ctx, caller, *id)
	if err != nil {
		return nil, "", err
	}
	return id, strings.TrimSpace(c.Title + "\n\n" + c.Description), nil
}

// loadPrevious returns the consultation that a question continues; nil if it names none.
func (s *Service) loadPrevious(ctx context.Context, caller domain.Principal, q Question) (*query.Consultation, error) {
	if q.Context.ConsultationID == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	c, err := query.New(s.db).GetConsultation(ctx, *q.Context.ConsultationID)
	allowed := c.UserID == q.UserID || (caller.MayAccess(c.UserID) && q.UserID == caller.UserID)
	if c.CaseID != nil { // it stays inside its case, where every member may continue it
		allowed = q.Context.CaseID != nil && *q.Context.CaseID == *c.CaseID
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !allowed:
		return nil, domain.NoSuch("consultation")
	case err != nil:
		return nil, db.Error(err)
	}
	return &c, nil
}

// maskedQuestion is a masked question with its context.
type maskedQuestion struct {
	message, facts, caseText         string
	previousQuestion, previousAnswer string
	passages                         []sources.Passage
}

// maxTurn is the maximum length of the previous question and answer, in characters.
const maxTurn = 40_000

// mask masks everything that will be sent with one session, so that a person has the same placeholder
// everywhere. Texts are shortened after masking, because half an address is not recognized. Everything is
// masked twice, so that a name that one text reveals is found in all.
func (c questionContext) mask(session *masking.Session, q Question) (m maskedQuestion, err error) {
	var pages []masking.Masked
	for range 2 {
		if m, err = c.maskTexts(session, q); err != nil {
			return maskedQuestion{}, err
		}
		if pages, err = c.sources.Mask(session); err != nil {
			return maskedQuestion{}, err
		}
	}
	m.passages, err = c.sources.Select(session, pages, m.message)
	return m, err
}

func (c questionContext) maskTexts(session *masking.Session, q Question) (m maskedQuestion, err error) {
	var previous query.Consultation
	if c.previous != nil {
		previous = *c.previous
	}
	facts := ""
	if q.Context != nil {
		facts = strings.TrimSpace(q.Context.Facts)
	}
	for _, part := range []struct {
		to      *string
		pointer string
		text    string
	}{
		{&m.previousQuestion, "/context/consultationId", previous.Question},
		{&m.previousAnswer, "/context/consultationId", previous.Answer},
		{&m.caseText, "/context/caseId", c.caseText},
		{&m.facts, "/context/facts", facts},
		{&m.message, "/message", q.Message},
	} {
		if part.text == "" {
			continue
		}
		if *part.to, err = mask(session, part.text, part.pointer); err != nil {
			return maskedQuestion{}, err
		}
	}
	m.previousQuestion, m.previousAnswer = domain.Truncate(m.previousQuestion, maxTurn), domain.Truncate(m.previousAnswer, maxTurn)
	return m, nil
}
