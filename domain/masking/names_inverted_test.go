package masking

import "testing"

// TestInvertedNames: a surname and a given name that stand alone are one person, lists of people and places are not.
func TestInvertedNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"| Name | % |\n|---|---|\n| Law, Peter | 12 |\n| Baker, Hope | 13 |", "| Name | % |\n|---|---|\n| [PERSON_1] | 12 |\n| [PERSON_2] | 13 |"},
		{"| Nome | % |\n|---|---|\n| Coelho, Socorro | 50 |\n| Rocha, Esperança | 50 |", "| Nome | % |\n|---|---|\n| [PERSON_1] | 50 |\n| [PERSON_2] | 50 |"},
		{"Name: Law, Denise\nStatus: open", "Name: [PERSON_1]\nStatus: open"},
		{"De: Coelho, Socorro\nPara: Silva, Maria", "De: [PERSON_1]\nPara: [PERSON_2]"},
		{"Werknemer: Postma, Hoop\nGedaagde: SMIT, Vrede", "Werknemer: [PERSON_1]\nGedaagde: [PERSON_2]"},
		{"Claimant: LEE, Chun-hei", "Claimant: [PERSON_1]"},
		{"An: Pfeiffer, Uwe; Koch, Maria\nBetreff: Abmahnung", "An: [PERSON_1]; [PERSON_2]\nBetreff: Abmahnung"},
		{"- Pfeiffer, Uwe\n- von der Heydt, Anna\n3. Winter, Rosa", "- [PERSON_1]\n- [PERSON_2]\n3. [PERSON_3]"},
		{"Der Beschuldigte BAUMANN, Kevin, schlug den Zeugen vor dem Lokal.", "Der Beschuldigte [PERSON_1], schlug den Zeugen vor dem Lokal."},
		{"The suspect, LEE, Chun-hei, struck the officer.", "The suspect, [PERSON_1], struck the officer."},
		{"Zeugen: Müller, Schmidt und Weber", "Zeugen: [PERSON_1], [PERSON_2] und [PERSON_3]"},
		{"Anwesend: Müller, Koch", "Anwesend: [PERSON_1], [PERSON_2]"},
		{"Witnesses: Anna, Bernd and Carla", "Witnesses: [PERSON_1], [PERSON_2] and [PERSON_3]"},
		{"Kinder: Bernd, Heike", "Kinder: [PERSON_1], [PERSON_2]"},
		{"Beneficiaries: Rose Hart, Grace Hart", "Beneficiaries: [PERSON_1], [PERSON_2]"},
		{"Mieter: Anna Müller, Bernd Koch", "Mieter: [PERSON_1], [PERSON_2]"},
		{"Demandante: García López, María José", "Demandante: [PERSON_1]"},
		{"Kläger ist ANNA KOCH, Bernd ist Zeuge.", "Kläger ist [PERSON_1], [PERSON_2] ist Zeuge."},
		{"Ort: Koch, München", "Ort: Koch, München"},
		{"Je vous remercie de votre réponse.\nCordialement, Yannick", "Je vous remercie de votre réponse.\nCordialement, [PERSON_1]"},
		{"Müller, Rechtsanwalt", "[PERSON_1], Rechtsanwalt"},
	} {
		if got := mask(t, masker().NewSession(), c.text).Text; got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
