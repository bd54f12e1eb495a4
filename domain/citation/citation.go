// Package citation recognizes what a legal text refers to: statutes, decisions, named acts and codes,
// courts, and doctrines named after people, as written in the United States, the United Kingdom, the
// European Union and in German, French, Spanish, Portuguese, Italian and Dutch texts.
//
// It recognizes by form and by embedded lists (lists/*.txt). It does not know whether a citation exists
// or says what is claimed. Sections of a private document ("Section 4 of the agreement", "§ 4") are not
// citations, and neither is the caption of an unpublished case ("Miller v. Acme") unless a citation stands
// beside it; Captions returns those.
//
// Everything is a pure function, safe for concurrent use, and linear in the length of the text.
package citation

import (
	"cmp"
	"slices"
)

// Kind is what a Citation refers to.
type Kind string

// The kinds of citations.
const (
	Statute  Kind = "statute"  // a provision, or a numbered act: "§ 622 BGB", "42 U.S.C. § 1983", "Ley 29/1994"
	Act      Kind = "act"      // an act, code or treaty by its name: "Housing Act 1988", "Code du travail", "GDPR"
	Case     Kind = "case"     // a published decision: "Roe v. Wade", "[2019] UKSC 5", "BGH NJW 2015, 1234"
	Doctrine Kind = "doctrine" // a doctrine, test or order named after a person or case: "Daubert standard"
	Court    Kind = "court"    // a court or authority: "Bundesgerichtshof", "S.D.N.Y.", "Cour d'appel de Lyon"
)

// Citation is a reference at text[Start:End].
type Citation struct {
	Start, End int // in bytes
	Kind       Kind
}

// Find returns the citations of a text in order, without overlaps. The longest wins.
func Find(text string) []Citation {
	f := finder{text: text}
	f.scan()
	return merge(text, f.found)
}

// Captions returns the names of decisions that are recognized by their form alone, such as "Miller v.
// Acme Corp.", and are not part of a citation that Find returns. They may name private parties.
func Captions(text string) []Citation {
	_, captions, _ := find(text)
	return captions
}

// FindNames returns what Find returns, and apart from it the captions and, as doctrines, short names such as
// "the Miller case" and "a Miller order". The latter two may name private persons.
func FindNames(text string) (known, names []Citation) {
	known, captions, shorthands := find(text)
	return known, sorted(append(captions, shorthands...))
}

// FindAll returns what Find and Captions return, in order.
func FindAll(text string) []Citation {
	known, captions, _ := find(text)
	return sorted(append(known, captions...))
}

func sorted(all []Citation) []Citation {
	slices.SortFunc(all, func(a, b Citation) int { return cmp.Compare(a.Start, b.Start) })
	return all
}

func find(text string) (known, captions, shorthands []Citation) {
	f := finder{text: text, captions: true}
	f.scan()
	known = merge(text, f.found)
	return known, outside(merge(text, f.byForm), known), outside(merge(text, f.shorthands), known)
}

// outside returns those of names that overlap none of known. Both are in order.
func outside(names, known []Citation) []Citation {
	i := 0
	return slices.DeleteFunc(names, func(c Citation) bool {
		for i < len(known) && known[i].End <= c.Start {
			i++
		}
		return i < len(known) && known[i].Start < c.End
	})
}

// merge sorts citations, drops those inside longer ones, and joins the name of a case with the citation
// that follows it.
func merge(text string, found []Citation) []Citation {
	slices.SortStableFunc(found, func(a, b Citation) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var out []Citation
	for _, c := range found {
		if len(out) == 0 {
			out = append(out, c)
			continue
		}
		last := &out[len(out)-1]
		switch {
		case c.Start >= last.End:
			if last.Kind == Case && c.Kind == Case && joins(text[last.End:c.Start]) {
				last.End = c.End
			} else {
				out = append(out, c)
			}
		case c.End <= last.End:
		case c.Kind == last.Kind:
			last.End = c.End
		case c.Kind == Case && (last.Kind == Statute || last.Kind == Act): // "§ 307 BGB and Smith v. Jones": the caption was read too far back
			if c.Start = trimConnectors(text, skipPunctuation(text, last.End)); c.Start < c.End {
				out = append(out, c)
			}
		case c.End-c.Start > last.End-last.Start:
			*last = c
		}
	}
	return out
}

// joins reports whether what stands between two parts of a citation keeps them together.
func joins(between string) bool {
	switch between {
	case " ", ", ", ",", "*, ", "* ", "_, ", "_ ", " – ", " - ", " (", ": ", "\n", ",\n":
		return true
	}
	return false
}
