package masking

import "testing"

// Codes that no word of a list announces are known by their form.
func TestAssignedCodes(t *testing.T) {
	checkMarked(t, `
The sponsor cancelled ⟦E4G4849X88Y29A⟧ last week.
NIT ⟦900.417.882-4⟧: la empresa no paga.
My share code is ⟦W4T 7K2 9QZ⟧, expired.
La chave ⟦41d8c2e0-7b1f-4a55-9c3e-88f0a1b2c3d4⟧ é do golpista.
Mein Depot ⟦5048177448⟧ wurde umgeschichtet.
Order ⟦#1004-44739⟧ arrived broken.
Clubcard ⟦634004 4584 5269 786⟧ is void.
NEQ ⟦1141163414⟧ : la compagnie est radiée.
Payroll number ⟦00447⟧, dismissed in March.
The mortgage account ending ⟦4419⟧ was sold.
The last four digits of my card are ⟦8817⟧.
My frequent flyer no. ⟦BA 4447 8663⟧ was hacked.
Boekingsnummer ⟦RT7QKM⟧, vlucht weg.
KdNr ⟦4148484⟧, Pers.nr. ⟦88417⟧ und Az. der Stelle: ⟦504.41.788290.1⟧.
Foglio ⟦17⟧, particella ⟦417⟧, sub. ⟦8⟧: confini errati.
Finca del Registro, tomo ⟦1417⟧, libro ⟦322⟧, folio ⟦41⟧.
Procedimento n. ⟦4144/23⟧ R.G.N.R.: sono indagato.
The bus ⟦MH 12 QR 4493⟧ never stopped.
On Reddit, ⟦u/harbour_mole⟧ insults me.
# what stays
Westlaw 2019 WL 1234567, 65 FR 82462, US 10,123,456 B2 and 45 CFR 164.512(e)(1)(ii)(A).
BeckRS 2019, 12345, BT-Drs. 19/12345, 1 BvR 2649/21 und 4A_417/2023.
Celex 32016R0679, DIN EN ISO 9001:2015, ISO/IEC 27001:2013 und 95/46/EG.
L'article L1233-34 du code, NOR : JUSC1912345A et JurisData n° 2019-012345.
REsp 1.657.156/RJ, HC 143.641/SP, ADI 4.277/DF e RE 574.706/PR.
Acórdão do STJ de 12-03-2019, proc. 1234/12.3TBLSB.L1.S1.
They sold 10000000 units in 2010-2012-2014 and hold 12000000 shares.
In Libro IV, Titolo II, e nel volume 3 si legge altro.
GPT-4o and an iPhone 15 of 128GB, bought on 20240504.
`)
}
