package masking

import (
	"strings"
	"testing"
)

// checkMarked checks that exactly what stands between the marks is masked by the rules for structured data; names, which
// other rules find, do not count.
func checkMarked(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line = strings.ReplaceAll(line, `\n`, "\n")
		text := strings.NewReplacer("⟦", "", "⟧", "").Replace(line)
		marked := make([]bool, len(text)+1)
		at, inside := 0, false
		for _, r := range line {
			switch r {
			case '⟦', '⟧':
				inside = r == '⟦'
			default:
				n := len(string(r))
				for k := range n {
					marked[at+k] = inside
				}
				at += n
			}
		}
		var missed, extra strings.Builder
		masked := make([]bool, len(text)+1)
		named := make([]bool, len(text)+1)
		for _, s := range masker().Find(text) {
			for k := s.Start; k < s.End; k++ {
				switch s.Type {
				case Person, Company, Location, Title, Nationality:
					named[k] = true
				default:
					masked[k] = true
				}
			}
		}
		for k := range len(text) {
			word := isAlnum(text[k]) || text[k] >= 0x80
			switch {
			case word && marked[k] && !masked[k] && !named[k]:
				missed.WriteByte(text[k])
			case word && !marked[k] && masked[k]:
				extra.WriteByte(text[k])
			}
		}
		if missed.Len() > 0 || extra.Len() > 0 {
			t.Errorf("%s\n   clear: %q  wrongly masked: %q", line, missed.String(), extra.String())
		}
	}
}

func TestContacts(t *testing.T) {
	checkMarked(t, `
Contact me at ⟦john.miller(at)example.com⟧ please.
Contact me at ⟦john.miller [at] example [dot] com⟧ please.
Contact me at ⟦john.miller {at} example.com⟧ please.
Contact me at ⟦john.miller AT example DOT com⟧ please.
Contact me at ⟦john.miller at example dot co dot uk⟧ please.
Contact me at ⟦john.miller @ example.com⟧ please.
Contact me at ⟦john.miller＠example.com⟧ please.
Email me at ⟦"odd name"@example.com⟧ please.
Write to ⟦jürgen.müller@müller-bau.de⟧.
Write to <⟦john.miller+law@example.co.uk⟧>, or mailto:⟦mary@example.org⟧!
Schreiben Sie an ⟦hans.mueller(ät)web.de⟧ oder ⟦hans (at) web (punkt) de⟧.
Scrivimi a ⟦mario.rossi chiocciola libero punto it⟧.
Escríbame a ⟦maria.lopez (arroba) correo.es⟧.
Écrivez à ⟦jean.dupont [arobase] orange.fr⟧.
See ⟦@johnmiller77⟧ and ⟦john_miller⟧.
My Telegram is ⟦@mary_b⟧ and my Skype: ⟦live:mary.baker⟧.
Username: ⟦jmiller84⟧, login ⟦jane_doe⟧.
Mein Benutzername ist ⟦hmueller_72⟧.
Mon identifiant: ⟦jdupont75⟧
Meet me at noon at the office.
The rent is due at the end of May @ 5 percent.
Use @media or @Override in code.
The data_controller and user_id fields.
We met at court. I was at work. He lives at home.
The price is 5 EUR/m2 at most.
Look at point 5 of the contract.
`)
}

func TestPhones(t *testing.T) {
	checkMarked(t, `
Call ⟦+44 20 7946 0958⟧ or ⟦+44 (0)20 7946 0958⟧.
Call ⟦0044 20 7946 0958⟧, ⟦020 7946 0958⟧ or ⟦(020) 7946 0958⟧.
Call (⟦415) 555-0132⟧, ⟦415.555.0132⟧ or ⟦1-415-555-0132 ext. 12⟧.
Mobile ⟦07700 900123⟧, home ⟦01632 960001⟧.
Tel. ⟦030/901820⟧, Handy ⟦0171-1234567⟧, Fax ⟦030 9018-2100⟧.
Telefon: ⟦+49 (0) 89 / 12 34 56-0⟧.
Meine Nummer ist ⟦0151 23456789⟧.
Tél. : ⟦01 42 68 53 00⟧, portable ⟦06.12.34.56.78⟧.
Tél ⟦+33 (0)6 12 34 56 78⟧ ou ⟦0033 6 12 34 56 78⟧.
Móvil ⟦612 345 678⟧, teléfono ⟦91 123 45 67⟧, ⟦+34 612 34 56 78⟧.
Telemóvel ⟦912 345 678⟧; telefone ⟦21 345 67 89⟧; ⟦+351 912 345 678⟧.
Celular (⟦11) 91234-5678⟧ ou ⟦+55 11 91234-5678⟧.
Cellulare ⟦347 1234567⟧, ufficio ⟦06 1234567⟧, ⟦+39 02 1234 5678⟧.
Mobiel ⟦06-12345678⟧ of ⟦020-1234567⟧, ⟦+31 6 1234 5678⟧.
Telefon ⟦044 668 18 00⟧ (Zürich), Wien ⟦01 5321234-0⟧.
Call me on ⟦020 7946\n0958⟧ please.
Between 2019 and 2020-2021 we paid 1,250,000.
The fine is 250 000 Euro, or 1 200 000 EUR, or 12.500,00 €.
La multa es de 600 000 euros y 150.000 pesetas.
§ 311 Abs. 2 Nr. 1, §§ 280, 281, 286 BGB.
Verordnung (EG) Nr. 1393/2007 und Richtlinie 2011/83/EU.
loi n° 89-462 du 6 juillet 1989, décret n° 2015-587
Ley 29/1994, de 24 de noviembre, y Real Decreto 1720/2007
Lei n.º 6/2006, de 27 de fevereiro; Lei nº 8.245/1991
D.Lgs. 231/2001 e legge 9 dicembre 1998, n. 431
art. 7:669 lid 3 BW en artikel 6:162 BW
15 U.S.C. § 1692 and 29 CFR 1910.134
410 U.S. 113, 93 S. Ct. 705, 35 L. Ed. 2d 147
ISBN 978-3-16-148410-0 and page 123-125
version 10.2.3 of 12 items and 100-200 units
`)
}

func TestNationalIdentifiers(t *testing.T) {
	checkMarked(t, `
My NI number is ⟦AB 12 34 56 C⟧.
My NI number is ⟦AB123456C⟧.
My DNI is ⟦12345678Z⟧ and NIE ⟦X1234567L⟧, or ⟦X-1234567-L⟧ and ⟦12.345.678-Z⟧.
Codice fiscale ⟦RSSMRA85T10A562S⟧, partita IVA ⟦12345678903⟧.
My A-number is ⟦A012 345 678⟧.
Alien number ⟦A-012-345-678⟧, receipt ⟦EAC2190012345⟧.
Her NHS number is ⟦943 476 5919⟧.
Das Fahrzeug ⟦KA·PA 777⟧ parkt hier.
mi coche ⟦1234 bcd⟧ con grúa
Referencia catastral ⟦9872023 VH5797S 0001 WX⟧, CC ⟦12345678 9 ZX1⟧ caducado.
USt-IdNr. ⟦DE 136 695 976⟧, Handelsregister ⟦HRB 218842⟧ gelöscht.
Tarjeta sanitaria ⟦BBBB 8001 0112 3456⟧, RAMQ ⟦TREM 1234 5678⟧ refusée.
My locker is ⟦0417⟧, and our charity is ⟦1098765⟧ on the register.
Extension ⟦4417⟧ recorded the call. Durchwahl ⟦4417⟧ hat mitgeschnitten. L'interno ⟦4417⟧ ha registrato.
They have me down as ⟦44718⟧ in payroll. La paie m'enregistre sous ⟦44718⟧.
Quote ⟦WX/8812⟧ when you write; our ref ⟦jt/0012/b⟧.
Our lease is registered as ⟦NGL 884417⟧. My employee ID is ⟦E-20417⟧ and my badge ⟦7741⟧.
Mein Auto (Kennz. ⟦M - XY 417⟧) steht unter ⟦HRA 4471 B⟧ im Register.
Our visa app ⟦GWF071882903⟧ is pending. Spaarrekening ⟦K 123 45 678⟧ leeg.
My salary is 45000 and my office is 2019 square feet; our 2019 lease counts as 12345 units.
My UTR is ⟦1955839661⟧, company number ⟦SC123456⟧.
My SSN is ⟦219-09-9999⟧, EIN ⟦12-3456789⟧.
Meine Steuer-ID lautet ⟦86 095 742 719⟧.
Steueridentifikationsnummer: ⟦86095742719⟧
Steuernummer ⟦181/815/08155⟧, USt-IdNr. ⟦DE136695976⟧.
Sozialversicherungsnummer ⟦15 070649 C 103⟧.
Personalausweis Nr. ⟦L01X00T471⟧, Reisepass ⟦C01X00T47⟧.
Führerscheinnummer ⟦B072RRE2I55⟧.
Mein NIR est ⟦2 55 08 14 168 025 38⟧.
Numéro de sécurité sociale : ⟦255081416802538⟧
SIREN ⟦732 829 320⟧, SIRET ⟦732 829 320 00074⟧, TVA ⟦FR40303265045⟧.
Passeport n° ⟦12AB34567⟧, carte d'identité n° ⟦880692310285⟧.
NIF ⟦501964843⟧, NIF n.º ⟦501 964 843⟧, CC ⟦00000000 0 ZZ4⟧.
CIF ⟦B83428185⟧ y número de la Seguridad Social ⟦28/12345678/40⟧.
BSN ⟦111222333⟧, burgerservicenummer: ⟦1112.22.333⟧
KvK ⟦12345678⟧, btw-nummer ⟦NL123456782B12⟧.
Rijksregisternummer ⟦85.07.30-033.28⟧.
AHV-Nummer ⟦756.9217.0769.85⟧.
SVNR ⟦1237 010180⟧.
CPF ⟦111.444.777-35⟧, CNPJ ⟦11.222.333/0001-81⟧, RG ⟦12.345.678-9⟧.
OAB/⟦SP 123.456⟧
SIN ⟦046 454 286⟧, TFN ⟦123 456 782⟧, ABN ⟦51 824 753 556⟧.
Aadhaar ⟦2341 2341 2346⟧, PAN ⟦ABCPE1234F⟧, GSTIN ⟦27AAPFU0939F1ZV⟧.
PESEL ⟦44051401359⟧, NIP ⟦526-104-08-28⟧.
Personnummer ⟦811228-9874⟧, CPR ⟦211062-5629⟧, HETU ⟦131052-308T⟧.
CNP ⟦1630615123457⟧, OIB ⟦33392005961⟧, EGN ⟦7523169263⟧.
VIN ⟦1M8GDM9AXKP042788⟧, IMEI ⟦49-015420-323751-8⟧.
⟦HRB 12345⟧ des Amtsgerichts
# what only looks like one
The amount of 12345678 was paid under section 123456789.
In 1234567 cases of 2019 there were 98765432 claims.
Order 123456789 of the register is 111222333 units.
Nie wieder 12345678 Euro. Das PAN-Prinzip von 2020.
AB 12 of the annex and C 34 of schedule 2.
Article 123456 and § 1237010180.
BGBl. I S. 12345, ABl. L 119 vom 4.5.2016, S. 1
BOE-A-1994-26003 and ELI 2016/679
ECLI:EU:C:2014:317 and ECLI:NL:HR:2019:1234
COVID-19, ISO 9001, DIN EN 1090, MP3, A4, B2B
Cass. civ. 1re, 3 mai 2018, n° 17-12.345
Cass. civ., sez. III, 12 marzo 2019, n. 12345
STS 123/2019, de 4 de abril; STC 31/2010
BGH, Urteil vom 24.3.2021 - VIII ZR 12/20, NJW 2021, 1234
C-131/12 Google Spain and T-201/04 Microsoft
[2019] UKSC 5, [2020] EWCA Civ 123, (1998) 1 AC 1
`)
}

func TestAnnouncedNumbers(t *testing.T) {
	checkMarked(t, `
My policy number is ⟦ABC-123456⟧ and my account no. ⟦12345678⟧.
Sort code ⟦12-34-56⟧, account ⟦12345678⟧, routing number ⟦021000021⟧.
Patient ID: ⟦P-2021-00345⟧. Employee no. ⟦4711⟧. Membership #⟦99812⟧.
Reference: ⟦XY/2021/77⟧; claim ref. ⟦CL-2024-118⟧.
Kundennummer ⟦4711⟧, Vertragsnummer: ⟦V-2020-88⟧, Aktenzeichen ⟦2021/345-B⟧
Versicherungsschein-Nr. ⟦12.345.678-9⟧, Schadennummer ⟦S 2021 4455⟧
Kontonummer ⟦1234567⟧, BLZ ⟦37040044⟧, BIC ⟦COBADEFFXXX⟧.
Mein Kassenzeichen lautet ⟦1234.5678.9012⟧.
N° de client ⟦123456⟧, numéro de dossier : ⟦2021/00345⟧, contrat n° ⟦77-881⟧
Police d'assurance n° ⟦45678901⟧, numéro de compte ⟦00012345678⟧
Número de cuenta ⟦1234567890⟧, expediente ⟦2021/345⟧, póliza n.º ⟦987654⟧
Número de cliente: ⟦55512⟧, historia clínica nº ⟦88123⟧
Número de cliente ⟦123456⟧, apólice n.º ⟦7788990⟧, conta n.º ⟦0012345⟧
Numero di cliente ⟦123456⟧, polizza n. ⟦7788990⟧, conto corrente n. ⟦000012345⟧
Pratica n. ⟦2021/345⟧, matricola ⟦12345⟧
Klantnummer ⟦123456⟧, polisnummer ⟦7788990⟧, dossiernummer: ⟦2021-345⟧
My card ⟦4111-1111-1111-1111⟧ exp ⟦12/27⟧ cvv ⟦123⟧.
Karte ⟦4111 1111 1111 1111⟧, gültig bis ⟦12/27⟧, Prüfziffer CVC ⟦123⟧
My car plate is ⟦AB12 CDE⟧.
Registration ⟦AB12 CDE⟧, Kennzeichen ⟦B-AB 1234⟧, immatriculé ⟦AB-123-CD⟧
Matrícula ⟦1234 BCD⟧, targa ⟦AB 123 CD⟧, kenteken ⟦12-ABC-3⟧, placa ⟦ABC-1234⟧, placa ⟦ABC1D23⟧
MAC ⟦00:1A:2B:3C:4D:5E⟧, IP ⟦192.168.0.1⟧ and ⟦2001:db8::1⟧
Pay to ⟦1BoatSLRHtKNngkdXEeobR76b53LETtpyT⟧ or ⟦0x52908400098527886E0F7030069857D2E4169EE7⟧.
My IBAN is ⟦DE89 3704 0044\n0532 0130 00⟧.
IBAN: ⟦FR14 2004 1010 0505 0001 3M02 606⟧, ⟦ES91-2100-0418-4502-0005-1332⟧
# contracts and laws
The policy of 2019 and the account of 2020 end.
The file contains 12 pages and the claim is worth 25000 euros.
Der Vertrag Nr. 3 vom 12. Mai 2020 gilt 24 Monate.
Le contrat du 12 mai 2020 prévoit 3 articles et 1500 euros.
The contract expires on 12/05/2028 and payment is due by 30 June 2027.
Case law of 2019; the case was decided in 2020.
The car costs 12000 euros and the van 8000.
Article 5 of policy 2016/679 applies to the contract.
`)
}

func TestDockets(t *testing.T) {
	checkMarked(t, `
JOHN MILLER v. ACME WIDGETS, INC., Case No. ⟦21-cv-01234⟧
In my case, Docket No. ⟦1:21-cv-01234⟧, the judge ruled.
Our claim no. ⟦QB-2021-001234⟧ was filed.
Unser Zeichen: ⟦12 O 345/21⟧
In Sachen Müller ./. Schmidt, Az. ⟦12 O 345/21⟧, beantragen wir
Mein Verfahren vor dem Landgericht, Az. ⟦3 C 123/22⟧, läuft.
Notre affaire, n° RG ⟦21/01234⟧, est fixée.
En mis autos ⟦123/2021⟧ se dictó auto.
O meu processo n.º ⟦1234/20.5T8LSB⟧ está parado.
Nella nostra causa R.G. ⟦1234/2021⟧ il giudice
Onze zaaknummer is ⟦C/13/712345⟧.
# published
Smith v. Jones, No. 21-cv-01234 (S.D.N.Y. 2022)
BGH, Urteil vom 24.3.2021, Az. VIII ZR 12/20
BAG, Beschluss vom 12.5.2020, Az. 2 AZR 12/20
OLG Köln, Urteil vom 1.2.2020, Az. 12 U 34/19
BVerfG, 1 BvR 357/05
EuGH, Rechtssache C-123/45
Cour d'appel de Paris, RG n° 21/01234
Rb. Amsterdam, zaaknummer C/13/712345
`)
}

func TestBirthDates(t *testing.T) {
	checkMarked(t, `
born on ⟦12/05/1978⟧, born ⟦May 12, 1978⟧, born on the ⟦12th of May 1978⟧
DOB: ⟦1978-05-12⟧; date of birth ⟦12 May 1978⟧
geboren am ⟦12.05.1978⟧, geb. ⟦12. Mai 1978⟧, Geburtsdatum: ⟦12.5.78⟧
née le ⟦12 mai 1978⟧, né le ⟦1er janvier 1980⟧, date de naissance : ⟦12/05/1978⟧
nacido el ⟦12 de mayo de 1978⟧, fecha de nacimiento ⟦12-05-1978⟧
nascido em ⟦12 de maio de 1978⟧, data de nascimento: ⟦12/05/1978⟧
nato il ⟦12 maggio 1978⟧, nata a Roma il ⟦12/05/1978⟧
geboren op ⟦12 mei 1978⟧, geboortedatum ⟦12-05-1978⟧
Hans Müller (* ⟦12.05.1978⟧ in Köln)
# other dates
The contract of 12 May 2020 ends on 12/05/2028.
Kündigung zum 30.06.2024, zugegangen am 12. Mai 2024.
Le bail du 12 mai 2020 expire le 11/05/2026.
El contrato de 12 de mayo de 2020 vence el 11/05/2026.
O contrato de 12 de maio de 2020 termina em 11/05/2026.
Il contratto del 12 maggio 2020 scade il 11/05/2026.
De overeenkomst van 12 mei 2020 eindigt op 11-05-2026.
He died on 12 May 2019 and they married on 3 June 1999.
`)
}

func TestAddresses(t *testing.T) {
	checkMarked(t, `
I live at ⟦12 Baker Street, London NW1 6XE⟧.
I live at ⟦Flat 3, 12 Baker Street, London NW1 6XE⟧.
The tenant lives at ⟦12 Baker\nStreet, London⟧.
Send it to ⟦PO Box 123, Springfield, IL 62701⟧.
at ⟦1600 Pennsylvania Avenue NW, Washington, DC 20500⟧ today
at ⟦350 Fifth Avenue, Suite 210, New York, NY 10118⟧ today
at ⟦123 Queen Street West, Toronto, ON M5H 2M9⟧ today
at ⟦12 George Street, Sydney NSW 2000⟧ today
wohnhaft ⟦Hauptstraße 12, 10115 Berlin⟧
wohnhaft in der ⟦Hauptstr. 12a, 10115 Berlin⟧
Max Müller\n⟦Karl-Marx-Allee 34\n10178 Berlin⟧
⟦Am Markt 7, 18055 Rostock⟧ ist die Wohnung.
Anschrift: ⟦Postfach 12 34, 53113 Bonn⟧
⟦Mariahilfer Straße 12/3/14, 1060 Wien⟧ und ⟦Bahnhofstrasse 1, 8001 Zürich⟧
demeurant ⟦12 rue de la Paix, 75002 Paris⟧
demeurant ⟦2 bis, quai de la Fosse, 44000 Nantes⟧
situé ⟦14, avenue du Général-de-Gaulle, 69003 Lyon⟧
⟦3 place de l'Église\n21200 Beaune⟧
vivo en ⟦Calle Mayor 5, 3º B, 28013 Madrid⟧
vivo en la ⟦calle Mayor, 5, 28013 Madrid⟧
domicilio en ⟦Avda. de la Constitución, nº 12, 41001 Sevilla⟧
moro na ⟦Rua Augusta 100, 1º Dto, 1100-053 Lisboa⟧
moro na ⟦Rua Augusta, 100, apto 12, São Paulo - SP, CEP 01310-100⟧
abito in ⟦Via Roma 1, 00184 Roma⟧
abito in ⟦via Garibaldi, n. 12, 20121 Milano (MI)⟧
⟦Piazza del Popolo 3\n00187 Roma⟧
ik woon op ⟦Keizersgracht 12, 1015 CN Amsterdam⟧
wonende te ⟦Lange Voorhout 8-A, 2514 EA Den Haag⟧
# not addresses
The courts of England have jurisdiction; Gerichtsstand ist Berlin.
Section 12 Court of Appeal, Article 5 Road Traffic Act.
Die Straße ist gesperrt; der Platz vor dem Haus 12 ist frei.
Absatz 1 Satz 2 Nummer 3, Anlage 2, Kapitel 4
Der Rechtsweg ist eröffnet, der Vertrag läuft 12 Monate.
Les articles 6 et 7 de la loi, de plein droit, au cours de 2020.
En cours de bail, la place du locataire; 3 mois.
La vía judicial; el curso 2020; calle peatonal.
In via subordinata, in corso di causa, via libera
O largo prazo de 30 dias; a via judicial.
De weg naar 12 maanden; het plein; op straat.
12 Months notice and 30 Days of Grace.
5 Million Euro and 10 Business Days
1. Mieter zahlt die Miete. 2. Vermieter haftet.
`)
}
