package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/langid"
)

// Playbook is a policy that a firm writes: its positions on clauses. The rules decide by it alone; the model
// gets it as data.
type Playbook struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"` // for whom and how a document is reviewed
	Extends     string     `json:"extends,omitempty"`     // the shipped policy whose rules apply as well; "": none
	Positions   []Position `json:"positions"`
}

// Position is the firm's position on one clause type.
type Position struct {
	ClauseType        string   `json:"clauseType"`
	Severity          Severity `json:"severity"`               // of what the position objects to
	Required          bool     `json:"required,omitempty"`     // the clause must be there
	Forbidden         bool     `json:"forbidden,omitempty"`    // the clause must not be there
	Preferred         string   `json:"preferred,omitempty"`    // what the firm asks for
	Fallback          string   `json:"fallback,omitempty"`     // what it accepts as well
	Unacceptable      string   `json:"unacceptable,omitempty"` // what it does not accept, in words
	UnacceptableTerms []string `json:"unacceptableTerms,omitempty"`
	RequiredTerms     []string `json:"requiredTerms,omitempty"`
	Wording           string   `json:"wording,omitempty"` // the clause that the firm proposes
}

// RulePlaybook is the rule id of the findings of a playbook.
const RulePlaybook = "playbook"

// Limits of a playbook: items, and characters of texts.
const (
	MaxPositions   = 100
	maxTerms       = 20
	maxTerm        = 100
	maxPosition    = 2000
	maxWordingText = 4000
	maxName        = 200
	maxAllTerms    = 400     // of a playbook
	maxAllText     = 100_000 // of a playbook: the AI gets all of it with each part of a text
)

// compiledPosition is a position with its terms as patterns.
type compiledPosition struct {
	Position
	unacceptable, required []term
}

// Compile validates a playbook and returns its policy, which is called name. The error names every invalid
// field by its pointer, such as /positions/0/clauseType.
func (b *Set) Compile(name string, book Playbook) (*Policy, error) {
	raw, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	p := &Policy{Name: name, Title: book.Name, Brief: strings.TrimSpace(book.Description), playbook: &book}
	sum := sha256.New()
	sum.Write(raw)
	var fields []domain.Field
	invalid := func(pointer, format string, args ...any) {
		fields = append(fields, domain.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	total, terms := 0, 0
	text := func(pointer, s string, limit int) {
		total += utf8.RuneCountInString(s)
		if strings.Contains(s, "\x00") {
			invalid(pointer, "must not have a NUL character")
		}
		if utf8.RuneCountInString(s) > limit {
			invalid(pointer, "must have at most %d characters", limit)
		}
	}
	if strings.TrimSpace(book.Name) == "" {
		invalid("/name", "must not be blank")
	}
	text("/name", book.Name, maxName)
	text("/description", book.Description, maxPosition)
	if book.Extends != "" {
		base, ok := b.Policy(book.Extends)
		if !ok {
			invalid("/extends", "is not a shipped policy")
		} else {
			p.rules = slices.Clone(base.rules)
			fmt.Fprintf(sum, ":%s", base.version)
		}
	}
	if n := len(book.Positions); n == 0 || n > MaxPositions {
		invalid("/positions", "must have 1 to %d items", MaxPositions)
		return nil, &domain.Error{Code: domain.Invalid, Message: "The playbook has a field that cannot be accepted.", Fields: fields}
	}
	seen := map[string]bool{}
	for i, position := range book.Positions {
		at := "/positions/" + strconv.Itoa(i)
		switch {
		case !isClauseType(position.ClauseType) || position.ClauseType == EmbeddedInstruction:
			invalid(at+"/clauseType", "is not a clause type")
		case seen[position.ClauseType]:
			invalid(at+"/clauseType", "has a position already")
		}
		seen[position.ClauseType] = true
		if position.Severity.rank() < 0 {
			invalid(at+"/severity", "must be low, medium or high")
		}
		if position.Required && position.Forbidden {
			invalid(at+"/forbidden", "must not be set together with required")
		}
		text(at+"/preferred", position.Preferred, maxPosition)
		text(at+"/fallback", position.Fallback, maxPosition)
		text(at+"/unacceptable", position.Unacceptable, maxPosition)
		text(at+"/wording", position.Wording, maxWordingText)
		c := &compiledPosition{Position: position}
		for _, list := range []struct {
			name  string
			terms []string
			to    *[]term
		}{{"unacceptableTerms", position.UnacceptableTerms, &c.unacceptable}, {"requiredTerms", position.RequiredTerms, &c.required}} {
			if len(list.terms) > maxTerms {
				invalid(at+"/"+list.name, "must have at most %d items", maxTerms)
				continue
			}
			terms += len(list.terms)
			for j, s := range list.terms {
				pointer := at + "/" + list.name + "/" + strconv.Itoa(j)
				text(pointer, s, maxTerm)
				compiled, problem := compileTerm(s)
				if problem != "" {
					invalid(pointer, "%s", problem)
				}
				*list.to = append(*list.to, compiled)
			}
		}
		p.positions = append(p.positions, c)
	}
	if terms > maxAllTerms {
		invalid("/positions", "must have at most %d terms in all", maxAllTerms)
	}
	if total > maxAllText {
		invalid("/positions", "must have at most %d characters in all", maxAllText)
	}
	if len(fields) > 0 {
		return nil, &domain.Error{Code: domain.Invalid, Message: "The playbook has a field that cannot be accepted.", Fields: fields}
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:12])
	return p, nil
}

// reviewPositions applies the positions of a playbook to the normalized sentences of a text.
func (p *Policy) reviewPositions(spans []span, flat []string, passages []Passage, language string, textLanguage langid.Language, document bool) (findings []Finding, missing []Missing) {
	texts := playbookTexts[language]
	if texts == nil {
		texts = playbookTexts["en"]
	}
	for _, c := range p.positions {
		var of []Passage
		for _, passage := range passages {
			if passage.ClauseType == c.ClauseType {
				of = append(of, passage)
			}
		}
		wording := c.Wording
		if wording == "" {
			wording = (&Rule{ClauseType: c.ClauseType}).wording(textLanguage.String())
		}
		suggestion := strings.TrimSpace(c.Preferred)
		if c.Fallback != "" {
			suggestion = strings.TrimSpace(suggestion + "\n" + texts["fallback"] + " " + strings.TrimSpace(c.Fallback))
		}
		add := func(start, end int, confidence float64, rationale string) {
			findings = append(findings, Finding{ClauseType: c.ClauseType, Start: start, End: end, Severity: c.Severity, Confidence: confidence,
				RuleID: RulePlaybook, Title: p.Title, Rationale: rationale, Suggestion: suggestion, Wording: wording})
		}
		count := 0
		for i, s := range flat {
			if count < maxPerRule && slices.ContainsFunc(c.unacceptable, func(t term) bool { return t.in(s) }) {
				count++
				add(spans[i].start, spans[i].end, 0.9, strings.TrimSpace(texts["unacceptable"]+" "+c.Unacceptable))
			}
		}
		if c.Forbidden {
			for _, passage := range of {
				add(passage.Start, passage.End, passage.Confidence, texts["forbidden"])
			}
		}
		if len(of) > 0 && len(c.required) > 0 && !contains(of, spans, flat, c.required) {
			add(of[0].Start, of[0].End, of[0].Confidence, texts["lacking"]+" "+strings.Join(c.RequiredTerms, ", "))
		}
		if c.Required && len(of) == 0 && document && textLanguage != langid.Unknown {
			missing = append(missing, Missing{ClauseType: c.ClauseType, Severity: c.Severity, Confidence: 0.7, RuleID: RulePlaybook,
				Title: p.Title, Rationale: texts["missing"], Suggestion: suggestion, Wording: wording})
		}
	}
	return findings, missing
}

// contains reports whether a sentence of the passages matches one of the terms.
func contains(passages []Passage, spans []span, flat []string, terms []term) bool {
	for i, s := range spans {
		for _, p := range passages {
			if s.start < p.End && p.Start < s.end && slices.ContainsFunc(terms, func(t term) bool { return t.in(flat[i]) }) {
				return true
			}
		}
	}
	return false
}

// IsPlaybook reports whether a firm wrote the policy.
func (p *Policy) IsPlaybook() bool { return p.playbook != nil }

// PlaybookJSON returns the playbook for the model, each of its texts as mask returns it; "" if the policy is not
// one. The texts are masked before they are encoded: an escape such as \n would hide where a name begins.
func (p *Policy) PlaybookJSON(mask func(string) (string, error)) (string, error) {
	if p.playbook == nil {
		return "", nil
	}
	book := *p.playbook
	texts := []*string{&book.Name, &book.Description}
	book.Positions = slices.Clone(book.Positions)
	for i := range book.Positions {
		c := &book.Positions[i]
		c.UnacceptableTerms, c.RequiredTerms = slices.Clone(c.UnacceptableTerms), slices.Clone(c.RequiredTerms)
		texts = append(texts, &c.Preferred, &c.Fallback, &c.Unacceptable, &c.Wording)
		for _, list := range [][]string{c.UnacceptableTerms, c.RequiredTerms} {
			for j := range list {
				texts = append(texts, &list[j])
			}
		}
	}
	for _, text := range texts {
		if *text == "" {
			continue
		}
		var err error
		if *text, err = mask(*text); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(book)
	return strings.TrimSpace(b.String()), err
}

// playbookTexts are the reasons of findings by a playbook.
var playbookTexts = map[string]map[string]string{
	"en": {
		"unacceptable": "The playbook does not accept this.", "forbidden": "The playbook does not accept such a clause.",
		"missing": "The playbook requires such a clause. The document has none.", "lacking": "The clause has none of the words that the playbook requires:", "fallback": "Acceptable as well:",
	},
	"de": {
		"unacceptable": "Das Playbook akzeptiert dies nicht.", "forbidden": "Das Playbook akzeptiert eine solche Klausel nicht.",
		"missing": "Das Playbook verlangt eine solche Klausel. Das Dokument enthält keine.", "lacking": "Die Klausel enthält keinen der Begriffe, die das Playbook verlangt:", "fallback": "Auch akzeptabel:",
	},
	"fr": {
		"unacceptable": "Le playbook n'accepte pas ce texte.", "forbidden": "Le playbook n'accepte pas une telle clause.",
		"missing": "Le playbook exige une telle clause. Le document n'en contient pas.", "lacking": "La clause ne contient aucun des termes exigés par le playbook :", "fallback": "Également acceptable :",
	},
	"es": {
		"unacceptable": "El playbook no acepta este texto.", "forbidden": "El playbook no acepta una cláusula así.",
		"missing": "El playbook exige una cláusula así. El documento no la contiene.", "lacking": "La cláusula no contiene ninguno de los términos que exige el playbook:", "fallback": "También aceptable:",
	},
}
