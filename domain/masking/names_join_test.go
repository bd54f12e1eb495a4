package masking

import "testing"

// TestConjunctions: an "and" parts two people, except inside a double surname.
func TestConjunctions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Los demandantes Juan García y María López reclaman 3.000 euros.", "Los demandantes [PERSON_1] y [PERSON_2] reclaman 3.000 euros."},
		{"mis hijos Ana, Luis y Marta viven conmigo.", "mis hijos [PERSON_1], [PERSON_2] y [PERSON_3] viven conmigo."},
		{"Les époux Jean Dupont et Marie Martin demandent le divorce.", "Les époux [PERSON_1] et [PERSON_2] demandent le divorce."},
		{"I coniugi Mario Rossi e Giulia Bianchi chiedono la separazione.", "I coniugi [PERSON_1] e [PERSON_2] chiedono la separazione."},
		{"Os autores João Silva e Maria Santos pedem indemnização.", "Os autores [PERSON_1] e [PERSON_2] pedem indemnização."},
		{"Die Kläger Hans Müller und Petra Schneider fordern 3.000 Euro.", "Die Kläger [PERSON_1] und [PERSON_2] fordern 3.000 Euro."},
		{"Die Eheleute Anna und Peter Koch haben geklagt.", "Die Eheleute [PERSON_1] und [PERSON_2] haben geklagt."},
		{"José Ortega y Gasset firmó el contrato de arrendamiento.", "[PERSON_1] firmó el contrato de arrendamiento."},
		{"El arrendador Josep Bosch i Puig firmó el contrato de arrendamiento.", "El arrendador [PERSON_1] firmó el contrato de arrendamiento."},
		{"O autor João Costa e Silva pede uma indemnização ao réu.", "O autor [PERSON_1] pede uma indemnização ao réu."},
		{"Der Kläger Müller behauptet, Müllers Hund habe ihn gebissen.", "Der Kläger [PERSON_1] behauptet, [PERSON_1B] Hund habe ihn gebissen."},
		{"Der Kläger Hans Hund behauptet, er habe bezahlt.", "Der Kläger [PERSON_1] behauptet, er habe bezahlt."},
		{"Eigentümer ist Freiherr Maximilian von und zu Guttenau.", "Eigentümer ist [PERSON_1]."},
	} {
		if got := mask(t, masker().NewSession(), c.text).Text; got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
