package ai

import (
	"context"
	"encoding/json"
)

// Model is a provider of completions. Implementations are safe for concurrent use.
//
// Every failure is a *domain.Error, except when ctx is canceled by the caller: then it is ctx's error. The
// errors are
//   - Unavailable with ReasonUnavailable, UnavailableMessage and, if known, RetryAfter: the provider is down,
//     slow, overloaded or rejects us;
//   - Upstream with ReasonBadAnswer: the answer cannot be used;
//   - failures that a retry cannot fix, without RetryAfter: Invalid with ReasonTextFiltered, TooLarge with
//     ReasonTextTooLong, Upstream with ReasonKeyRefused, ReasonQuotaExceeded, ReasonModelUnknown or
//     ReasonRequestRefused.
type Model interface {
	// Name is the name of the requested model. It is part of every cache key.
	Name() string

	// Complete returns a whole answer. It retries by itself, within one deadline. After a failure, the Completion has
	// the tokens of the attempts that the provider may have billed.
	Complete(ctx context.Context, req Request) (Completion, error)

	// Stream is Complete, but calls delta with each piece of the text as it arrives, in order and in this
	// goroutine. Completion.Text is all pieces joined. It does not retry after the first call of delta.
	Stream(ctx context.Context, req Request, delta func(string)) (Completion, error)
}

// Reasons and messages of failures.
const (
	ReasonUnavailable  = "ai_unavailable"
	ReasonBadAnswer    = "ai_bad_answer"
	ReasonAnswerCutOff = "ai_answer_cut_off"
	UnavailableMessage = "The AI is busy right now, please try again."
	BadAnswerMessage   = "The AI gave an answer that cannot be used, please try again."
)

// Reasons of failures that a retry cannot fix.
const (
	ReasonTextFiltered   = "ai_text_filtered"
	ReasonTextTooLong    = "ai_text_too_long"
	ReasonKeyRefused     = "ai_key_refused"
	ReasonQuotaExceeded  = "ai_quota_exceeded"
	ReasonModelUnknown   = "ai_model_unknown"
	ReasonRequestRefused = "ai_request_refused"
	TextFilteredMessage  = "The AI provider's content filter rejected this text."
)

// Author is the author of a Message.
type Author string

// The authors.
const (
	System    Author = "system"
	User      Author = "user"
	Assistant Author = "assistant"
)

// Message is one turn of a conversation. Its text is masked.
type Message struct {
	Author Author
	Text   string
}

// Request is a request to the provider.
type Request struct {
	Messages       []Message                 // oldest first
	Schema         *Schema                   // the answer must be JSON of this schema; nil: plain text
	Check          func(answer string) error // whether the answer conforms to Schema, so that the model can ask again; nil: not checked
	MaxTokens      int                       // maximum length of the answer; 0: the provider's limit
	Temperature    *float64                  // nil: the provider's default
	IdempotencyKey string                    // the same for all attempts
}

// Schema is the schema of a JSON answer (structured output). Some providers ignore it silently, so the answer must
// be validated anyway.
type Schema struct {
	Name string          // letters, digits, _ and -, at most 64
	JSON json.RawMessage // a JSON Schema, with additionalProperties false on every object
}

// FinishReason is why the provider stopped.
type FinishReason string

// The finish reasons.
const (
	FinishStop          FinishReason = "stop"           // the answer is complete
	FinishLength        FinishReason = "length"         // cut off at MaxTokens
	FinishContentFilter FinishReason = "content_filter" // withheld by the provider
)

// Completion is the provider's answer.
type Completion struct {
	Text             string
	Model            string // as named by the provider; may be more specific than Model.Name
	FinishReason     FinishReason
	PromptTokens     int // of all attempts; 0 if the provider does not count tokens
	CompletionTokens int
}
