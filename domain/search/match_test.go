package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// search reports whether the index finds a page with this text, and the words that the Highlighter matches.
func search(text, q string) (indexed bool, words []string) {
	query := Parse(q)
	pages := Analyze([]PageText{{1, text}})
	number := map[int64]int{}
	b := &block{}
	for _, w := range query.words {
		for _, a := range w.alternatives {
			for _, slot := range a.slots {
				for _, term := range slot {
					k := termHash(term)
					if _, ok := number[k]; ok {
						continue
					}
					number[k] = len(number)
					for _, p := range pages {
						if weight, ok := p.Weights[k]; ok {
							b.terms, b.postings = append(b.terms, number[k]), append(b.postings, []byte{0, weight})
						}
					}
				}
			}
		}
	}
	var slot [pagesPerBlock]uint8
	for _, w := range query.words {
		if v := b.scoreWord(w, number, &slot); v != nil && v[0] > 0 {
			indexed = true
		} else if w.required {
			return false, nil
		}
	}
	_, words = Snippet(text, NewHighlighter(query).Matches(text))
	return indexed, words
}

const (
	leaseDE = "Die Verträge wurden von beiden Parteien unterzeichnet. Die Kündigungsfristen betragen drei Monate. Gemäß § 433 BGB ist der Verkäufer verpflichtet."
)

func TestMatches(t *testing.T) {
	for _, c := range []struct{ text, query, match string }{
		// German
		{leaseDE, "Vertrag", "Verträge"},
		{leaseDE, "vertrag", "Verträge"},
		{leaseDE, "Vertrages", "Verträge"},
		{leaseDE, "Partei", "Parteien"},
		{leaseDE, "Kündigung", "Kündigungsfristen"},
		{leaseDE, "Frist", "Kündigungsfristen"},
		{leaseDE, "Kündigungsfrist", "Kündigungsfristen"},
		{leaseDE, "Kuendigungsfrist", "Kündigungsfristen"},
		{leaseDE, "unterzeichnen", "unterzeichnet"},
		{leaseDE, "Verpflichtung", "verpflichtet"},
		{leaseDE, "Verkäuferin", "Verkäufer"},
		{leaseDE, "§ 433", "§ 433"},
		{leaseDE, "§433 BGB", "§ 433"},
		{"Die Mieterin hat den Mietvertrag gekündigt und die Wohnung geräumt.", "kündigen", "gekündigt"},
		{"Die Mieterin hat den Mietvertrag gekündigt und die Wohnung geräumt.", "Mieter", "Mieterin"},
		{"Die Mieterin hat den Mietvertrag gekündigt und die Wohnung geräumt.", "räumen", "geräumt"},
		{"Die Mieterin hat den Mietvertrag gekündigt und die Wohnung geräumt.", "Vertrag", "Mietvertrag"},
		{"Der Wohnungsmietvertrag wurde abgeschlossen.", "Mietvertrag", "Wohnungsmietvertrag"},
		{"Der Wohnungsmietvertrag wurde abgeschlossen.", "Mietverträge", "Wohnungsmietvertrag"},
		{"Der Wohnungsmietvertrag wurde abgeschlossen.", "Wohnung", "Wohnungsmietvertrag"},
		{"Der Wohnungsmietvertrag wurde abgeschlossen.", "abschließen", "abgeschlossen"},
		{"Der Wohnungsmietvertrag wurde abgeschlossen.", "abschliessen", "abgeschlossen"},
		{"Der Mietvertrag ist befristet.", "Wohnungsmietvertrag", "Mietvertrag"},
		{"Die Frist für die Kündigung beträgt einen Monat.", "Kündigungsfrist", "Frist"},
		{"Die Haftungsbeschränkung gilt nicht bei Vorsatz.", "Haftung", "Haftungsbeschränkung"},
		{"Die Haftungsbeschränkung gilt nicht bei Vorsatz.", "Beschränkung", "Haftungsbeschränkung"},
		{"Schadensersatzansprüche sind ausgeschlossen.", "Schadensersatz", "Schadensersatzansprüche"},
		{"Schadensersatzansprüche sind ausgeschlossen.", "Anspruch", "Schadensersatzansprüche"},
		{"Die Aufsichtsratsmitglieder wurden gewählt.", "Aufsichtsrat", "Aufsichtsratsmitglieder"},
		{"Der Geschäftsführer haftet.", "Geschäftsführerin", "Geschäftsführer"},
		{"Straße", "Strasse", "Straße"},
		{"Strasse", "Straße", "Strasse"},
		{"Frau Müller", "Mueller", "Müller"},
		{"Frau Mueller", "Müller", "Mueller"},
		{"Frau Müller", "Muller", "Müller"},
		{"Das Gericht entschied, dass der Beklagte zahlt.", "entscheiden", "entschied"},
		{"Er hat den Betrag überwiesen.", "überweisen", "überwiesen"},
		{"Der Beklagte verstieß gegen den Vertrag.", "verstoßen", "verstieß"},
		// English
		{"The lessee’s obligations were terminated. Terminations require notices in writing.", "termination", "terminated"},
		{"The lessee’s obligations were terminated. Terminations require notices in writing.", "notice", "notices"},
		{"The lessee’s obligations were terminated. Terminations require notices in writing.", "lessee", "lessee"},
		{"The lessee’s obligations were terminated. Terminations require notices in writing.", "obligation", "obligations"},
		{"The tenant paid the rent and withheld the deposit.", "pay", "paid"},
		{"The tenant paid the rent and withheld the deposit.", "withhold", "withheld"},
		{"The parties' liabilities", "party", "parties"},
		{"The parties' liabilities", "liability", "liabilities"},
		// French
		{"Les contrats sont résiliés par l’employeur.", "contrat", "contrats"},
		{"Les contrats sont résiliés par l’employeur.", "résilier", "résiliés"},
		{"Les contrats sont résiliés par l’employeur.", "resilier", "résiliés"},
		{"Les contrats sont résiliés par l’employeur.", "employeur", "employeur"},
		{"Le créancier a été payé à Genève.", "creancier", "créancier"},
		{"Le créancier a été payé à Genève.", "créancière", "créancier"},
		{"La créancière réside ici.", "creanciere", "créancière"},
		{"Le créancier a été payé à Genève.", "Geneve", "Genève"},
		{"Le créancier a été payé à Genève.", "payer", "payé"},
		{"Les tribunaux compétents sont ceux de Paris.", "tribunal", "tribunaux"},
		{"La venderesse a vendu les biens.", "vendre", "vendu"},
		// Spanish
		{"Los arrendatarios rescindieron los contratos.", "arrendataria", "arrendatarios"},
		{"Los arrendatarios rescindieron los contratos.", "rescindir", "rescindieron"},
		{"Los arrendatarios rescindieron los contratos.", "contrato", "contratos"},
		{"La rescisión del contrato", "rescisiones", "rescisión"},
		{"La rescisión del contrato", "rescision", "rescisión"},
		// Italian
		{"I contratti sono stati risolti dalla locatrice.", "contratto", "contratti"},
		{"I contratti sono stati risolti dalla locatrice.", "risolvere", "risolti"},
		{"I contratti sono stati risolti dalla locatrice.", "locatore", "locatrice"},
		{"Le società sono responsabili.", "societa", "società"},
		{"Gli obblighi del debitore", "obbligo", "obblighi"},
		// Portuguese
		{"As rescisões dos contratos foram notificadas.", "rescisão", "rescisões"},
		{"As rescisões dos contratos foram notificadas.", "rescisao", "rescisões"},
		{"As rescisões dos contratos foram notificadas.", "notificar", "notificadas"},
		{"Obrigações contratuais", "contratual", "contratuais"},
		{"Obrigações contratuais", "obrigação", "Obrigações"},
		// Dutch
		{"De huurovereenkomsten zijn opgezegd door de huurder.", "huurovereenkomst", "huurovereenkomsten"},
		{"De huurovereenkomsten zijn opgezegd door de huurder.", "overeenkomst", "huurovereenkomsten"},
		{"De huurovereenkomsten zijn opgezegd door de huurder.", "opzeggen", "opgezegd"},
		{"De schade is betaald door de verzekeraars.", "betalen", "betaald"},
		{"De schade is betaald door de verzekeraars.", "verzekeraar", "verzekeraars"},
		// Others
		{"Договоры расторгнуты", "договор", "Договоры"},
		{"Договоры расторгнуты", "ДОГОВОРЫ", "Договоры"},
		{"عقد الإيجار", "إيجار", "الإيجار"},
		{"Η ΣΎΜΒΑΣΗ ΕΡΓΑΣΊΑΣ λύεται", "σύμβαση", "ΣΎΜΒΑΣΗ"},
		{"Η σύμβαση εργασίας", "εργασιας", "εργασίας"},
		{"Umowa najmu została wypowiedziana.", "wypowiedziana", "wypowiedziana"},
		{"Umowa najmu została wypowiedziana.", "zostala", "została"},
		// Scripts without spaces
		{"本契約は日本法に準拠する。秘密保持契約", "契約", "契約"},
		{"本契約は日本法に準拠する。秘密保持契約", "秘密保持", "秘密保持"},
		{"本契約は日本法に準拠する。秘密保持契約", "日本法", "日本法"},
		{"秘密保\n持契約を締結する", "秘密保持契約", "秘密保\n持契約"},
		{"双方同意解除合同并赔偿损失。", "解除合同", "解除合同"},
		{"双方同意解除合同并赔偿损失。", "合同解除", "合同"},
		{"双方同意解除合同并赔偿损失。", "赔偿", "赔偿"},
		{"双方同意解除合同并赔偿损失。", "法", ""},
		{"비밀유지계약은 서명일로부터 효력이 있다.", "비밀유지", "비밀유지"},
		{"비밀유지계약은 서명일로부터 효력이 있다.", "계약", "계약"},
		{"비밀유지계약은 서명일로부터 효력이 있다.", "서명일", "서명일"},
		{"ﾗｲｾﾝｽ契約", "ライセンス", "ﾗｲｾﾝｽ"},
		{"ＮＤＡに署名する", "nda", "ＮＤＡ"},
		{"第３条 NDA契約", "NDA", "NDA"},
		{"สัญญาเช่าบ้าน", "เช่า", "เช่า"},
		// Spelling
		{"Ausgabe: ﬁnanziell", "finanziell", "ﬁnanziell"},
		{"Software soft\u00adware", "software", "Software"},
		{"Die Haftungs\x02\r\nbeschränkung gilt.", "Haftungsbeschränkung", "Haftungs\x02\r\nbeschränkung"},
		{"Die Kündi\u00ad\ngungen gelten.", "Kündigung", "Kündi\u00ad\ngungen"},
		{"Herr O’Brien und Frau D'Angelo vereinbaren.", "O'Brien", "O’Brien"},
		{"Herr O’Brien und Frau D'Angelo vereinbaren.", "obrien", "O’Brien"},
		{"Herr O’Brien und Frau D'Angelo vereinbaren.", "Angelo", "Angelo"},
		{"by e-mail to ada@example.com", "email", "e-mail"},
		{"by email", "e-mail", "email"},
		{"by e-mail to ada@example.com", "ada@example.com", "ada@example.com"},
		{"non-compete clause", "noncompete", "non-compete"},
		{"a non compete clause", "non-compete", "compete"},
		{"Art. 6 Abs. 1 lit. b DSGVO", "Art. 6", "Art. 6"},
		{"Artikel 6 DSGVO", "Art. 6", "Artikel 6"},
		{"Art. 6 Abs. 1 lit. b DSGVO", "dsgvo", "DSGVO"},
		{"Betrag: 1.234,56 EUR am 01.02.2026", "1.234,56", "1.234,56"},
		{"Betrag: 1.234,56 EUR am 01.02.2026", "1234,56", "1.234,56"},
		{"Betrag: 1.234,56 EUR am 01.02.2026", "01.02.2026", "01.02.2026"},
		{"Betrag: 1.234,56 EUR am 01.02.2026", "2026", "2026"},
	} {
		indexed, words := search(c.text, c.query)
		switch {
		case c.match == "":
			if indexed || len(words) > 0 {
				t.Errorf("%q finds %q in %q", c.query, words, c.text)
			}
		case !indexed || !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, c.match) }):
			t.Errorf("%q does not find %q in %q: indexed %v, words %q", c.query, c.match, c.text, indexed, words)
		}
	}
}

func TestNoMatch(t *testing.T) {
	for _, c := range []struct{ text, query string }{
		{"Der Mietvertrag ist befristet.", "Ertrag"},
		{"Das Gewerbe ist angemeldet.", "Erbe"},
		{"Die Antwort des Gerichts", "Ort"},
		{"Der Vermieter", "Miete"},
		{"Der gesamte Bescheid", "Amt"},
		{"Der Vorrat", "Rat"},
		{"Die Heirat", "Rat"},
		{"Der Bescheid", "Eid"},
		{"Die Ware war mangelhaft, er handelte schuldhaft.", "Haft"},
		{"Die Reisende und der Klagende", "Ende"},
		{"Die Forderung ist zahlbare Schuld.", "Bar"},
		{"Eine erfolgreiche Beurteilung", "Teilung"},
		{"Der Vertrag", "Wohnungsmiete"},
		{"The contract is void.", "contractor's"},
		{"東京都", "京都大学"},
		{"§ 433 BGB", "§ 434"},
		{"words", "a"},
		{"The tenant", `"`},
		{"The notice of termination", `"termination notice"`},
		{"The notice of termination", `"the of"`},
		{"words", "' OR 1=1 --"},
	} {
		if indexed, words := search(c.text, c.query); indexed && len(words) > 0 {
			t.Errorf("%q finds %q in %q", c.query, words, c.text)
		}
	}
}

// TestSnippet checks that a snippet shows the best matches.
func TestSnippet(t *testing.T) {
	filler := strings.Repeat("Nothing of any interest stands in this sentence. ", 40)
	text := filler + "A notice alone. " + filler + "The notices of termination were sent by the tenants. " + filler + "termination"
	quote, found := Snippet(text, NewHighlighter(Parse("tenant's termination notice")).Matches(text))
	if !strings.Contains(quote, "notices of termination were sent by the tenants") || !slices.Equal(found, []string{"notices", "termination", "tenants"}) {
		t.Errorf("%q, %q", quote, found)
	}
	text = strings.Repeat("日本法に準拠する。", 60) + "秘密保持契約を締結した。" + strings.Repeat("日本法に準拠する。", 60)
	quote, found = Snippet(text, NewHighlighter(Parse("秘密保持契約")).Matches(text))
	if !strings.Contains(quote, "秘密保持契約を締結") || !slices.Equal(found, []string{"秘密保持契約"}) {
		t.Errorf("%q, %q", quote, found)
	}
	if quote, found := Snippet(filler, nil); !strings.HasPrefix(filler, quote) || quote == "" || len(found) != 0 {
		t.Errorf("%q, %q", quote, found)
	}
}

// FuzzMatch checks that matches, snippets and found words are valid parts of the text.
func FuzzMatch(f *testing.F) {
	f.Add(leaseDE, "Vertrag")
	f.Add("Kündi\u00ad\ngung \x02\n本契\n約 § 1a Art. 2 a.b@c-d’e", `"本契約" § 1a „a b" a-b`)
	f.Add("\x02\u00ad\xff\u0301é\u0345ﾞ", "\xff\u0301")
	f.Add("㍿㍻と㈱テスト", `"株式" 平成 会社`)
	f.Add("ΐ \u1fb3 İSTANBUL ǅ ﷺ", "ﷺ istanbul")
	f.Fuzz(func(t *testing.T, text, q string) {
		if len(text) > 5000 || len(q) > 300 {
			return
		}
		text, q = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(q, "?")
		for _, p := range Analyze([]PageText{{1, text}}) {
			for _, w := range p.Weights {
				if w == 0 {
					t.Fatal("posting weight 0")
				}
			}
		}
		for _, query := range []*Query{Parse(q), ParseText(q)} {
			matches := NewHighlighter(query).Matches(text)
			for _, m := range matches {
				if m.Start < 0 || m.End > len(text) || m.Start >= m.End {
					t.Fatalf("match %+v is outside %q", m, text)
				}
			}
			quote, found := Snippet(text, matches)
			if !strings.Contains(text, quote) || !utf8.ValidString(quote) || len(quote) > 400 {
				t.Fatalf("snippet %q is not in %q", quote, text)
			}
			for _, w := range found {
				if !strings.Contains(text, w) || !utf8.ValidString(w) {
					t.Fatalf("found word %q is not in %q", w, text)
				}
			}
		}
	})
}
