package masking

import "testing"

// TestTownOfName: a town keeps its name although a party is called so, and the party is masked everywhere else.
func TestTownOfName(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Ich heiße Paris Koch und wohne in Paris. Zahlt Paris?", "Ich heiße [PERSON_1] und wohne in Paris. Zahlt [PERSON_1B]?"},
		{"Je m'appelle Florence Petit et j'habite à Florence. Le propriétaire refuse de payer Florence.", "Je m'appelle [PERSON_1] et j'habite à Florence. Le propriétaire refuse de payer [PERSON_1B]."},
		{"Me llamo Santiago Ruiz y vivo en Santiago. El casero demandó a Santiago.", "Me llamo [PERSON_1] y vivo en Santiago. El casero demandó a [PERSON_1B]."},
		{"Mi chiamo Roma Bianchi e abito a Roma. Roma non ha pagato.", "Mi chiamo [PERSON_1] e abito a Roma. [PERSON_1B] non ha pagato."},
		{"Chamo-me Vitória Souza e moro em Vitória. A Vitória pagou a renda.", "Chamo-me [PERSON_1] e moro em Vitória. A [PERSON_1B] pagou a renda."},
		{"Ik heet Florence de Wit en woon te Florence. Florence betaalt niet.", "Ik heet [PERSON_1] en woon te Florence. [PERSON_1B] betaalt niet."},
		{"My name is Paris Koch. I live in Paris. My landlord trusts Paris.", "My name is [PERSON_1]. I live in Paris. My landlord trusts [PERSON_1B]."},
		{"My client is Paris Koch. Paris Koch lives in Paris and owes rent.", "My client is [PERSON_1]. [PERSON_1] lives in Paris and owes rent."},
		{"My name is Paris Koch and I live in Paris.", "My name is [PERSON_1] and I live in [LOCATION_1]."},
		{"Charlotte Reed told the truth in Paris. Charlotte was believed.", "[PERSON_1] told the truth in Paris. [PERSON_1B] was believed."},
	} {
		s := masker().NewSession()
		got := mask(t, s, c.text).Text
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if s.Restore(got) != c.text {
			t.Errorf("restored %q", s.Restore(got))
		}
	}
}

func TestEverydayNamesAgain(t *testing.T) {
	for text, want := range map[string]string{
		"My landlord is Mr Anton Kestrel. Kestrel must pay. Does Kestrel owe rent?": "My landlord is [PERSON_1]. [PERSON_1B] must pay. Does [PERSON_1B] owe rent?",
		"The baker Tom Baker left; then Baker paid the baker.":                      "The baker [PERSON_1] left; then [PERSON_1B] paid the baker.",
		"Amelia Court sued. The Court ruled.":                                       "[PERSON_1] sued. The Court ruled.",
		"Der Mieter Sven Richter klagt. Der Richter entscheidet.":                   "Der Mieter [PERSON_1] klagt. Der Richter entscheidet.",
	} {
		if got := mask(t, masker().NewSession(), text); got.Text != want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", text, got.Text, want)
		}
	}
}
