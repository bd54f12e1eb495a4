package ai

import (
	"context"
	"encoding/json"
)

// Model is the provider of completions. Implementations are safe for concurrent use.
//
// Every failure is a *domain.Error, except when ctx was cancelled by the caller: then it
// is ctx's own error. The errors promised are
//   - Unavailable with Reason ReasonUnavailable, Message UnavailableMessage and, where one
//     is known, RetryAfter: the provider is down, slow, full or refuses us;
//   - Upstream with Reason ReasonBadAnswer: it answered, but with something that cannot be used;
//   - what another try cannot mend, without RetryAfter: Invalid with ReasonTextFiltered, TooLarge with
//     ReasonTextTooLong, Upstream with ReasonKeyRefused, ReasonQuotaExceeded, ReasonModelUnknown or
//     ReasonRequestRefused.
type Model interface {
	// Name is the model asked for. It is part of every cache key.
	Name() string

	// Complete returns one whole answer. It retries by itself, inside one deadline.
	Complete(ctx context.Context, req Request) (Completion, error)

	// Stream is Complete, with every piece of the answer's text handed to delta, in order
	// and from this goroutine, as it comes. Text of the Completion is all of them joined.
	// Once delta was called a failure is final: nothing is tried again.
	Stream(ctx context.Context, req Request, delta func(string)) (Completion, error)
}

// What a Model's failures say to the caller.
const (
	ReasonUnavailable  = "ai_unavailable"
	ReasonBadAnswer    = "ai_bad_answer"
	ReasonAnswerCutOff = "ai_answer_cut_off"
	UnavailableMessage = "The AI is busy right now, please try again."
	BadAnswerMessage   = "The AI gave an answer that cannot be used, please try again."
)

// What another try cannot mend.
const (
	ReasonTextFiltered   = "ai_text_filtered"
	ReasonTextTooLong    = "ai_text_too_long"
	ReasonKeyRefused     = "ai_key_refused"
	ReasonQuotaExceeded  = "ai_quota_exceeded"
	ReasonModelUnknown   = "ai_model_unknown"
	ReasonRequestRefused = "ai_request_refused"
	TextFilteredMessage  = "The AI provider's content filter does not let this text through."
)

// Author says who speaks in a Message.
type Author string

// The authors a provider knows.
const (
	System    Author = "system"
	User      Author = "user"
	Assistant Author = "assistant"
)

// Message is one turn of the conversation, oldest first. Its text is already masked.
type Message struct {
	Author Author
	Text   string
}

// Request is what the provider is asked.
type Request struct {
	Messages       []Message
	Schema         *Schema  // the shape the answer must have; nil: plain text
	MaxTokens      int      // the longest answer, in tokens; 0: the provider's own limit
	Temperature    *float64 // nil: the provider's own
	IdempotencyKey string   // the same on every try of this request
}

// Schema asks for an answer that is a JSON document. Some providers ignore it and say so
// nowhere, so the answer must be checked against it all the same.
type Schema struct {
	Name string          // letters, digits, _ and -, at most 64
	JSON json.RawMessage // a JSON Schema, with additionalProperties false on every object
}

// FinishReason says why the provider stopped.
type FinishReason string

// The reasons a provider gives.
const (
	FinishStop          FinishReason = "stop"           // the answer is complete
	FinishLength        FinishReason = "length"         // cut off at MaxTokens
	FinishContentFilter FinishReason = "content_filter" // withheld by the provider
)

// Completion is what the provider answered.
type Completion struct {
	Text             string
	Model            string // as the provider names it; may be finer than Model.Name
	FinishReason     FinishReason
	PromptTokens     int // 0 when the provider does not count
	CompletionTokens int
}
