package masking

import "testing"

// Addresses without a word for a street are known by what stands around them.
func TestAddressByContext(t *testing.T) {
	checkMarked(t, `
I live at ⟦14 The Crescent⟧ and have no light.
I moved into ⟦12 Slí na Mara, Spiddal, Co. Galway⟧ in May.
The parcel went to ⟦19 Quayside, Berwick⟧ instead.
He was evicted from ⟦710 S 4th St⟧ in winter.
The fence of ⟦Lot 12 Emu Creek Road, Kilcoy QLD 4515⟧ fell down.
Ich wohne in ⟦Q7, 24, 68161 Mannheim⟧ zur Miete.
Mein Vater lebt ⟦An der Bleiche 11⟧ in einem Heim.
Zustellung an ⟦Zur Alten Mühle 2 a, 37073 Göttingen⟧, sie kam zurück.
La caravane est au ⟦Hameau de Vaunières, 05400 Saint-Julien-en-Beauchêne⟧.
Mon cabinet est au ⟦22 du boulevard Carnot⟧.
Me mudé a ⟦Trastámara 8⟧ y perdí las cartas.
Contrato de ⟦Edificio Torre Sol, 12.º D, 03501 Benidorm⟧.
Inquilino da ⟦Rua 7 de Setembro, 417, fundos, Centro, Niterói⟧.
Locazione di ⟦Lungotevere Testaccio 4, sc. A, p. 3⟧.
Ik woon aan ⟦De Wieken 14⟧, naast de molen.
# what stays
We live in Delaware 9 months and moved to Paris 3 years ago.
I moved on 14 May 2024 and bought 3 Bitcoin.
Das Haus Baujahr 1975 hat im Mai 2024 Artikel 5 verletzt.
Die Wohnung im Sinne von Art. 13 GG, § 5 Nr. 3 BGB.
In den 90 Tagen nach Zustellung gilt Satz 2.
`)
}
