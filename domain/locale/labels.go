package locale

import "golang.org/x/text/language"

// Labels are the labels of a signature block: name, capacity, place and date. CLDR has none.
type Labels struct{ Name, Capacity, Place, Date string }

// SignatureLabels returns the labels in a language, or the zero value if it is not supported.
func SignatureLabels(tag language.Tag) Labels {
	for ; tag != language.Und; tag = tag.Parent() {
		if l, ok := signatureLabels[tag.String()]; ok {
			return l
		}
	}
	return Labels{}
}

var signatureLabels = map[string]Labels{
	"af":      {"Naam", "Hoedanigheid", "Plek", "Datum"},
	"az":      {"Ad", "Vəzifə", "Yer", "Tarix"},
	"be":      {"Імя", "Пасада", "Месца", "Дата"},
	"bg":      {"Име", "Длъжност", "Място", "Дата"},
	"bs":      {"Ime", "Funkcija", "Mjesto", "Datum"},
	"ca":      {"Nom", "Càrrec", "Lloc", "Data"},
	"cs":      {"Jméno", "Funkce", "Místo", "Datum"},
	"cy":      {"Enw", "Swydd", "Lleoliad", "Dyddiad"},
	"da":      {"Navn", "Stilling", "Sted", "Dato"},
	"de":      {"Name", "Funktion", "Ort", "Datum"},
	"el":      {"Όνομα", "Ιδιότητα", "Τόπος", "Ημερομηνία"},
	"en":      {"Name", "Title", "Place", "Date"},
	"es":      {"Nombre", "Cargo", "Lugar", "Fecha"},
	"et":      {"Nimi", "Ametikoht", "Koht", "Kuupäev"},
	"eu":      {"Izena", "Kargua", "Lekua", "Data"},
	"fi":      {"Nimi", "Asema", "Paikka", "Päivämäärä"},
	"fil":     {"Pangalan", "Katungkulan", "Lugar", "Petsa"},
	"fr":      {"Nom", "Qualité", "Lieu", "Date"},
	"ga":      {"Ainm", "Post", "Áit", "Dáta"},
	"gd":      {"Ainm", "Dreuchd", "Àite", "Ceann-latha"},
	"gl":      {"Nome", "Cargo", "Lugar", "Data"},
	"hr":      {"Ime", "Funkcija", "Mjesto", "Datum"},
	"hu":      {"Név", "Beosztás", "Hely", "Dátum"},
	"id":      {"Nama", "Jabatan", "Tempat", "Tanggal"},
	"is":      {"Nafn", "Staða", "Staður", "Dagsetning"},
	"it":      {"Nome", "Qualifica", "Luogo", "Data"},
	"lt":      {"Vardas", "Pareigos", "Vieta", "Data"},
	"lv":      {"Vārds", "Amats", "Vieta", "Datums"},
	"mk":      {"Име", "Функција", "Место", "Датум"},
	"ms":      {"Nama", "Jawatan", "Tempat", "Tarikh"},
	"mt":      {"Isem", "Kariga", "Post", "Data"},
	"nb":      {"Navn", "Stilling", "Sted", "Dato"},
	"nl":      {"Naam", "Functie", "Plaats", "Datum"},
	"nn":      {"Namn", "Stilling", "Stad", "Dato"},
	"no":      {"Navn", "Stilling", "Sted", "Dato"},
	"pl":      {"Imię i nazwisko", "Stanowisko", "Miejsce", "Data"},
	"pt":      {"Nome", "Cargo", "Local", "Data"},
	"ro":      {"Nume", "Funcția", "Locul", "Data"},
	"ru":      {"Имя", "Должность", "Место", "Дата"},
	"sk":      {"Meno", "Funkcia", "Miesto", "Dátum"},
	"sl":      {"Ime", "Funkcija", "Kraj", "Datum"},
	"sq":      {"Emri", "Funksioni", "Vendi", "Data"},
	"sr":      {"Име", "Функција", "Место", "Датум"},
	"sr-Latn": {"Ime", "Funkcija", "Mesto", "Datum"},
	"sv":      {"Namn", "Befattning", "Ort", "Datum"},
	"sw":      {"Jina", "Cheo", "Mahali", "Tarehe"},
	"tr":      {"Ad", "Unvan", "Yer", "Tarih"},
	"uk":      {"Ім’я", "Посада", "Місце", "Дата"},
	"vi":      {"Tên", "Chức vụ", "Địa điểm", "Ngày"},
}
