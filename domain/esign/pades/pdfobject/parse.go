package pdfobject

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
)

// maxNesting is how deep arrays and dictionaries may be nested in one object.
const maxNesting = 500

var errSyntax = errors.New("syntax error")

// parser parses objects from data.
type parser struct {
	data       []byte
	pos        int
	uniqueKeys bool // as Limits.UniqueKeys
}

func (p *parser) fail(what string) error {
	return fmt.Errorf("pdfobject: byte %d: %s: %w", p.pos, what, errSyntax)
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

// skip skips white space and comments.
func (p *parser) skip() {
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case isSpace(c):
			p.pos++
		case c == '%':
			for p.pos < len(p.data) && p.data[p.pos] != '\n' && p.data[p.pos] != '\r' {
				p.pos++
			}
		default:
			return
		}
	}
}

// word reads regular characters.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.data) && isRegular(p.data[p.pos]) {
		p.pos++
	}
	return string(p.data[start:p.pos])
}

// keyword reads a word, which must be the given one.
func (p *parser) keyword(want string) error {
	p.skip()
	if got := p.word(); got != want {
		return p.fail(fmt.Sprintf("%.20q instead of %q", got, want))
	}
	return nil
}

// natural reads an integer that is not negative.
func (p *parser) natural() (int, error) {
	p.skip()
	w := p.word()
	n, err := strconv.Atoi(w)
	if err != nil || n < 0 || w[0] == '+' {
		return 0, p.fail(fmt.Sprintf("%.20q is no natural number", w))
	}
	return n, nil
}

// object parses one object.
func (p *parser) object(depth int) (Object, error) {
	if depth > maxNesting {
		return nil, p.fail("nested too deeply")
	}
	p.skip()
	if p.pos == len(p.data) {
		return nil, p.fail("the end of the data")
	}
	switch c := p.data[p.pos]; c {
	case '/':
		return p.name()
	case '(':
		return p.literal()
	case '[':
		return p.array(depth)
	case '<':
		if p.pos+1 < len(p.data) && p.data[p.pos+1] == '<' {
			return p.dict(depth)
		}
		return p.hexadecimal()
	}
	if !isRegular(p.data[p.pos]) {
		return nil, p.fail("no object")
	}
	switch w := p.word(); w {
	case "true":
		return Boolean(true), nil
	case "false":
		return Boolean(false), nil
	case "null":
		return nil, nil
	default:
		return p.number(w)
	}
}

// number returns the number that w is, or the reference that it begins.
func (p *parser) number(w string) (Object, error) {
	if n, err := strconv.Atoi(w); err == nil {
		after := p.pos
		if n >= 0 && w[0] != '+' {
			if generation, err := p.natural(); err == nil && p.keyword("R") == nil {
				return Reference{n, generation}, nil
			}
		}
		p.pos = after
		return Integer(n), nil
	}
	digits, dots := 0, 0
	for i, c := range []byte(w) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			dots++
		case (c == '+' || c == '-') && i == 0:
		default:
			return nil, p.fail(fmt.Sprintf("%.20q", w))
		}
	}
	if digits == 0 || dots > 1 {
		return nil, p.fail(fmt.Sprintf("%.20q", w))
	}
	return Real(w), nil
}

func (p *parser) name() (Name, error) {
	p.pos++
	w := p.word()
	if i := bytes.IndexByte([]byte(w), '#'); i < 0 {
		return Name(w), nil
	}
	b := make([]byte, 0, len(w))
	for i := 0; i < len(w); i++ {
		if w[i] == '#' {
			n, err := strconv.ParseUint(w[i+1:min(i+3, len(w))], 16, 8)
			if err != nil || i+3 > len(w) || n == 0 {
				return "", p.fail("a wrong # in a name")
			}
			b = append(b, byte(n))
			i += 2
			continue
		}
		b = append(b, w[i])
	}
	return Name(b), nil
}

// literal parses a string in parentheses (7.3.4.2).
func (p *parser) literal() (String, error) {
	p.pos++
	var b []byte
	for open := 1; p.pos < len(p.data); p.pos++ {
		c := p.data[p.pos]
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				p.pos++
				return String(b), nil
			}
		case '\\':
			b = p.escape(b)
			continue
		case '\r': // every end of line is a line feed
			if p.pos+1 < len(p.data) && p.data[p.pos+1] == '\n' {
				p.pos++
			}
			c = '\n'
		}
		b = append(b, c)
	}
	return "", p.fail("a string without an end")
}

// escape appends what an escape sequence means and leaves p at the sequence's last character.
func (p *parser) escape(b []byte) []byte {
	if p.pos++; p.pos == len(p.data) {
		return b
	}
	switch c := p.data[p.pos]; c {
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'b':
		return append(b, '\b')
	case 'f':
		return append(b, '\f')
	case '\n':
		return b
	case '\r':
		if p.pos+1 < len(p.data) && p.data[p.pos+1] == '\n' {
			p.pos++
		}
		return b
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := 0
		for i := range 3 {
			if p.pos+i == len(p.data) || p.data[p.pos+i] < '0' || p.data[p.pos+i] > '7' {
				p.pos += i - 1
				return append(b, byte(n))
			}
			n = n*8 + int(p.data[p.pos+i]-'0')
		}
		p.pos += 2
		return append(b, byte(n))
	default:
		return append(b, c)
	}
}

func (p *parser) hexadecimal() (String, error) {
	var b []byte
	half, high := false, byte(0)
	for p.pos++; p.pos < len(p.data); p.pos++ {
		c := p.data[p.pos]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		case c == '>':
			p.pos++
			if half { // a missing last digit is 0
				b = append(b, high<<4)
			}
			return String(b), nil
		case isSpace(c):
			continue
		default:
			return "", p.fail("no hexadecimal digit")
		}
		if half {
			b = append(b, high<<4|c)
		}
		half, high = !half, c
	}
	return "", p.fail("a string without an end")
}

func (p *parser) array(depth int) (Array, error) {
	p.pos++
	a := Array{}
	for {
		if p.skip(); p.pos < len(p.data) && p.data[p.pos] == ']' {
			p.pos++
			return a, nil
		}
		o, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, o)
	}
}

func (p *parser) dict(depth int) (Dict, error) {
	p.pos += 2
	d := Dict{}
	for {
		p.skip()
		if bytes.HasPrefix(p.data[p.pos:], []byte(">>")) {
			p.pos += 2
			maps.DeleteFunc(d, func(_ Name, value Object) bool { return value == nil })
			return d, nil
		}
		if p.pos == len(p.data) || p.data[p.pos] != '/' {
			return nil, p.fail("no key of a dictionary")
		}
		key, err := p.name()
		if err != nil {
			return nil, err
		}
		value, err := p.object(depth + 1)
		if err != nil {
			return nil, err
		}
		if other, twice := d[key]; twice && p.uniqueKeys && !reflect.DeepEqual(other, value) {
			return nil, p.fail(fmt.Sprintf("two values of the key %.40q", key))
		}
		d[key] = value
	}
}
