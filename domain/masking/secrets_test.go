package masking

import "testing"

func TestSecrets(t *testing.T) {
	checkMarked(t, `
key=⟦sk-live-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c⟧ password: ⟦Tr0ub4dor&3⟧
My password ⟦hunter2!⟧ was stolen. Das Passwort lautet ⟦geheim77⟧.
The key ⟦AKIAIOSFODNN7EXAMPLE⟧ and the token ⟦ghp_16C7e42F292c6912E7710c838347Ae178B4a⟧ leaked.
MRZ: ⟦P<GBRSTERLING<<JOY<<<<<<<<<<<<<<<<<<<<<<<<<<<⟧\n⟦5333800068GBR8309093F2906112<<<<<<<<<<<<<<04⟧
Write to ⟦t.me/jonmiller88⟧ tonight.
# what stays
The password policy of 2023 and password reset rules; password: required
Is a password personal data under Art. 4 GDPR?
The sk-index and pk_id are columns. If a < b and c << 2 then x <= 5.
The A/B test, i.e. the e.g. list, and Asia/Pacific.
`)
}

func TestAbbreviatedCues(t *testing.T) {
	checkMarked(t, `
John Miller, b. ⟦12.1.1980⟧, of London
F. nac.: ⟦12/05/1978⟧; nasc. ⟦01/02/1998⟧; DN ⟦12/05/1978⟧; DN: ⟦3 May 1978⟧
Mario Rossi, n. il ⟦12/05/1978⟧; Ugo Rossi, n. a Roma il ⟦3 maggio 1978⟧
I was born on ⟦1 May 1985⟧ in Lagos and my husband Adjei on ⟦1988-07-30⟧.
Meine Frau ist geboren am ⟦01.05.1985⟧ und mein Mann am ⟦30.07.1988⟧.
Pers.-Nr. ⟦00471⟧, Tgb.-Nr. ⟦2214/24⟧, Mitgl.-Nr. ⟦88123⟧
Grundbuch von Schwabing, Blatt ⟦4711⟧
Le sinistre n° ⟦2024-118⟧ est clos.
TRIBUNAL JUDICIAIRE DE LYON\nN° RG ⟦23/04417⟧\nDEMANDEUR : X
JUZGADO N.º 5 DE SEVILLA\nAutos: Juicio Ordinario ⟦1123/2023⟧
Expediente de la empresa, CUIT ⟦20-12345678-6⟧
Repertorio n. ⟦12345⟧. Atto di vendita.
Nel procedimento penale\nR.G.N.R. ⟦1234/2021⟧
reed in ⟦12-ABC-3⟧ naar huis
# what stays
The clause b. 12.1.2020 applies; see lit. b of 12.1.1980.
I was born on ⟦1 May 1985⟧ and married on 3 June 2010.
I was born on ⟦1 May 1985⟧ and the contract was signed on 3 June 2010.
Geboren am ⟦01.05.1985⟧ und eingestellt am 01.06.2010.
BT-Drs. 19/12345, BT-Drs.-Nr. 19/12345, Art.-Nr. 12345, auf Blatt 47 der Akte
Il contratto n. 12 del 12/05/2020, n. 5 il 12/05/2020.
Cour d'appel de Paris, RG n° 21/01234
Nr. 5-ABC, 24-Stunden-Regel, 100-EUR-Schein, 3-D
`)
}
