package llm

import (
	"bytes"
	"regexp"
	"sync/atomic"
)

// A dialect is the set of parameters of the protocol that a provider does not take. It is learned
// from refusals: when one names a parameter, the request is sent again without it, and if that is
// accepted the parameter is left out from then on.
type dialect uint32

// The parameters that a provider may not take. Without maxCompletionTokens the older max_tokens is
// sent, without jsonSchema the weaker json_object, without responseFormat neither.
const (
	noTemperature dialect = 1 << iota
	noMaxCompletionTokens
	noStreamOptions
	noJSONSchema
	noResponseFormat
)

// names are the words by which a refusal names a parameter.
var names = []struct {
	without dialect
	word    *regexp.Regexp
}{
	{noTemperature, regexp.MustCompile(`\btemperature\b`)},
	{noMaxCompletionTokens, regexp.MustCompile(`\bmax_completion_tokens\b`)},
	{noStreamOptions, regexp.MustCompile(`\bstream_options\b`)},
	{noJSONSchema, regexp.MustCompile(`\b(response_format|json_schema)\b`)},
}

// without is d with what a refusal (of status 400 or 422) names left out as well; the same d when it
// names nothing that is still sent.
func (d dialect) without(refusal []byte) dialect {
	refusal = bytes.ToLower(refusal)
	for _, n := range names {
		switch {
		case !n.word.Match(refusal):
		case d&n.without == 0:
			d |= n.without
		case n.without == noJSONSchema:
			d |= noResponseFormat
		}
	}
	return d
}

// learned is the dialect of a provider, as far as it is known.
type learned struct{ v atomic.Uint32 }

func (l *learned) get() dialect  { return dialect(l.v.Load()) }
func (l *learned) add(d dialect) { l.v.Or(uint32(d)) }
