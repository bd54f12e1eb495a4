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
I, ⟦Jo Miller⟧, of ⟦9 Elm Row, Bath⟧, revoke all former wills.
residente in ⟦Fondamenta Nove 5012, 30121 Venezia⟧
domiciliado en ⟦Carrera 7 # 12-34⟧
con studio in ⟦P.zza Cavour 3, 00193 Roma⟧ e in ⟦C.so Italia 10, 20122 Milano⟧
residente na ⟦SQN 308 Bloco C⟧
⟦Caixa Postal 123, 70001-970 Brasília⟧
⟦casella postale 45, 00100 Roma⟧
Er wohnt ⟦Am Sandtorkai 5, 20457 Hamburg⟧ allein.
wohnhaft ⟦Straße des 17. Juni 135, 10623 Berlin⟧
wonende te ⟦2312 AB Leiden, Breestraat 70⟧, paspoort
Er wohnt ⟦C 4, 11, 68159 Mannheim⟧ und zahlt Miete.
# not too much
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

func TestAddressParts(t *testing.T) {
	checkMarked(t, `
She moved to ⟦2/1, 44 Byres Road, Glasgow G11 5RG⟧ in 2021.
He rents ⟦The Old Rectory, Church Road, Bibury GL7 5NP⟧ from his aunt.
c/o Müller, ⟦Haus Seeblick, Uferweg 1, 88662 Überlingen⟧
Die Mieterin, ⟦Bahnhofstr. 14 b, Hinterhaus, 04109 Leipzig⟧, zahlt nicht.
Meine Adresse ist ⟦Im Winkel 3, 8400 Winterthur⟧.
Ik woon in ⟦Meir 44 bus 3, 2000 Antwerpen⟧ sinds mei.
Zetel: ⟦Gentsesteenweg 112 bus 4B, 9300 Aalst⟧
Ik woon aan de ⟦Prinsengracht 447-III, 1016 HL Amsterdam⟧.
Hij woont op ⟦De Wieken 14, 1e verdieping, 3823 DP Amersfoort⟧
Adres: ⟦Van Speijkstraat 12a, 2518 EV Den Haag⟧
Domicilié ⟦Rue de la Loi 44 boîte 7, 1040 Bruxelles⟧
Écrire à ⟦BP 447, 44007 Nantes Cedex 1⟧ sous huitaine.
Abito in ⟦Via Garibaldi 44/B, int. 7, 00153 Roma⟧.
Sede in ⟦Viale dell'Industria snc, 36100 Vicenza⟧
Scrivere a ⟦C.P. 447, 40121 Bologna⟧
Vive en ⟦Insurgentes Sur 447, Col. Roma Norte, C.P. 06700, Ciudad de México⟧
Endereço: ⟦Travessa do Carmo 7, r/c dto, 4050-165 Porto⟧
vivo en ⟦avenida de la paz 12 2b 46001 valencia⟧ y no arregla nada
Ich wohne in ⟦1010 Wien, Graben 12, Top 7⟧.
Elle vit au ⟦447, rue Saint-Denis, app. 12, Montréal (Québec) H2X 3K8⟧
Il demeure ⟦lieu-dit Le Bourg, 24220 Saint-Cyprien⟧.
Domiciliado en ⟦Av. Providencia 447, of. 1203, Santiago⟧
ik woon ⟦dorpstraat 12 bis 3511 ab utrecht⟧ en de huurbaas doet niks
Moro na ⟦Rua Sete de Setembro, 120, casa 2, Centro, Niterói - RJ, 24020-000⟧.
Vivo en ⟦Calle del Pez, 12, 4.º exterior derecha, 28004 Madrid⟧.
local en ⟦Gran Vía, 32, planta 6, 28013 Madrid⟧
Casa in ⟦Borgo Pinti 12 rosso, 50121 Firenze⟧
of ⟦Oak Farm, Nether Wallop, Stockbridge SO20 8EY⟧, farmer
The notice went to ⟦Level 3, 120 Collins Street, Melbourne VIC 3000⟧.
Je loge ⟦23 quater, rue Victor Hugo, 3e étage, 38000 Grenoble⟧.
Ik huur ⟦Oudegracht 318 bis A, 3511 PK Utrecht⟧ al jaren.
# neighbours
Er wohnt ⟦Bahnhofstrasse 1⟧ und zahlte, wie vereinbart, 12000 Euro.
⟦Calle Mayor 14⟧, el contrato dice, 28013 veces no.
Vive en Madrid 3 años, y paga 900 euros.
Er wohnt seit Mai 2019, 14 Monate lang, in Bayern.
He lives in Section 21, Housing Act terms.
Im Jahr 2010 Wien, und 1500 Berlin, Mai 12, blieb es.
Il contratto snc, 36 mesi, e la società snc, 12 soci.
`)
}
