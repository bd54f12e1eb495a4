package masking

import "testing"

func TestRelationsAndTrades(t *testing.T) {
	m := newMasker(t)
	for _, c := range []struct{ text, name string }{
		{"My nephew Zeca crashed the car.", "Zeca"},
		{"I leave my watch to my godson Piers.", "Piers"},
		{"Onze huismeester Evert en de schoonmaakster Truus waren erbij.", "Truus"},
		{"El ingeniero Tomé y el capataz Nicanor firmaron el parte.", "Tomé"},
		{"El dueño, Suso Rial, no nos devuelve la fianza.", "Suso Rial"},
		{"Lo skipper Tore e il marinaio Bastiano sono scesi.", "Tore"},
		{"L'ingegner Zanin e il geometra Fiorenzo hanno firmato.", "Zanin"},
		{"Unser Hausmeister Kurt hat die Tür aufgebrochen.", "Kurt"},
		{"A minha tia Dalva vive com o pai.", "Dalva"},
		{"Notre gardien Yanis a vu la voisine Odile.", "Yanis"},
		{"Wij kochten brood bij Bakkerij de Boer in Zwolle.", "Bakkerij de Boer"},
		{"Nous avons commandé chez PISCINES AQUITAINE un bassin jamais livré.", "PISCINES AQUITAINE"},
		{"La serveuse Cindy attaque le Restaurant Le Petit Nice.", "Restaurant Le Petit Nice"},
		{"Compré el coche en Automóviles Lozano.", "Automóviles Lozano"},
		{"We hired Bluebell Roofing and the owner vanished.", "Bluebell Roofing"},
		{"The driver works for Swift Couriers in Leeds.", "Swift Couriers"},
		{"La vedova Elvira Neri ved. Conti abita lì.", "Conti"},
		{"Der Angeklagte Horst Klein alias Hotte schwieg.", "Hotte"},
		{"The car belongs to my aunt Dot.", "Dot"},
		{"Ik heb met hem gesproken. Groetjes, Hanneke", "Hanneke"},
		{"Locatore: Amedeo Grasso\nConduttore: Li Wei", "Li Wei"},
		{"Ieri ho sentito Carmela.", "Carmela"},
		{"El fontanero Blanco me inundó el baño.", "Blanco"},
		{"Nachbar Richter lässt seinen Hund bellen.", "Richter"},
		{"Der Klempner Schuster hat das Bad geflutet.", "Schuster"},
		{"muratore Bruno sparito con l'acconto", "Bruno"},
		{"A tia Conceição prometeu-me a casa.", "Conceição"},
		{"Trabalhei na empresa do João sem registro.", "João"},
		{"L'officina di Gino mi ha rovinato il motore.", "Gino"},
		{"L'entreprise de Bruno Caron n'a pas fini les travaux.", "Bruno Caron"},
		{"Assisto Lucia Marchetti contro il marito.", "Lucia Marchetti"},
		{"Dachdecker Winter kam nie wieder.", "Winter"},
		{"Betreuerin Roth verkauft Mutters Haus.", "Roth"},
		{"Das Restaurant von Luigi zahlt keine Überstunden.", "Luigi"},
		{"Is Farquhar liable if his bull escapes?", "Farquhar"},
		{"Fatou lavora senza contratto.", "Fatou"},
		{"A Lurdes deixou-me a casa de Évora.", "Lurdes"},
		{"Russo non paga l'affitto da gennaio.", "Russo"},
		{"Die Kellnerin verklagt Gasthof Zum Hirschen.", "Gasthof Zum Hirschen"},
	} {
		found := false
		for _, span := range m.Find(c.text) {
			found = found || c.text[span.Start:span.End] == c.name
		}
		if !found {
			t.Errorf("%s: no %q in %v", c.text, c.name, m.Find(c.text))
		}
	}
	for _, text := range []string{
		"Meine Frau Rechtsanwältin hat geschrieben.",
		"Mein Vater Staat zahlt nicht.",
		"The tenant Board refused, and the owner Association met.",
		"Mio fratello INPS.",
		"My landlord Social Housing refused, and my boss Monday.",
		"Il giudice Tutelare ha deciso.",
		"¿Qué tasa cobra la Oficina Española de Patentes?",
		"The Bar Council regulates the Motor Builders of the trade.",
		"El fontanero no vino y el vecino Mayor tampoco.",
		"Die Filiale der Firma in Celle schließt.",
		"L'officina di Torino ha chiuso.",
		"Targa e libretto: chi li rilascia?",
		"The Restaurant Manager called, and the Hotel Agreement ended.",
	} {
		if spans := m.Find(text); len(spans) > 0 {
			t.Errorf("%s: found %v", text, spans)
		}
	}
}
