package masking

import (
	"strings"
	"testing"
)

// A code may start after a quote, a bracket or a colon, and its cue may stand in quotes as a key of data.
func TestCodesAfterSymbols(t *testing.T) {
	checkMarked(t, `
Pay to "⟦DE89370400440532013000⟧" now.
The account (⟦NL91ABNA0417164300⟧) is closed.
{"iban":"⟦GB29NWBK60161331926819⟧"}
The account (⟦DE89 3704 0044 0532 0130 00⟧) is closed.
Das Konto „⟦DE89 3704 0044 0532 0130 00⟧“ ist gesperrt.
IBAN/⟦DE89370400440532013000⟧
The claimant (⟦QQ123456C⟧) and the other (⟦X1234567L⟧).
passport: "⟦ZS1234567⟧"
{"bsn":"⟦111222333⟧", "vin": "⟦1M8GDM9AXKP042788⟧"}
bsn=⟦111222333⟧
Codice fiscale: "⟦CNTFMN80A41F839X⟧"
Il signor Conti (C.F. ⟦CNTFMN80A41F839X⟧) abita qui.
# what stays
See BOE-A-1994-26003 and "BGH" (NJW 2021), {"year":"2019"}.
The "account" of 2019 and the 'policy' (2020).
The form (B12), the model "A320" and the size [M4].
C-131/12, [C2019], (ISO9001), "COVID19" and {"version":"V12"}.
Der Wagen "A4" und die Norm (EN1090), vgl. § 12 "Abs2".
Au sens de l'article "L1234" et (R123).
{"vin":"Bordeaux 2015", "cc":"12 bottles"}
`)
}

// A chain of words is not read again from each of its words.
func TestUserNamesOfChains(t *testing.T) {
	for _, chain := range []string{"ID_", "a.", "login-", "at-", "x__", "id1_"} {
		s := scans.Get().(*scan)
		s.read(masker(), strings.Repeat(chain, 10_000))
		for i := range s.tokens {
			if n := s.userNameEnd(i) - i; n > maxJoined {
				t.Errorf("%q: a user name of %d tokens", chain, n)
				break
			}
			if end, _ := s.domainEnd(i); end-i > 24*maxJoined {
				t.Errorf("%q: a domain of %d tokens", chain, end-i)
				break
			}
		}
		s.release()
	}
	checkMarked(t, `
My login is ⟦ID_john_miller⟧.
The file `+strings.Repeat("ID_", 30)+`⟦john_miller⟧ is lost.
The setting MAX_FILE_SIZE and the key user_name stay.
`)
}

func TestMixedCodes(t *testing.T) {
	checkMarked(t, `
My booking reference is ⟦XK7P2Q⟧ and the airline refuses.
Loan agreement ⟦LN00918273⟧ with the bank.
Title no. ⟦TGL123456⟧ is registered.
Buchungscode ⟦QX4R7T⟧, der Flug fiel aus.
Boekingsnummer ⟦RZ8K4Q⟧ is geannuleerd.
Apólice n.º ⟦AU-44781/2⟧ recusada.
Il contratto di locazione n. ⟦AL-4478⟧ è scaduto.
Colis n° ⟦8R44781203344⟧ perdu.
Verbale n. ⟦V/44781/2024⟧ impugnato.
Pacco ⟦RA447812033IT⟧ smarrito.
Tel. ⟦0221 / 99 87 65⟧
# neighbours
The policy on COVID19 and HTML5 is a contract matter.
Our certificate under ISO27001 and the claim in C-131/12 remain.
Directive no. 95/46 and case C-131/12 are cited.
Le décret n° 2005-850 et la décision n° 2010-605 DC restent.
Order 123456789 units of A4 paper.
`)
}

func TestReferenceCodes(t *testing.T) {
	checkMarked(t, `
my uc claim ref is ⟦4412 7789 1203⟧ and it is late
NHS trust, hospital no. ⟦H0098123⟧
Expediente ⟦EXP/2024/44781⟧ de extranjería.
Police ⟦LV 7.712.009-4⟧ gekündigt.
Cartella clinica ⟦2024044781⟧ e cod. cliente ⟦CL0447⟧.
Machtigingskenmerk ⟦M-447812-A⟧ ingetrokken.
Procès-verbal n° ⟦2024/004478⟧, plainte déposée.
offre n° ⟦O-447812⟧ refusée
Kadastraal bekend gemeente Leiden, sectie ⟦K nummer 4478⟧
Parcelle cadastrée section ⟦AB n° 447⟧, lot 12
Número de aluno ⟦a44781⟧, fui expulso.
# neighbours
See section A no. 4 of the Act and sectie B van de wet.
The loan is 250000 and the claim is 2019 years old.
La directive n° 2016/67912 et le règlement n° 2016/679 restent.
`)
}

func TestBareCodes(t *testing.T) {
	checkMarked(t, `
Je me plains du ⟦TK2201998⟧ perdu.
N.º de serie ⟦SN22X0199⟧ de la lavadora.
garanzia ⟦G-220199⟧ scaduta
Seguro de coche n.º ⟦55220199A⟧ y recibo ⟦R22-0199⟧
Mein Motorrad ⟦HH-MX 77⟧ wurde stillgelegt.
# neighbours
CAA Bordeaux, n° 19BX012345, et l'arrêt du Conseil d'État.
ISO 27001, EN12345, RTX4090, A320 and COVID19 in case C-131/12.
Regulation 32016R0679 and BOE-A-1994-26003 and ECLI:NL:HR:2019:1278.
order GB34BUKB20201555555555 shipped
The 2nd floor has 120000kg and 1000000m of cable.
`)
}
