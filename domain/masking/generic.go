package masking

import "counsel/domain/langid"

// SetLocale sets the language of the texts to restore, as a BCP 47 tag. It decides how a placeholder that was
// never issued is paraphrased. Other languages than the seven that are masked get English phrases. It must not
// be called while a text is being restored.
func (s *Session) SetLocale(tag string) { s.language = langid.Parse(tag) }

// genericPhrases replace placeholders that the session never issued. The nouns are chosen so that the phrase
// stands after a preposition without contracting: in French and Spanish none is masculine with a consonant.
var genericPhrases = [langid.Count][typeCount]string{
	langid.English: {
		Person: "the person", Company: "the company", Location: "the place", Address: "the address", Email: "the e-mail address",
		Phone: "the phone number", CreditCard: "the card number", IBAN: "the account number", SSN: "the number", IP: "the network address",
		URL: "the website", Date: "the date", ID: "the number", Title: "the occupation", Nationality: "the nationality", Literal: "the text",
	},
	langid.German: {
		Person: "die Person", Company: "die Firma", Location: "die Ortschaft", Address: "die Anschrift", Email: "die E-Mail-Adresse",
		Phone: "die Telefonnummer", CreditCard: "die Kartennummer", IBAN: "die Kontonummer", SSN: "die Nummer", IP: "die Netzadresse",
		URL: "die Website", Date: "die Datumsangabe", ID: "die Nummer", Title: "die Berufsbezeichnung", Nationality: "die Staatsangehörigkeit", Literal: "die Textstelle",
	},
	langid.French: {
		Person: "la personne", Company: "la société", Location: "la localité", Address: "l’adresse", Email: "l’adresse électronique",
		Phone: "la ligne téléphonique", CreditCard: "la carte", IBAN: "l’IBAN", SSN: "l’identifiant", IP: "l’adresse IP",
		URL: "l’adresse web", Date: "la date", ID: "l’identifiant", Title: "la profession", Nationality: "la nationalité", Literal: "l’extrait",
	},
	langid.Spanish: {
		Person: "la persona", Company: "la empresa", Location: "la localidad", Address: "la dirección", Email: "la dirección de correo",
		Phone: "la línea telefónica", CreditCard: "la tarjeta", IBAN: "la cuenta", SSN: "la identificación", IP: "la dirección IP",
		URL: "la página web", Date: "la fecha", ID: "la identificación", Title: "la profesión", Nationality: "la nacionalidad", Literal: "la cita",
	},
	langid.Portuguese: {
		Person: "a pessoa", Company: "a empresa", Location: "a localidade", Address: "a morada", Email: "a conta de correio",
		Phone: "a linha telefónica", CreditCard: "a conta do cartão", IBAN: "a conta", SSN: "a identificação", IP: "a rede",
		URL: "a página web", Date: "a data", ID: "a identificação", Title: "a profissão", Nationality: "a nacionalidade", Literal: "a citação",
	},
	langid.Italian: {
		Person: "la persona", Company: "la società", Location: "la località", Address: "l’indirizzo", Email: "l’indirizzo e-mail",
		Phone: "la linea telefonica", CreditCard: "la carta", IBAN: "l’IBAN", SSN: "l’identificativo", IP: "l’indirizzo IP",
		URL: "la pagina web", Date: "la data", ID: "l’identificativo", Title: "la professione", Nationality: "la nazionalità", Literal: "la citazione",
	},
	langid.Dutch: {
		Person: "de persoon", Company: "de onderneming", Location: "de plaats", Address: "het adres", Email: "het e-mailadres",
		Phone: "het telefoonnummer", CreditCard: "het kaartnummer", IBAN: "het rekeningnummer", SSN: "het nummer", IP: "het IP-adres",
		URL: "de website", Date: "de datum", ID: "het nummer", Title: "het beroep", Nationality: "de nationaliteit", Literal: "de tekst",
	},
}
