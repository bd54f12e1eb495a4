package llm

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type wrote struct {
	Title    string
	Sections []struct{ ID, Heading, Body string }
}

// draft requests sections ("id: Heading", then its points) of a type of document.
func draft(t *testing.T, kind, inputs string, sections ...[]string) wrote {
	t.Helper()
	system := "# Type of document: " + kind + "\n\n## Sections\n"
	var ids []string
	for _, s := range sections {
		id, heading, _ := strings.Cut(s[0], ": ")
		ids = append(ids, id)
		system += "\n- `" + id + "`: " + heading
		for _, point := range s[1:] {
			system += "\n  - " + point
		}
	}
	enum, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf(`{"type":"object","properties":{"title":{"type":"string"},"sections":{"type":"array","items":{"type":"object","properties":{
		"id":{"type":"string","enum":%s},"heading":{"type":"string"},"body":{"type":"string"}},"required":["id","heading","body"],"additionalProperties":false}}},"required":["title","sections"],"additionalProperties":false}`, enum)
	user := "Draft it.\n\n<inputs>\n{\"workingTitle\":\"The title of [ORG_1]\",\"inputs\":" + inputs + "}\n</inputs>"
	_, raw, err := made(t, New(Options{}), schema, system, user)
	if err != nil {
		t.Fatal(err)
	}
	var got wrote
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		t.Fatal(err)
	}
	if got.Title != "The title of [ORG_1]" || len(got.Sections) != len(sections) {
		t.Fatalf("got %s", raw)
	}
	for i, s := range got.Sections {
		if id, heading, _ := strings.Cut(sections[i][0], ": "); s.ID != id || s.Heading != heading {
			t.Errorf("section %d is %s, %s", i, s.ID, s.Heading)
		}
	}
	return got
}

func (w wrote) wants(t *testing.T, section int, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(w.Sections[section].Body, p) {
			t.Errorf("section %s lacks %q: %s", w.Sections[section].ID, p, w.Sections[section].Body)
		}
	}
}

func (w wrote) never(t *testing.T, parts ...string) {
	t.Helper()
	for _, s := range w.Sections {
		for _, p := range parts {
			if strings.Contains(s.Body, p) {
				t.Errorf("section %s contains %q: %s", s.ID, p, s.Body)
			}
		}
	}
}

func TestDraftUsesItsInputs(t *testing.T) {
	w := draft(t, "non-disclosure agreement",
		`{"partyB":{"name":"[ORG_2]"},"partyA":{"name":"[ORG_1]","address":"[ADDRESS_1]","representative":"[PERSON_1]","representativeRole":"Director"},
		"termMonths":1,"effectiveDate":"2026-12-01","governingLaw":"Ireland","mutual":true,"style":"two-column","budget":"18500.00 GBP","milestones":["2026-03-02",{"due":"2026-04-01","description":"Prototype"}],
		"retention":"Files are kept. They are kept for long."}`,
		[]string{"parties: Parties", "who they are", "the effective date"},
		[]string{"term: Term and Duration", "how long information may be exchanged and how the agreement can be ended"},
		[]string{"budget: Budget", "a point nobody foresaw"},
		[]string{"general: General Provisions", "governing law and courts or arbitration"},
		[]string{"signatures: Signatures", "a signature block for each party with name, capacity, place and date"},
	)
	w.wants(t, 0, "no real AI was asked", "1.1 This agreement is made between:", "(a) [ORG_1], of [ADDRESS_1], represented by [PERSON_1], Director (“Party A”);", "(b) [ORG_2] (“Party B”).", "1.2 This agreement takes effect on 1 December 2026.")
	w.wants(t, 1, "2.1 The term of this agreement, during which information may be exchanged, is 1 month from")
	w.wants(t, 2, "3.1 The budget is 18500.00 GBP.")
	w.wants(t, 3, "the law of Ireland", "the courts of ________ (place)", "The milestones are 2 March 2026 and Prototype, due 1 April 2026.", "The following has been stated on the retention: Files are kept. They are kept for long.")
	w.wants(t, 4, "Signed for [ORG_1] (Party A)", "Name: [PERSON_1]", "Capacity: Director", "Signed for [ORG_2] (Party B)")
	w.never(t, "who they are", "nobody foresaw", "2026-", "mutual", "two-column", "5.1", "agree on this point")
}

// A value is inserted unchanged, even if it looks like part of a template sentence.
func TestDraftDoesNotReadItsInputs(t *testing.T) {
	w := draft(t, "service agreement", `{"client":{"name":"{parties}"},"background":"To win {signatures} & {governing law|items} ? yes.","governingLaw":"{background}"}`,
		[]string{"parties: Parties", "what the client wants to achieve"}, []string{"law: Law", "governing law"})
	w.wants(t, 0, "By way of background: to win {signatures} & {governing law|items} ? yes.", "The client is {parties}.")
	w.wants(t, 1, "2.1 This agreement is governed by the law of {background}.")
}

func TestLettersHaveNoParties(t *testing.T) {
	inputs := `{"sender":{"name":"[ORG_1]","address":"[ADDRESS_1]"},"recipient":{"name":"[PERSON_1]"},"date":"2026-05-04","delivery":"by-hand","amount":"5.00 EUR","deadline":"2026-06-01",
		"onBehalf":"[PERSON_2]","recipientIsConsumer":true,"nextStep":"collection","enclosures":["Contract","Invoice 7"]}`
	w := draft(t, "demand letter", inputs,
		[]string{"opening: Subject", "sender, recipient, date, manner of delivery and any reference", "in one or two sentences, who writes, for whom, and what is asked for"},
		[]string{"consequences: What Will Follow", "the lawful step that the sender intends if the date passes", "a suggestion to take legal advice"},
		[]string{"other: What Else", "something else"},
		[]string{"closing: Closing", "reservation of rights, signature block and list of enclosures"})
	w.wants(t, 0, "[ORG_1]  \n[ADDRESS_1]\n\n[PERSON_1]\n\n4 May 2026\n\nBy hand", "[PERSON_2] writes on behalf of [ORG_1], which asks you to pay 5.00 EUR by 1 June 2026.")
	w.wants(t, 1, "collection agency", "free of charge")
	w.wants(t, 3, "[PERSON_2], on behalf of [ORG_1]", "Enclosures:\n\n(a) Contract;\n\n(b) Invoice 7.")
	w.never(t, "parties", "Signed for", "1.1", "4.1")

	w = draft(t, "power of attorney", `{"attorney":{"name":"[PERSON_2]"},"principal":{"name":"[PERSON_1]","dateOfBirth":"1958-07-21"},"paid":false,"takesEffect":"on-incapacity","powers":["Sell the flat."]}`,
		[]string{"who: Who", "the principal, the attorney and any substitute"}, []string{"grant: Grant", "from when it has effect", "each power granted", "expenses and any pay"},
		[]string{"duration: Duration", "a point nobody foresaw"})
	w.wants(t, 0, "I am the principal: [PERSON_1], born on 21 July 1958.", "my attorney: [PERSON_2].")
	w.wants(t, 1, "lost capacity", "(a) Sell the flat.", "acts without pay")
	w.never(t, "parties", "Paid", "paid: ")
}

// Every sentence can be selected and filled, and leaves no placeholder.
func TestPhrasebook(t *testing.T) {
	hows := []string{"", "lower", "list", "items", "way", "day", "day'", "week'", "month", "year"}
	for _, p := range phrasebook() {
		if len(p.on) == 0 || len(p.wordings) == 0 {
			t.Errorf("%v has %d statements", p.on, len(p.wordings))
		}
		for i, w := range p.wordings {
			given := map[string]any{}
			d := newDrafter("", nil, "")
			for _, c := range w.when {
				if c.input == "" || c.not && c.value != "" {
					t.Errorf("%q: %+v", w.text, c)
				}
				if !c.not {
					given[c.input] = c.value
				}
			}
			for _, at := range slots.FindAllStringSubmatch(w.text, -1) {
				if !slices.Contains(hows, at[2]) {
					t.Errorf("%q is replaced by %q", w.text, at[2])
				}
				if path, lines := strings.CutSuffix(at[1], " lines"); lines {
					given[path], given[path+" name"] = "x", "x"
				} else if _, ok := given[path]; !ok {
					given[path] = []any{"x"}
				}
			}
			d.inputs = given
			if !d.fits(w) {
				t.Errorf("%q never occurs", w.text)
			}
			if text := d.fill(w.text); strings.ContainsAny(text, "{}|") || !regexp.MustCompile(`^[A-Z1-9(_\[x]|^$`).MatchString(text) {
				t.Errorf("%q became %q", w.text, text)
			}
			if len(w.when) == 0 && !slots.MatchString(w.text) && i < len(p.wordings)-1 {
				t.Errorf("%q always occurs; the next one never does", w.text)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	for _, tc := range [][3]string{{"1", "month", "1 month"}, {"12", "month", "12 months"}, {"1", "day'", "1 day's"}, {"30", "day'", "30 days'"}} {
		if got := formatCount(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%s is not %s", got, tc[2])
		}
	}
	if got := listLabel(0) + listLabel(25) + listLabel(26) + listLabel(701) + listLabel(702); got != "azaazzaaa" {
		t.Error(got)
	}
	var many []any
	for range 30 {
		many = append(many, "x.")
	}
	if got := formatList(many); !strings.HasSuffix(got, "(ac) x;\n\n(ad) x.") {
		t.Error(got)
	}
}
