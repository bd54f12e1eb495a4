package policy

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// pattern is a regular expression with a literal prefilter: a matching text contains at least one of
// the literals. Checking them first avoids nearly every run of the expression.
type pattern struct {
	re       *regexp.Regexp
	literals []string // empty: no prefilter
}

func compileAll(exprs []string) ([]*pattern, error) {
	list := make([]*pattern, 0, len(exprs))
	for _, e := range exprs {
		p, err := compilePattern(e)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func compilePattern(expr string) (*pattern, error) {
	if withoutClasses := strings.NewReplacer(`\S`, "", `\W`, "", `\B`, "", `\D`, "").Replace(expr); withoutClasses != strings.ToLower(withoutClasses) {
		return nil, fmt.Errorf("pattern %q must be in lower case, like the text it is matched against", expr)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", expr, err)
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", expr, err)
	}
	return &pattern{re: re, literals: requiredLiterals(tree)}, nil
}

func (p *pattern) mayMatch(s string) bool {
	if len(p.literals) == 0 {
		return true
	}
	for _, m := range p.literals {
		if strings.Contains(s, m) {
			return true
		}
	}
	return false
}

func (p *pattern) matches(s string) bool { return p.mayMatch(s) && p.re.MatchString(s) }

func anyMatch(list []*pattern, s string) bool {
	return slices.ContainsFunc(list, func(p *pattern) bool { return p.matches(s) })
}

// requiredLiterals returns literals of which every match contains at least one, or nil.
func requiredLiterals(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiterals(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiterals(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if set := requiredLiterals(sub); shortestLen(set) > shortestLen(best) {
				best = set
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			set := requiredLiterals(sub)
			if len(set) == 0 {
				return nil
			}
			all = append(all, set...)
		}
		return all
	}
	return nil
}

// shortestLen returns the length of the shortest literal.
func shortestLen(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set[1:] {
		n = min(n, len(s))
	}
	return n
}

// normalize normalizes a sentence for matching: lower case, single blanks, ASCII quotes and dashes, no
// accents and no invisible characters.
func normalize(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := true
	for _, r := range s {
		switch {
		case r < 0x80 && r > ' ':
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			b.WriteByte(byte(r))
			blank = false
			continue
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
				blank = true
			}
			continue
		case r == '’' || r == '‘' || r == 'ʼ':
			r = '\''
		case r == '“' || r == '”' || r == '„' || r == '«' || r == '»':
			r = '"'
		case r == '–' || r == '—' || r == '‑' || r == '‐' || r == '−':
			r = '-'
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			continue
		default:
			b.WriteString(foldAccents(string(unicode.ToLower(r))))
			blank = false
			continue
		}
		b.WriteRune(r)
		blank = false
	}
	return strings.TrimRight(b.String(), " ")
}

// foldAccents replaces letters with accents by those without, and ß by ss: \b and \w of RE2 know ASCII only.
func foldAccents(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 {
		return s
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ReplaceAll(s, "ß", "ss"))))
}
