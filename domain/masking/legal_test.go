package masking

import "testing"

// TestLawsNamedAfterPeople checks that what is named after people stays readable, and people who are called so do not.
func TestLawsNamedAfterPeople(t *testing.T) {
	for _, text := range []string{
		"La loi Veil et la loi Neuwirth sont-elles codifiées ?",
		"¿La Ley Celaá sigue vigente? ¿Y la Ley Rhodes?",
		"A Lei Henry Borel e a Lei Joana Maranhão mudaram a prescrição?",
		"Il codice Rocco è ancora in vigore? E la riforma Cartabia?",
		"Under the Robinson-Patman Act, is price discrimination always illegal?",
		"What are the Woolf reforms and the Sullivan principles?",
		"¿Qué dijo el TJUE en el caso Aziz (C-415/11) sobre hipotecas?",
		"¿Qué dijo el tribunal en el caso Pino contra Calle? ¿Y la sentencia Iglesias?",
		"Was entschied der EuGH in der Rechtssache Koch gegen Vogt, und im Fall Fuchs?",
		"Wat besliste de Hoge Raad in het arrest Visser/Wolf? En het Dekker-arrest?",
		"What did the court hold in Baker v Price? And in the Bell case?",
		"Wat betekent Rs. 6/64, Costa/ENEL voor de rechter?",
		"Is the Robinson v. Shell holding still good law?",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != text {
			t.Errorf("%s", got)
		}
	}
	for text, want := range map[string]string{
		"My neighbour Miranda owes money.":                                              "My neighbour [PERSON_1] owes money.",
		"Ms Frye, my boss, fired me.":                                                   "[PERSON_1], my boss, fired me.",
		"Herr Lüth schuldet mir Geld.":                                                  "[PERSON_1] schuldet mir Geld.",
		"Was gilt im Fall Schneider? Petra Schneider zahlt nicht.":                      "Was gilt im Fall [PERSON_1]? [PERSON_1B] zahlt nicht.",
		"L'affaire Martin contre Petit est-elle prescrite ? Paul Martin habite à Lyon.": "L'affaire [PERSON_1] contre [PERSON_2] est-elle prescrite ? [PERSON_1B] habite à Lyon.",
		"Mi casero Aziz no devuelve la fianza.":                                         "Mi casero [PERSON_1] no devuelve la fianza.",
		"Can police arrest John Smith for theft?":                                       "Can police arrest [PERSON_1] for theft?",
		"Is Jane Roe test evidence valid?":                                              "Is [PERSON_1] test evidence valid?",
		"Tom Baker and Tom Cooper are neighbours. Baker v Cooper.":                      "[PERSON_1] and [PERSON_2] are neighbours. [PERSON_1B] v [PERSON_2B].",
		"Olive Price sued Will Page. In Price v. Page the claim is for $9,000.":         "[PERSON_1] sued [PERSON_2]. In [PERSON_1B] v. [PERSON_2B] the claim is for $9,000.",
		"¿Qué pasa en el caso Ruiz contra Vega? Pedro Ruiz demanda a Ana Vega.":         "¿Qué pasa en el caso [PERSON_1] contra [PERSON_2]? [PERSON_1B] demanda a [PERSON_2B].",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
