package masking

import "testing"

// TestPublicNames: what everybody knows stays readable; private people and companies with the same words are masked.
func TestPublicNames(t *testing.T) {
	for _, text := range []string{
		"Does Ryanair have to pay compensation after a strike?",
		"Can the NLRB order Starbucks to rehire baristas in Buffalo?",
		"When is Good Friday a business day for service of documents?",
		"May a Jehovah's Witness refuse blood, and a Rastafarian wear dreadlocks?",
		"What did Lord Denning say in High Trees? Did Ruth Bader Ginsburg dissent?",
		"Il testamento scritto a Natale o a Pasqua è valido?",
		"Cosa dispone la Bossi-Fini sui permessi di soggiorno?",
		"Muss ich an Ostern arbeiten, wenn Zeugen Jehovas anrufen?",
		"Robert Badinter a-t-il aboli la peine de mort ?",
		"¿Qué es un Amparo Indirecto? ¿Y un Burofax?",
		"O que é a cláusula Rebus Sic Stantibus?",
		"Wat is een Kort Geding tegen Ziggo?",
		"Does the lemon law cover a Ford?",
		"How is a Beddoe application made?",
		"Explain Barton v Armstrong in plain words.",
		"Il CCNL Logistica, Trasporto Merci e Spedizione prevede gli Scatti di Anzianità?",
		"Mag Airbnb verhuren in Amsterdam zonder vergunning?",
		"Si può usucapire un box auto a Bari?",
		"Posso fare causa alla Barilla per un prodotto scaduto?",
		"Muss Ferrari die Garantie bei Tuning erfüllen?",
		"May Barclays close my account without notice?",
		"Mag Albert Heijn mijn tas controleren?",
		"Peut-on attaquer Michelin pour un pneu défectueux ?",
		"Il Trattato di Lisbona e il Regolamento Roma III, e il Ddl Zan?",
		"Le règlement Dublin III et le régime Pinel ?",
		"¿Se aplica el Reglamento Dublín a los menores?",
		"What are Henry VIII clauses, and what did Lord Leveson recommend?",
		"Can St Thomas' Hospital refuse? Must St Mary's school answer?",
		"Il liceo Manzoni e l'ospedale Niguarda rispondono?",
		"Wat is de Peeters-toets?",
		"Darf Nivea so werben?",
		"Trenord deve rimborsare un abbonamento dopo lo sciopero?",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != text {
			t.Errorf("%s", got)
		}
	}
	for text, want := range map[string]string{
		"My landlord Harrison Ford evicted me.":                      "My landlord [PERSON_1] evicted me.",
		"My client Trump owes rent. Is the lease void?":              "My client [PERSON_1] owes rent. Is the lease void?",
		"Mi chiamo Anna Natale e abito a Bari.":                      "Mi chiamo [PERSON_1] e abito a Bari.",
		"Il mio vicino Pasqua non paga.":                             "Il mio vicino [PERSON_1] non paga.",
		"Ich heiße Petra Ostern. Was gilt?":                          "Ich heiße [PERSON_1]. Was gilt?",
		"Orange Gardening Ltd owes me money.":                        "[COMPANY_1] owes me money.",
		"Mi madre, Ascensión Soler, vive conmigo.":                   "Mi madre, [PERSON_1], vive conmigo.",
		"Explain this to my tenant Barton.":                          "Explain this to my tenant [PERSON_1].",
		"Il CCNL Commercio vale per me? Sono Ahmed Benali.":          "Il CCNL Commercio vale per me? Sono [PERSON_1].",
		"Mag. Huber hat mir gekündigt.":                              "[PERSON_1] hat mir gekündigt.",
		"Il mio vicino Bari Esposito non paga.":                      "Il mio vicino [PERSON_1] non paga.",
		"Il mio vicino Barilla non paga l'affitto.":                  "Il mio vicino [PERSON_1] non paga l'affitto.",
		"Ho comprato la garanzia dal sig. Ferrari.":                  "Ho comprato la garanzia dal [PERSON_1].",
		"May Barclay sued me over a warranty.":                       "[PERSON_1] sued me over a warranty.",
		"Mr Lula Pires sued me.":                                     "[PERSON_1] sued me.",
		"Ma voisine Noël Petit refuse de payer. Que faire à Noël ?":  "Ma voisine [PERSON_1] refuse de payer. Que faire à Noël ?",
		"Mijn buurman Jan Wilders heeft een hek geplaatst. Mag dat?": "Mijn buurman [PERSON_1] heeft een hek geplaatst. Mag dat?",
		"Mi vecino Rajoy no paga la comunidad. ¿Qué puedo hacer yo?": "Mi vecino [PERSON_1] no paga la comunidad. ¿Qué puedo hacer yo?",
	} {
		if got := mask(t, masker().NewSession(), text).Text; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
