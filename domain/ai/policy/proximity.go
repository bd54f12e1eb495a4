package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A proximity pattern is a sequence of regular expressions with at most so many bytes between them, written
// `first.{0,80}second`. RE2 would unroll each gap into as many states; matching the parts one after
// another is many times faster.
type proximity struct {
	parts []*pattern
	gaps  []int // bytes between parts[i] and parts[i+1]
}

var gapExpr = regexp.MustCompile(`^\.\{0,(\d+)\}`)

// compileProximity compiles the alternatives of an expression, separated by | outside of groups.
func compileProximity(expr string) ([]*proximity, error) {
	var out []*proximity
	expr = foldAccents(expr)
	current, depth, start := &proximity{}, 0, 0
	add := func(end int) error {
		p, err := compilePattern(expr[start:end])
		if err == nil && end == start {
			err = fmt.Errorf("pattern %q has an empty part", expr)
		}
		current.parts = append(current.parts, p)
		return err
	}
	for i := 0; i < len(expr); i++ {
		switch expr[i] {
		case '\\':
			i++
		case '[':
			i += strings.IndexByte(expr[i:], ']')
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth > 0 {
				continue
			}
			if err := add(i); err != nil {
				return nil, err
			}
			out, current, start = append(out, current), &proximity{}, i+1
		case '.':
			m := gapExpr.FindStringSubmatch(expr[i:])
			if depth > 0 || m == nil || i+len(m[0]) == len(expr) {
				continue
			}
			if err := add(i); err != nil {
				return nil, err
			}
			gap, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			current.gaps = append(current.gaps, gap)
			i += len(m[0]) - 1
			start = i + 1
		}
	}
	if err := add(len(expr)); err != nil {
		return nil, err
	}
	return append(out, current), nil
}

func (p *proximity) matches(s string) bool {
	for _, part := range p.parts {
		if !part.mayMatch(s) {
			return false
		}
	}
	return p.matchesFrom(s, 0)
}

// maxStarts bounds the places at which a part is tried, and with it the time of a match.
const maxStarts = 8

func (p *proximity) matchesFrom(s string, i int) bool {
	last := i == len(p.parts)-1
	if last {
		loc := p.parts[i].re.FindStringIndex(s)
		return loc != nil && (i == 0 || loc[0] <= p.gaps[i-1])
	}
	from := 0
	for range maxStarts {
		loc := p.parts[i].re.FindStringIndex(s[from:])
		if loc == nil || i > 0 && from+loc[0] > p.gaps[i-1] {
			return false
		}
		if p.matchesFrom(s[from+loc[1]:], i+1) {
			return true
		}
		from += max(loc[1], loc[0]+1)
		if from >= len(s) {
			return false
		}
	}
	return false
}
