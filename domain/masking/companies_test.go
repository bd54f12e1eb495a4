package masking

import "testing"

func TestCompanyNames(t *testing.T) {
	for text, want := range map[string]string{
		"Nuala's Kitchen DAC was struck off.":                     "[COMPANY_1] was struck off.",
		"The carer came from Hollybrook Care CIC.":                "The carer came from [COMPANY_1].",
		"We sued 1882904 Ontario Inc. and its director.":          "We sued [COMPANY_1] and its director.",
		"Van Rijn & Zn. legde het dak.":                           "[COMPANY_1] legde het dak.",
		"3V Impianti di Vanni S.n.c. è fallita.":                  "[COMPANY_1] è fallita.",
		"La ditta F.lli Goi ha rovinato il tetto.":                "La ditta [COMPANY_1] ha rovinato il tetto.",
		"Fundación Ríos Claros me debe una beca.":                 "[COMPANY_1] me debe una beca.",
		"i worked for tamarind foods ltd for 8 years":             "i worked for [COMPANY_1] for 8 years",
		"Can a Texas LLC be sued in Delaware?":                    "Can a Texas LLC be sued in Delaware?",
		"Che differenza c'è tra SRL e SRLS?":                      "Che differenza c'è tra SRL e SRLS?",
		"Is a German GmbH taxed like a New York LLC?":             "Is a German GmbH taxed like a New York LLC?",
		"We sued Texas Star LLC in Delaware.":                     "We sued [COMPANY_1] in Delaware.",
		"Was Miranda extended to traffic stops?":                  "Was Miranda extended to traffic stops?",
		"Was Miranda dismissed when she was pregnant?":            "Was [PERSON_1] dismissed when she was pregnant?",
		"La Asociación de Vecinos y la Oficina Española conocen.": "La Asociación de Vecinos y la Oficina Española conocen.",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("%s\n got %s", text, got)
		}
	}
}

// Later in a text, a company is called by its name without the legal form and the word for its trade.
func TestCompanyShortNames(t *testing.T) {
	for text, want := range map[string]string{
		"Viveros Peñalara, S.L. no paga. ¿Puedo demandar a Peñalara?":           "[COMPANY_1] no paga. ¿Puedo demandar a [COMPANY_2]?",
		"A Padaria Estrela do Norte, Lda. não paga. A Estrela do Norte fechou.": "A [COMPANY_1] não paga. A [COMPANY_2] fechou.",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("%s\n got %s", text, got)
		}
	}
}
