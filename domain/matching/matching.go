// Package matching compares names of people and companies across spellings, scripts and conventions. The conflict
// check of cases and the screening of sanctions use it.
//
// Parse reads a name once, Compare scores two of them from 0 to 1 and says why, and Keys are hashes under which an
// index finds the candidates to compare: two names that match share a stored and a wanted key, apart from rare
// combinations of several differences. Nothing is stored and nothing can fail: a name without letters matches only itself.
//
// What is compared: words in any order, written together or apart, without case, accents, apostrophes and
// invisible characters; Cyrillic, Greek, Arabic, Hebrew, Chinese, Japanese kana and Korean by their romanizations
// (Unicode's tables, then one skeleton for all systems); initials, short forms, titles and legal forms; typing mistakes
// in long words. Two established names are never taken for a typing mistake of each other.
package matching

import (
	"slices"
	"strings"
)

// Kind is the kind of what has the name.
type Kind string

// Kinds.
const (
	Person  Kind = "person"
	Company Kind = "company"
)

// Thresholds of Match.Score. Below Possible the names are different.
const (
	Possible = 0.80 // may be the same: people look
	Strong   = 0.95 // the same name, written otherwise
)

// A Reason says how two matching names differ.
type Reason string

// Reasons. A Match that is not Exact has one or more.
const (
	Exact          Reason = "exact"          // the same characters
	Folded         Reason = "folded"         // case, accents, punctuation, invisible characters, spelled umlauts
	Transliterated Reason = "transliterated" // another script, or another romanization of it
	Order          Reason = "order"          // of the words
	Spacing        Reason = "spacing"        // words written together or apart
	Initial        Reason = "initial"        // an initial for a word
	Nickname       Reason = "nickname"       // a short or foreign form of a given name
	MissingWord    Reason = "missingWord"    // one name lacks words of the other
	Title          Reason = "title"          // a title, degree or generation, such as Dr. or Jr.
	LegalForm      Reason = "legalForm"      // of a company
	Abbreviation   Reason = "abbreviation"   // of a word of a company, such as Intl
	Spelling       Reason = "spelling"       // a typing mistake or a variant spelling
)

// A Match is the result of comparing two names.
type Match struct {
	Score   float64 // 1: the same characters
	Reasons []Reason
}

// Name is a name that was read. The zero Name matches nothing.
type Name struct {
	kind       Kind
	raw        string
	readings   []reading
	generation int      // 1 for Sr., 2 for Jr. or II, 3 for III; 0 if the name has none
	forms      []string // legal forms of a company
	titled     bool
}

// Parse reads a name. Of a name with many words the first are compared.
func Parse(name string, kind Kind) Name {
	n := Name{kind: kind, raw: name}
	n.read()
	return n
}

// Compare compares two names.
func Compare(a, b Name) Match {
	best := Match{}
	for _, x := range a.readings {
		for _, y := range b.readings {
			if m := compareReadings(a, b, x, y); m.Score > best.Score {
				best = m
			}
		}
	}
	if best.Score < Possible {
		return Match{Score: best.Score}
	}
	if a.raw == b.raw {
		return Match{Score: 1, Reasons: []Reason{Exact}}
	}
	switch {
	case a.generation != 0 && b.generation != 0 && a.generation != b.generation: // father and son
		return Match{Score: min(best.Score, Possible) - 0.15}
	case a.generation != b.generation, a.titled != b.titled:
		best.Score -= 0.01
		best.Reasons = append(best.Reasons, Title)
	}
	if !slices.Equal(a.forms, b.forms) {
		best.Score -= 0.01
		if len(a.forms) > 0 && len(b.forms) > 0 {
			best.Score -= 0.01
		}
		best.Reasons = append(best.Reasons, LegalForm)
	}
	if len(best.Reasons) == 0 {
		best.Reasons = []Reason{Folded}
		best.Score = min(best.Score, 0.99)
	}
	slices.Sort(best.Reasons)
	best.Reasons = slices.Compact(best.Reasons)
	return best
}

// compareReadings compares one reading of each name.
func compareReadings(a, b Name, x, y reading) Match {
	if m := sameRunes(x, y); m.Score > 0 {
		return m
	}
	if a.kind != b.kind {
		return Match{}
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	al := align(x, y, a.kind)
	if a.kind == Company {
		return al.scoreCompany()
	}
	return al.scorePerson()
}

// sameRunes matches readings whose words are the same in any order, or whose joined letters are the same if the
// words are only rotated, as when the family name comes first.
func sameRunes(x, y reading) Match {
	if joints, length := len(x)+len(y)-2, x.length()-y.length(); max(length, -length) > joints {
		return Match{} // merged drops a letter for each joint at most
	}
	m, joinedX, joinedY := Match{}, x.joined(), y.joined()
	switch {
	case slices.EqualFunc(x, y, func(a, b word) bool { return a.text == b.text }):
		m = Match{Score: 0.99}
	case len(x) == len(y) && len(joinedX) == len(joinedY) && slices.Equal(sortedTexts(x), sortedTexts(y)):
		m = Match{Score: 0.98, Reasons: []Reason{Order}}
	case joinedX == joinedY || len(x) != len(y) && plain(joinedX) == plain(joinedY):
		m = Match{Score: 0.98, Reasons: []Reason{Spacing}}
	case rotated(x, y, joinedX, joinedY) || rotated(y, x, joinedY, joinedX):
		m = Match{Score: 0.97, Reasons: []Reason{Order, Spacing}}
	default:
		return m
	}
	if x.script() != y.script() {
		m.Score -= 0.01
		m.Reasons = append(m.Reasons, Transliterated)
	}
	return m
}

// rotated reports whether x is written as y with its first words last. They are given with their joined letters.
func rotated(x, y reading, joinedX, joinedY string) bool {
	first := 0 // the length of the words that come last
	for i := 1; i < len(y); i++ {
		first += len(y[i-1].text)
		head, tail := joinedY[:first], joinedY[first:]
		if len(joinedX) == len(joinedY) && joinedX[:len(tail)] == tail && joinedX[len(tail):] == head {
			return true
		}
		if len(x) != len(y) && plain(tail+head) == plain(joinedX) {
			return true
		}
	}
	return false
}

func sortedTexts(r reading) []string {
	texts := make([]string, len(r))
	for i, w := range r {
		texts[i] = w.text
	}
	slices.Sort(texts)
	return texts
}

// length is that of the joined letters.
func (r reading) length() (n int) {
	for _, w := range r {
		n += len(w.text)
	}
	return n
}

func (r reading) joined() string {
	var b strings.Builder
	for _, w := range r {
		b.WriteString(w.text)
	}
	return b.String()
}

// merged is joined as if it had been written as one word.
func (r reading) merged() string { return plain(r.joined()) }

// script is the script of the first word that is not Latin.
func (r reading) script() script {
	for _, w := range r {
		if w.script != latinScript {
			return w.script
		}
	}
	return latinScript
}
