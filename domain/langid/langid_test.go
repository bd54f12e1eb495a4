package langid_test

import (
	"fmt"
	"testing"

	"counsel/domain/langid"
)

func TestDetect(t *testing.T) {
	tests := []struct {
		text string
		want langid.Language
	}{
		{"How long do I have to appeal?", langid.English},
		{"Can my landlord keep my deposit?", langid.English},
		{"Is a verbal agreement binding in Texas?", langid.English},
		{"what happens if i dont pay council tax", langid.English},
		{"Wie lange ist die Kündigungsfrist nach § 622 BGB?", langid.German},
		{"Darf der Vermieter die Kaution behalten?", langid.German},
		{"Muss ich Erbschaftsteuer zahlen?", langid.German},
		{"Herr Müller schuldet mir 500 Euro.", langid.German},
		{"Wer haftet bei einem Wildunfall?", langid.German},
		{"Quel est le délai de préavis pour un CDI ?", langid.French},
		{"Mon propriétaire peut-il augmenter le loyer ?", langid.French},
		{"Qui doit payer la taxe foncière ?", langid.French},
		{"Ai-je droit à une indemnité de licenciement ?", langid.French},
		{"¿Cuánto tiempo tengo para recurrir una multa?", langid.Spanish},
		{"Puede el casero subir la renta?", langid.Spanish},
		{"Mi jefe no me paga las horas extras", langid.Spanish},
		{"¿Qué dice el artículo 1902 del Código Civil?", langid.Spanish},
		{"Quanto tempo tenho para contestar a ação?", langid.Portuguese},
		{"O meu senhorio pode aumentar a renda?", langid.Portuguese},
		{"O que acontece se o inquilino nao pagar o aluguel?", langid.Portuguese},
		{"Tenho direito a férias?", langid.Portuguese},
		{"Quanto tempo ho per impugnare il licenziamento?", langid.Italian},
		{"Il proprietario può aumentare l'affitto?", langid.Italian},
		{"Chi paga le spese condominiali?", langid.Italian},
		{"Posso recedere dal contratto?", langid.Italian},
		{"Hoe lang is de opzegtermijn van een huurcontract?", langid.Dutch},
		{"Mag mijn werkgever mij zomaar ontslaan?", langid.Dutch},
		{"Wie betaalt de schade aan mijn auto?", langid.Dutch},
		{"Is een mondelinge overeenkomst geldig?", langid.Dutch},
		{"Ile wynosi okres wypowiedzenia umowy o pracę?", langid.Unknown},
		{"Сколько длится срок исковой давности?", langid.Unknown},
		{"契約を解除できますか", langid.Unknown},
		{"Jak długo muszę czekać na wyrok sądu w sprawie o zapłatę?", langid.Unknown},
		{"Hur lång är uppsägningstiden för en hyresgäst?", langid.Unknown},
		{"Kiracı kirayı ödemezse ne olur?", langid.Unknown},
		{"12345 § 7", langid.Unknown},
		{"", langid.Unknown},
	}
	for _, tt := range tests {
		if got := langid.Detect(tt.text); got != tt.want {
			t.Errorf("Detect(%q) = %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	tests := map[string]langid.Language{
		"en": langid.English, "pt-BR": langid.Portuguese, "de_AT": langid.German, "FR": langid.French, "pl": langid.Unknown, "": langid.Unknown,
	}
	for tag, want := range tests {
		if got := langid.Parse(tag); got != want {
			t.Errorf("Parse(%q) = %v, want %v", tag, got, want)
		}
	}
}

func ExampleDetect() {
	fmt.Println(langid.Detect("Wie lange ist die Frist?"), langid.Detect("Hoe lang is de termijn?"))
	// Output: de nl
}

func BenchmarkDetect(b *testing.B) {
	const text = "Can my landlord keep the deposit if I leave before the end of the term, and how long do I have to sue?"
	langid.Detect(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		langid.Detect(text)
	}
}
