package blanks_test

import (
	"strings"
	"testing"

	"counsel/domain/esign/blanks"
)

func find(pages ...string) (reasons, quotes []string) {
	for _, f := range blanks.Find(pages) {
		reasons, quotes = append(reasons, f.Reason), append(quotes, f.Quote)
	}
	return reasons, quotes
}

// TestBlank: text that still has to be filled in is found.
func TestBlank(t *testing.T) {
	for _, page := range []string{
		// Blank lines.
		"Disputes are decided by the courts of ________ (place).",
		"Disputes are decided by the courts of\n________ (place). If the information includes personal data",
		"This Agreement is made on ____ 2026 between",
		"This Agreement is dated ____________ 20__",
		"The rent is EUR ______ a month.",
		"_____ days after delivery",
		"The Seller: ______________, of ______________",
		"The price is _ _ _ _ _ euros.",
		"Description of the goods:\n____________________\n____________________",
		"as of January 1, 20__, the parties",
		"The fee is USD .......... per month.",
		"Name of the guarantor: ……………… , born on ………………",
		"Between: . . . . . . . . . . . . (the Buyer)",
		"Die Miete beträgt ________ EUR.",
		"Der Käufer, Herr/Frau ____________, geboren am ________",
		"Gerichtsstand ist ............ .",
		"Zwischen ______________________ (Vermieter)\nund ______________________ (Mieter)",
		"Le loyer est fixé à ________ euros.",
		"Entre les soussignés : ........................ demeurant à ........................",
		"El precio es de ________ euros.",
		"De una parte, D. ____________, con domicilio en ____________",
		"Date of birth: ________", // not in a signature block
		"Name: ____________\nAddress: ____________\n1. The Tenant pays the rent.",

		// Brackets.
		"The purchase price is [AMOUNT].",
		"dated as of [date]",
		"[Date]",
		"The term is [●] months.",
		"The term is [•] months.",
		"The fee is [*] per hour.",
		"a fee of EUR [ ● ]",
		"[COMPANY NAME], a company registered in [jurisdiction]",
		"between [Name of Party A] and [Name of Party B]",
		"[insert description of services]",
		"[Insert\nname of court]",
		"[to be confirmed by the client]",
		"[delete as applicable]",
		"the courts of [TBD]",
		"[___________]",
		"[      ]",
		"EUR […] per month",
		"within [...] days",
		"[XXX]",
		"[the amount to be inserted]",
		"[NUMBER] shares",
		"Tenant address: [ ]", "The term is [ ] years.", "innerhalb von [ ] Tagen", "the sum of [] EUR", "EUR ( ) monthly", "EUR ####", "Price: XXX",
		"within [x] days", "Beginn: __.__.2026", "the price of - - - - - EUR", "The rent (to be agreed) is due", "Miete: noch zu vereinbaren", "Übergabe: wird noch festgelegt",
		"[Anrede Vorname Nachname]", "[Firmenname GmbH]",
		"[effective date]",
		"[Your Company Name]", "[Email Address]", "[Phone Number]", "[Job Title]", "[State of Incorporation]", "[monthly rent]", "[Project Name]", "[describe the services]", "[Disclosing Party]", "[Lender]", "[[client]]", "{client_name}", "[date/place]",
		"am __.__.20__", "[Straße, PLZ, Ort]", "[Vorname und Nachname]", "[Mandant]", "[rue, code postal]", "[calle y número]",
		"Kaufpreis: [BETRAG]",
		"am [Datum] in [Ort]",
		"[Name des Käufers]",
		"[bitte ergänzen]",
		"[Höhe der Vergütung einfügen]",
		"[Zutreffendes ankreuzen]",
		"[Vertragsbeginn]",
		"le prix de [montant] euros",
		"[Nom de la société]",
		"[à compléter]",
		"[date d’entrée en vigueur]",
		"[montant à définir]",
		"[rayer la mention inutile]",
		"el precio de [importe]",
		"[Nombre del comprador]",
		"[por determinar]",
		"[indicar domicilio]",
		"[fecha de entrada en vigor]",

		// Template fields.
		"Dear {{client.name}},",
		"Dear ${name},",
		"{% if rent %} The rent",
		"«Client_Name»",
		"<<Client Name>>",
		"<date>",
		"<COMPANY NAME>",
		"{AMOUNT}",
		"%CLIENT_NAME%",
		"Lorem ipsum dolor sit amet",

		// Pending values.
		"Delivery date: TBD",
		"Delivery date: tbd.",
		"The price is T.B.D.",
		"Closing date: to be confirmed",
		"Betrag: noch offen",
		"Montant : à définir",
		"Importe: por determinar",
		"Phone: xxx-xxx",
		"Start: XX.XX.2026",
		"Start: DD/MM/YYYY",
		"Beginn: TT.MM.JJJJ",
		"The price is EUR ●.",
		"The price is EUR XX plus VAT.",
		"The buyer is ???",
	} {
		reasons, quotes := find(page)
		if len(reasons) == 0 {
			t.Errorf("no blank is found in %q", page)
			continue
		}
		for i, r := range reasons {
			if r != blanks.Blank {
				t.Errorf("%q is reported as %s: %q", page, r, quotes[i])
			}
		}
	}
}

// TestNoBlank: text that only looks like a blank is not reported.
func TestNoBlank(t *testing.T) {
	for _, page := range []string{
		// Signature blocks.
		"11. Signatures\nSigned for Northwind GmbH (Party A)\nName: Helen Marsh\nPlace and date: ________\nSignature: ________\nSigned for Ada Lovelace (Party B)\nPlace and date: ________\nSignature: ________",
		"IN WITNESS WHEREOF, the parties have executed this Agreement.\nNORTHWIND LLC\nBy: ______________________\nName: ____________________\nTitle: ____________________\nDate: ____________________",
		"By: ____________ By: ____________\nName: __________ Name: __________\nTitle: ___________ Title: ___________",
		"______________________ ______________________\n(Signature) (Signature)",
		"______________________\nSignature",
		"Signature: .....................................",
		"Signed by: ……………………………… Date: ………………………………",
		"Authorised signatory: ____________",
		"Executed as a deed by ADA LOVELACE\n____________________\nWitness: ____________________\nName: ____________________\nAddress: ____________________",
		"Signed in the presence of:\n__________________\nName of witness\nDated this ____ day of __________ 20__",
		"For and on behalf of Northwind GmbH\n\n___________________________\nHelen Marsh, Managing Director",
		"The rest is as agreed.\n___________________ ___________________\nAda Lovelace Northwind GmbH",
		"Agreed and accepted:\nX ____________________",
		"Name: Ada Lovelace Title: __________\nSignature: ____________",
		"Unterschriften\nOrt, Datum: ______________\nUnterschrift: ______________\nName in Druckbuchstaben: ______________",
		"Für die Northwind GmbH\n________________, den ________________\n______________________________\n(Unterschrift)",
		"_________________________ _________________________\nOrt, Datum Unterschrift Arbeitgeber\n_________________________\nUnterschrift Arbeitnehmer",
		"München, den ____________\n____________________\nUnterschrift des Vermieters",
		"i.V. ____________ i.A. ____________",
		"Fait à ____________, le ____________ en deux exemplaires.\nPour la société Northwind\nNom : ____________\nQualité : ____________\nSignature : ____________",
		"Lu et approuvé : ____________________",
		"Signatures des parties\nLe Bailleur Le Locataire\n__________________ __________________",
		"Signature précédée de la mention « lu et approuvé » : ____________",
		"En prueba de conformidad, firman el presente contrato.\nEn ____________, a ____ de ____________ de 20__\nFdo.: ____________\nCargo: ____________\nDNI: ____________",
		"Firma: ____________________\nNombre: ____________________\nFecha: ____________________",
		"Tenant's signature: ____________ Landlord's signature: ____________",
		"Date and signature: ____________", "Ort, Datum, Unterschrift: ____________", "Date et signature : ____________", "Lugar, fecha y firma: ____________",
		"Signed for Northwind\nDate: __/__/20__ Signature: ________",
		"Por Northwind, S.L.\n____________________\nD. Juan Pérez",

		// Citations, notes and references.
		"as was held before [1] and again [2, 3] and [12–15].", "See [[1]] and [[2]].",
		"He wrote that the goods was [sic] late.",
		"Smith v Jones [2019] EWCA Civ 12, [2020] 1 WLR 34 at [27] and [31]-[33]",
		"BGH NJW 2019, 123 [Rn. 12]",
		"[Signature page follows]",
		"[SIGNATURE PAGE FOLLOWS]",
		"[Signature Page to the Share Purchase Agreement]",
		"[Remainder of page intentionally left blank]",
		"[REMAINDER OF PAGE INTENTIONALLY LEFT BLANK]",
		"[Intentionally omitted]", "[RESERVED]", "[Reserved.]", "[Company Seal]", "[L.S.]", "[emphasis added]",
		"[Unterschriftenseite folgt]", "[Rest der Seite absichtlich freigelassen]", "[Hervorhebung nur hier]", "§ 5 [weggefallen]",
		"[La page de signature suit]", "[Page laissée intentionnellement blanche]", "[souligné par nous]", "[supprimé]",
		"[Sigue la página de firmas]", "[Página en blanco]", "[énfasis añadido]", "[suprimido]",
		"“[t]he parties shall […] agree on the matter” was the wording.",
		"„Die Parteien haben […] zu verhandeln“, heißt es dort.",
		"« les parties doivent [...] négocier »",
		"judge[s] and part[ies]",
		"the Seller [and the Guarantor] agree",
		"[EU] and [UK] law; Regulation [EU] 2016/679; [C-131/12]",
		"the goods in [Annex A] and [Schedule 1], [Section 4.2], [Art. 5 DSGVO]",
		"see [https://example.com/terms] or [ada@example.com]",
		"Ada Lovelace <ada@example.com>",
		"[x] monthly [ ] yearly", "[ ] Yes [ ] No", "Options:\n[ ] with a deposit\n[x] without",
		"Total .......... 100 EUR", "Rent ............ EUR 900.00", "Initials: ____", "Handzeichen: ______", "Signed for Northwind\nBy: ______ Name: Ada Lovelace Title: CEO",
		"Dates follow the mask dd.mm.yyyy here.",
		"[the Company] had agreed",
		"“Business Day” means a day on which banks are open (each a “Day”).",

		// Other characters.
		"1. Parties .......... 3\n2. Purpose .......... 4\n3. Confidential Information . . . . . . . . 12\nAnnex ……………… iv",
		"§ 1 Vertragsgegenstand ........................ 2",
		"and so on ... until the end.",
		"The file client_data_2026.pdf and some_long__name_here.txt",
		"snake___case is a name",
		"Chapter XXX of the Code, XXIII and XX",
		"Dates are written in the format DD/MM/YYYY.",
		"● the first\n● the second\n• the third",
		"Is that so?? Yes!",
		"The fee is 5 % and EUR 10,000.00.",
		"a { b } c, f(x) = {1, 2}",
		"« Le Prestataire » désigne la société ; «el Cliente» significa la parte.",
		"The date, amount and name are those of the annex.",
		"To be determined by the court in its discretion.",
		"--- 3 ---", "— 3 —", "* * *",
	} {
		if reasons, quotes := find(page); len(reasons) > 0 {
			t.Errorf("%q is reported in %q", quotes, page)
		}
	}
}

func TestDraft(t *testing.T) {
	for _, page := range []string{
		"DRAFT\nThis agreement is made", "Draft", "draft 3", "DRAFT v2", "Draft version 1.2", "Draft of 12 March 2026", "[DRAFT]", "*** DRAFT ***", "First draft", "CONFIDENTIAL DRAFT", "DRAFT – not for signature",
		"Draft for discussion purposes", "Discussion draft 2026", "The tenant pays DRAFT the rent.", "D\nR\nA\nF\nT", "Draft – Confidential", "DRAFT - CONFIDENTIAL", "DRAFT DRAFT DRAFT DRAFT", "Draft Share Purchase Agreement", "SUBJECT TO CONTRACT", "SPECIMEN", "MUSTER",
		"Entwurf eines Mietvertrags", "Projet de contrat de bail", "Borrador de contrato de arrendamiento",
		"ENTWURF", "Entwurf vom 12.03.2026", "Entwurf, Stand 3. März 2026", "Vertragsentwurf", "Nicht zur Unterschrift", "Der Mieter zahlt ENTWURF die Miete.",
		"PROJET", "Brouillon", "BROUILLON du 12 mars 2026", "Projet non définitif", "Avant-projet",
		"BORRADOR", "Borrador de 12 marzo 2026", "Versión preliminar",
	} {
		reasons, quotes := find("The agreement.\n"+page, page)
		if len(reasons) != 2 || reasons[0] != blanks.Draft || reasons[1] != blanks.Draft {
			t.Errorf("%q: found %q, %q", page, reasons, quotes)
		}
	}
	for _, page := range []string{
		"The parties shall draft the minutes.", "The offer is subject to contract and board approval, as usual.", "a draft of the report", "payment by bank draft", "PAYMENT BY BANK DRAFT IS ALLOWED HERE", "Drafting history", "The Contractor shall supply the draft design within ten days.",
		"Der Entwurf des Architekten wird geprüft.", "Entwürfe und Modelle", "Le projet de construction est décrit en annexe.", "Projet : construction d’un immeuble", "el proyecto de obra", "El borrador del acta se enviará a las partes.",
	} {
		if reasons, quotes := find(page); len(reasons) > 0 {
			t.Errorf("%q: found %q", page, quotes)
		}
	}
}

func TestFindingPlaces(t *testing.T) {
	got := blanks.Find([]string{"All is well here.", "The Seller of Northwind pays the sum of ________ euros to the Buyer, and that at once.\n" + strings.Repeat("x is [AMOUNT]\n", 100)})
	if len(got) != 20 || got[0].Page != 2 || got[0].Quote != "The Seller of Northwind pays the sum of ________ euros to the Buyer, and that at once." {
		t.Errorf("found %d: %+v", len(got), got[0])
	}
	if got := blanks.Find(nil); got != nil {
		t.Errorf("found %+v", got)
	}
	long := strings.Repeat("word ", 100) + "[AMOUNT]" + strings.Repeat(" wörter", 100)
	if got := blanks.Find([]string{long}); len(got) != 1 || len([]rune(got[0].Quote)) > 140 || !strings.HasPrefix(got[0].Quote, "…") || !strings.HasSuffix(got[0].Quote, "…") {
		t.Errorf("quotes %+v", got)
	}
}
