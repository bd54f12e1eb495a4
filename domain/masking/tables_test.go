package masking

import "testing"

// The header of a table announces what stands in its columns.
func TestTables(t *testing.T) {
	checkMarked(t, `
| Name | Geboren | BSN |\n|---|---|---|\n| ⟦Aldous Abernathy⟧ | ⟦12.05.1951⟧ | ⟦111222333⟧ |\n| ⟦Heike Koch⟧ | ⟦1972-10-04⟧ | ⟦123456782⟧ |\n| ⟦Wolf Sommer⟧ | ⟦4. Mai 1980⟧ | ⟦999999990⟧ |
| Name | Geburtsdatum | Reisepass-Nr. |\n|---|---|---|\n| ⟦Veit Richter⟧ | ⟦10.07.1987⟧ | ⟦KC1914195⟧ |\n| ⟦Kai Vogt⟧ | ⟦1972-10-04⟧ | ⟦530819970⟧ |
Name;Date of birth;Passport no.\n⟦John Miller⟧;⟦21/07/1944⟧;⟦GF8799305⟧\n⟦Mary Jones⟧;⟦1961-05-14⟧;⟦365709470⟧
name,birth date,iban\n⟦john miller⟧,⟦1961-05-14⟧,⟦GB29NWBK60161331926819⟧
"Name","Date of birth","BIC"\n"⟦Miller, John⟧","⟦1961-05-14⟧","⟦DEUTDEFF⟧"
Nombre	Fecha de nacimiento	Teléfono\n⟦Ana García⟧	⟦12/05/1978⟧	⟦612 34 56 78⟧\n⟦Luis Pérez⟧	⟦1978⟧	⟦912345678⟧
| Nom | Né le | Adresse |\n| ⟦Durand⟧ | ⟦1er mai 1980⟧ | ⟦12 rue des Lilas⟧ |\n| | ⟦1980-05-01⟧ | Paris |
| Betrag | Kunden-Nr. |\n|---|---|\n| 12345678 | ⟦4711⟧ |\n| 7500,00 | ⟦K-8812⟧ |
Name;Geburtsdatum;Reisepass-Nr.\n⟦Veit Koch⟧;⟦10.07.1988⟧;⟦CC2902429⟧\n⟦Aidan Law⟧;⟦1964-10-22⟧;⟦CF9190925⟧
id;Nachname;Geburtsdatum;Steuer-ID\n1;⟦Koch⟧;⟦12.03.1980⟧;⟦86095742719⟧
# neighbours that stay
| Name | Geboren | Ort |\n|---|---|---|\n| Summe | keine Angabe | Berlin |
| Frist | Betrag | Paragraph |\n| 12.05.2024 | 111222333 | 535 |
| Contract | Signed | Amount |\n| Lease | 12.05.2024 | 12345.50 |
| Social security | Tax |\n| 812.50 | 99.10 |
The name, birth date, and passport are required.\nThe lease, signed 2019-05-14, and 123456 units are not.
Name; birth date; passport: these are required.\nThe lease ends on 2019-05-14.
Name;Date of birth;Passport no.\n\nThe lease was signed on 2019-05-14.
| 1 | Miete | 8 |\n| 2 | Nebenkosten | 12 |
| Name | Value |\n|---|---|\n| Rent | 1200 |\n| Deposit | 2400 |
`)
}
