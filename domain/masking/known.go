package masking

// The session knows each value it masked as a chain of its tokens, so that it is found
// again anywhere: in other case, with other blanks, without the context that gave it
// away. knownType holds the type below these bits:
const (
	knownInside  = 1 << 7 // a longer value goes on from here
	knownEnd     = 1 << 6 // a value ends here
	knownCapital = 1 << 5 // an everyday word: counts only with a capital
	knownType    = knownCapital - 1
	// values of more tokens are not looked for again
	knownTokens = 96
)

// known is a set of token chains. The filter answers most questions without the map.
type known struct {
	values map[uint64]uint8
	filter [16]uint64
}

func (k *known) get(h uint64) uint8 {
	if k.filter[h>>60]&(1<<(h>>54&63)) == 0 {
		return 0
	}
	return k.values[h]
}

func (k *known) put(h uint64, v uint8) {
	if k.values == nil {
		k.values = make(map[uint64]uint8, 16)
	}
	k.filter[h>>60] |= 1 << (h >> 54 & 63)
	k.values[h] = v
}

// recognize learns the scan's spans and then finds every place where a known value
// stands.
func (s *Session) recognize(scan *scan) {
	for i := range scan.spans {
		s.learn(scan, &scan.spans[i])
	}
	if len(s.known.values) == 0 {
		return
	}
	before := len(scan.spans)
	for i := range scan.tokens {
		// of a value that is masked already, as a whole or in pieces, nothing remains
		if j, t := s.longest(scan, i); j > 0 && !scan.allTaken(i, j) {
			scan.add(t, i, j)
		}
	}
	if len(scan.spans) > before {
		scan.settle()
	}
}

// longest is the end of the longest known value at token i, or 0.
func (s *Session) longest(scan *scan, i int) (end int, t Type) {
	h := scan.tokens[i].hash
	for j := i; ; {
		v := s.known.get(h)
		if v&knownEnd != 0 && (v&knownCapital == 0 || scan.tokens[i].upper) {
			end, t = j+1, Type(v&knownType)
		}
		j++
		if v&knownInside == 0 || j >= len(scan.tokens) || j-i >= knownTokens {
			return end, t
		}
		h = chain(h, scan.tokens[j].hash)
	}
}

// learn makes a span's value known, and a person's names and a firm's first word each by
// itself. A value known
// with another type keeps that type.
func (s *Session) learn(scan *scan, span *Span) {
	tokens := scan.within(*span)
	if len(tokens) == 0 || len(tokens) > knownTokens || span.Type == Literal {
		return
	}
	if len(tokens) == 1 && tokens[0].kind == numberToken && span.End-span.Start < 5 {
		return // a house number: the same digits elsewhere are nobody's
	}
	h := tokens[0].hash
	for i := 1; i < len(tokens); i++ {
		s.known.put(h, s.known.get(h)|knownInside)
		h = chain(h, tokens[i].hash)
	}
	switch v := s.known.get(h); {
	case v&knownEnd != 0:
		span.Type = Type(v & knownType)
	default:
		v |= knownEnd | uint8(span.Type)
		if len(tokens) == 1 && tokens[0].upper && tokens[0].class&(common|rare) != 0 {
			v |= knownCapital
		}
		s.known.put(h, v)
	}
	if len(tokens) == 1 {
		return
	}
	if span.Type == Organization && shortName(&tokens[0]) {
		if v := s.known.get(tokens[0].hash); v&knownEnd == 0 {
			s.known.put(tokens[0].hash, v|knownEnd|knownCapital|uint8(Organization))
		}
	}
	if span.Type != Person {
		return
	}
	for i := range tokens {
		t := &tokens[i]
		if t.kind != wordToken || t.end-t.start < 3 || t.class&(honorific|particle|function) != 0 {
			continue
		}
		if t.class&(common|rare) != 0 && t.class&sure == 0 {
			continue
		}
		if v := s.known.get(t.hash); v&knownEnd == 0 {
			s.known.put(t.hash, v|knownEnd|uint8(Person))
		}
	}
}

// shortName tells whether a firm's first word can stand for the whole: "Larkspur" for
// "Larkspur Biotech, Inc.".
func shortName(t *token) bool {
	return t.kind == wordToken && t.end-t.start >= 4 && t.class&(common|function|foreign|nameClasses|nation|never) == 0
}
