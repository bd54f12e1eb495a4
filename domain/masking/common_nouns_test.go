package masking

import "testing"

// TestCommonNouns: a noun after an article, and a day, stay readable; a person in their place is masked.
func TestCommonNouns(t *testing.T) {
	for _, text := range []string{
		"Is a Gurdwara a charity?",
		"How is a Zestimate used in evidence?",
		"Lo Sportello Unico è competente?",
		"La Soprintendenza può bloccare i lavori?",
		"Dal primo agosto al 31 agosto i termini sono sospesi?",
		"Un ebreo può rifiutarsi di lavorare di Sabato?",
		"Vale la Disdetta inviata il 15 Agosto?",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != text {
			t.Errorf("%s", got)
		}
	}
	for text, want := range map[string]string{
		"I rent from a Mr Zelinskyj in York.":       "I rent from a [PERSON_1] in York.",
		"Mi chiamo Rosa Agosto e lavoro di sabato.": "Mi chiamo [PERSON_1] e lavoro di sabato.",
		"La signora Domenica Sabato non paga.":      "La [PERSON_1] non paga.",
		"Il Brambilla non paga, che posso fare?":    "Il [PERSON_1] non paga, che posso fare?",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
