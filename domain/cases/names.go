package cases

import (
	"crypto/sha256"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"counsel/domain"
)

// A conflict check that misses one is worse than one that asks too much. So two spellings of
// a name are one when they differ in case, accents, punctuation, the order of the words, titles,
// or the form of the company; ae, oe and ue count as what an umlaut becomes without its dots.

// legalForms end the names of companies. Several may follow each other, as in GmbH & Co. KG.
var legalForms = set(`ab ag aps as asa bhd bv bvba co company corp corporation cv doo dd eg eirl eurl ev gbr gmbh gesmbh
	ggmbh inc incorporated jsc kft kg kgaa kk limitada limited limitee llc llp lp ltd ltda mbh nv ohg ooo oy oyj partg partgmbb plc
	pte pty pvt private public sa sab sapa sarl sas sasu sca scs se sl slu snc spa sp spzoo srl sro srls ug zoo zrt oao pao`)

// titles lead the names of people.
var titles = set(`mr mrs ms miss mx dr prof professor sir dame herr frau hr fr dipl ing mag m mme mlle sr sra don dona`)

// joints stand between words of either.
var joints = set(`and und et y e og och the`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// unaccented letters that Unicode does not take apart.
var unaccented = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "a", "œ", "o", "ı", "i", "ħ", "h", "ŧ", "t")

// umlauts, as they are written without dots.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// nameKey is the same for all spellings of a name. A name of signs alone stands for itself.
func nameKey(name string, kind PartyKind) []byte {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKC.String(name))) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.Is(unicode.M, r), r == '.', r == '\'', r == '’': // G.m.b.H., O'Brien
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(umlauts.Replace(unaccented.Replace(b.String())))
	words = slices.DeleteFunc(words, func(w string) bool { return joints[w] })
	if kind == Company {
		for len(words) > 1 && legalForms[words[len(words)-1]] {
			words = words[:len(words)-1]
		}
		// S. p. A. and the like, written apart.
		for n := 4; n > 1; n-- {
			if len(words) > n && legalForms[strings.Join(words[len(words)-n:], "")] {
				words = words[:len(words)-n]
			}
		}
	} else {
		for len(words) > 1 && titles[words[0]] {
			words = words[1:]
		}
	}
	slices.Sort(words)
	if len(words) == 0 {
		words = []string{strings.ToLower(strings.TrimSpace(name))}
	}
	return keyOf("name", strings.Join(words, " "))
}

// emailKey is the same for all spellings of an address; empty for none.
func emailKey(address string) []byte {
	if address == "" {
		return []byte{}
	}
	return keyOf("email", domain.EmailKey(address))
}

// registrationKey is the same however a number is grouped; empty for none.
func registrationKey(number string) []byte {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(number))
	if plain == "" {
		return []byte{}
	}
	return keyOf("registration", plain)
}

// keyOf has one length whatever the text, and compares byte by byte under any collation.
func keyOf(kind, text string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return sum[:]
}
