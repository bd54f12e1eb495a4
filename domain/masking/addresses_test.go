package masking

import "testing"

func TestAddressForms(t *testing.T) {
	checkMarked(t, `
# in small letters, without commas
j'habite ⟦12 rue des lilas 31000 toulouse⟧ et mon patron ne paie pas
ich wohne ⟦kantstr 44 10625 berlin⟧ und habe ein problem
abito in ⟦via roma 12 20121 milano⟧ e ho un problema
ik woon ⟦kerkstraat 14 1017 gl amsterdam⟧ en heb een vraag
my address is ⟦12 high st flat b m1 2ab⟧ thanks
he lives at ⟦14 marlow road, leeds ls6 2qt⟧ and shouts
vive en ⟦calle mayor 14⟧ y no paga
Mon client demeure ⟦12 rue des lilas 31000 toulouse⟧ et paie un loyer.
Mein Mandant wohnt ⟦kantstr 44 10625 berlin⟧ und zahlt Miete.
Il mio cliente abita in ⟦via roma 12 20121 milano⟧ e paga l'affitto.
Mijn cliënt woont ⟦kerkstraat 14 1017 gl amsterdam⟧ en betaalt huur.
# forms
The registered office is at ⟦1 Canal Walk, Manchester M1 5GD⟧ (the "Buyer").
I, ⟦Jo Miller⟧, of ⟦9 Elm Row⟧, Bath, revoke all former wills.
residente in ⟦Fondamenta Nove 5012, 30121 Venezia⟧
domiciliado en ⟦Carrera 7 # 12-34⟧
con studio in ⟦P.zza Cavour 3, 00193 Roma⟧ e in ⟦C.so Italia 10, 20122 Milano⟧
residente na ⟦SQN 308 Bloco C⟧
⟦Caixa Postal 123, 70001-970 Brasília⟧
⟦casella postale 45, 00100 Roma⟧
Er wohnt ⟦Am Sandtorkai 5, 20457 Hamburg⟧ allein.
wohnhaft ⟦Straße des 17. Juni 135, 10623 Berlin⟧
wonende te ⟦2312 AB Leiden, Breestraat 70⟧, paspoort
# not too much
Er wohnt C 4, 11, ⟦68159 Mannheim⟧ und zahlt Miete.
Kündigung des Mietverhältnisses ⟦Lindenallee 4⟧
⟦Müller⟧, ⟦Goethestraße 4, 31134 Hildesheim⟧,\nKlägerin
Banco 237 Ag. 1234-5 C/C ⟦67890-1⟧. Pago.
| 1 | ⟦Aldous Abernathy⟧ | 8 |
The view of 12 courts; we walk 12 miles in a row of 3.
Die Straße des 17. Juni ist gesperrt, am 17. Juni 2020.
he got a grade b1 2nd class and e5 1st prize in my view
La rue coûte 31000 euros, et 12000 toulousains.
Il corso di 12 mesi, 20121 euro; il piano 5 della legge 2004 di milano.
dicono che via email 12 documenti arrivano
`)
}
