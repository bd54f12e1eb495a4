package llm

import (
	"bytes"
	"regexp"
	"sync"
	"time"
)

// A dialect is the set of protocol parameters that a provider does not support, and of habits that the protocol
// does not announce. It is learned from responses: when an error names a parameter, the request is repeated
// without it, and if that succeeds the parameter is omitted from later requests.
type dialect uint32

// The parameters that a provider may not support. Instead of max_completion_tokens the older max_tokens is
// sent, instead of a json_schema the weaker json_object; without response_format, neither.
const (
	noTemperature dialect = 1 << iota
	noMaxCompletionTokens
	noMaxTokens
	noStreamOptions
	noJSONSchema
	noResponseFormat
	noStream

	schemaInPrompt   // the schema was ignored, so the prompt states it as well
	slow             // complete answers took longer than the timeout, so they are requested as streams, which show life
	unopenedThinking // answers start with reasoning that has a closing tag only
)

// optional are all parameters that an answer can do without.
const optional = noTemperature | noMaxCompletionTokens | noMaxTokens | noStreamOptions | noJSONSchema | noResponseFormat

// Patterns that recognize a parameter in an error response, in lower case.
var (
	temperatureName    = regexp.MustCompile(`\btemperature\b`)
	streamOptionsName  = regexp.MustCompile(`\bstream_?options\b|\binclude_usage\b`)
	completionMaxName  = regexp.MustCompile(`\bmax_?completion_?tokens\b`)
	maxTokensName      = regexp.MustCompile(`\bmax_?tokens\b`)
	responseFormatName = regexp.MustCompile(`\bresponse[_ ]?format\b|\bjson[_ ]?schema\b|\bjson[_ ](object|mode)\b|\bstructured[_ -]?outputs?\b|\bguided[_ ](decoding|json|grammar)\b|\bgrammar\b`)
	streamName         = regexp.MustCompile(`\bstream(ing)?\b.{0,60}(not (yet )?(supported|available|allowed|implemented|permitted)|unsupported|must be false)|\bunsupported\b.{0,40}\bstream(ing)?\b`)
	unknownParameter   = regexp.MustCompile(`\b(unknown|unrecogni[sz]ed|unsupported|unexpected|extra|additional)[_ ]?(request |input |json |keyword )?(parameter|argument|field|propert|input|key|name|value|forbidden)|not (permitted|supported|allowed)|cannot find field`)
)

// without adds to d the parameters named in an error response, or all optional ones if it rejects a parameter without
// naming one. It returns d unchanged if it would not change the request.
func (d dialect) without(response []byte) dialect {
	response = bytes.ToLower(response)
	if d&noStream == 0 && streamName.Match(response) {
		return d | noStream // often the reason why others are rejected as well
	}
	less := d
	if temperatureName.Match(response) {
		less |= noTemperature
	}
	if streamOptionsName.Match(response) {
		less |= noStreamOptions
	}
	switch { // a response that rejects one often recommends the other
	case d&noMaxCompletionTokens == 0 && completionMaxName.Match(response):
		less |= noMaxCompletionTokens
	case d&noMaxCompletionTokens != 0 && maxTokensName.Match(response):
		less |= noMaxTokens
	}
	if responseFormatName.Match(response) {
		if less |= noJSONSchema; d&noJSONSchema != 0 {
			less |= noResponseFormat
		}
	}
	if less == d && unknownParameter.Match(response) {
		less |= optional
	}
	return less
}

// relearnAfter is how long something learned is believed. A provider may support more after an update, and one behind a
// load balancer may answer differently for a while.
const relearnAfter = time.Hour

// learned is the dialect learned so far. It is safe for concurrent use.
type learned struct {
	mu    sync.Mutex
	v     dialect
	until time.Time
}

func (l *learned) get() dialect {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.v != 0 && time.Now().After(l.until) {
		l.v = 0
	}
	return l.v
}

func (l *learned) add(d dialect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.v|d != l.v {
		l.v, l.until = l.v|d, time.Now().Add(relearnAfter)
	}
}
