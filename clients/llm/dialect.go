package llm

import (
	"bytes"
	"regexp"
	"sync/atomic"
)

// A dialect is the set of protocol parameters that a provider does not support. It is learned from error
// responses: when one names a parameter, the request is repeated without it, and if that succeeds the
// parameter is omitted from all later requests.
type dialect uint32

// The parameters that a provider may not support. Instead of max_completion_tokens the older max_tokens is
// sent, instead of a json_schema the weaker json_object; without response_format, neither.
const (
	noTemperature dialect = 1 << iota
	noMaxCompletionTokens
	noStreamOptions
	noJSONSchema
	noResponseFormat
)

// parameterNames recognize a parameter in an error response.
var parameterNames = []struct {
	without dialect
	word    *regexp.Regexp
}{
	{noTemperature, regexp.MustCompile(`\btemperature\b`)},
	{noMaxCompletionTokens, regexp.MustCompile(`\bmax_completion_tokens\b`)},
	{noStreamOptions, regexp.MustCompile(`\bstream_options\b`)},
	{noJSONSchema, regexp.MustCompile(`\b(response_format|json_schema)\b`)},
}

// without adds the parameters named in an error response (status 400 or 422) to d. It returns d unchanged if
// the response names none that is still sent.
func (d dialect) without(refusal []byte) dialect {
	refusal = bytes.ToLower(refusal)
	for _, n := range parameterNames {
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

// learned is the dialect learned so far. It is safe for concurrent use.
type learned struct{ v atomic.Uint32 }

func (l *learned) get() dialect  { return dialect(l.v.Load()) }
func (l *learned) add(d dialect) { l.v.Or(uint32(d)) }
