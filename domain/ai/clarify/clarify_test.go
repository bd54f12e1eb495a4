package clarify

import (
	"slices"
	"testing"

	"golang.org/x/text/language"
)

func TestMissing(t *testing.T) {
	for _, c := range []struct {
		question, context string
		want              []About
	}{
		{"Can my landlord keep my deposit because of a scratch?", "", []About{Jurisdiction}},
		{"Can my landlord in Texas keep my deposit because of a scratch?", "", nil},
		{"Can my landlord keep my deposit because of a scratch?", "The flat is in Dublin.", nil},
		{"Does § 573 BGB protect me if my landlord needs the flat?", "", nil},
		{"Is it too late to appeal my dismissal in England?", "", []About{Dates}},
		{"Is it too late to appeal my dismissal?", "", []About{Jurisdiction, Dates}},
		{"I was dismissed on 3 March 2026 in France. Is it too late to appeal?", "", nil},
		{"What is consideration?", "", nil},
		{"What does force majeure mean in a lease?", "", nil},
		{"How do I read this contract?", "", nil},
		{"Darf mein Vermieter die Kaution behalten, weil ein Kratzer im Boden ist?", "", []About{Jurisdiction}},
		{"Darf mein Vermieter in Österreich die Kaution behalten?", "", nil},
		{"Habe ich die Frist für den Widerspruch gegen meine Kündigung verpasst?", "", []About{Jurisdiction, Dates}},
		{"Mon propriétaire peut-il garder le dépôt de garantie ?", "", []About{Jurisdiction}},
		{"Mon propriétaire à Lyon peut-il garder le dépôt de garantie ?", "", nil},
		{"¿Puede mi casero quedarse con la fianza por un arañazo?", "", []About{Jurisdiction}},
		{"Meu senhorio pode ficar com a caução por causa de um risco?", "", []About{Jurisdiction}},
		{"Il mio padrone di casa può tenere la caparra per un graffio?", "", []About{Jurisdiction}},
		{"Mag mijn verhuurder de borg houden vanwege een kras?", "", []About{Jurisdiction}},
		{"Mag mijn verhuurder in Nederland de borg houden vanwege een kras?", "", nil},
		{"Czy właściciel może zatrzymać kaucję?", "", nil},
	} {
		if got := Missing(c.question, c.context); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v", c.question, c.context, got, c.want)
		}
	}
}

func TestQuestion(t *testing.T) {
	for _, tag := range []string{"en", "de", "fr", "es", "pt-BR", "it", "nl", "pl"} {
		for _, about := range []About{Jurisdiction, Dates} {
			if q := Question(about, language.Make(tag)); len(q) < 20 || tag != "en" && tag != "pl" && q == Question(about, language.English) {
				t.Errorf("%s, %s: %q", tag, about, q)
			}
		}
	}
}

func BenchmarkMissing(b *testing.B) {
	for b.Loop() {
		Missing("Is it too late to appeal my dismissal? I have worked there for some time and nobody told me.", "")
	}
}
