package identifiers

import "testing"

// Random numbers with valid check digits, none of them issued to anybody as far as known.
var valid = []struct{ country, name, number string }{
	{"AT", "social security number", "1237010180"},
	{"AT", "VAT number", "ATU33663318"},
	{"AU", "business number", "19605206665"},
	{"AU", "company number", "964352190"},
	{"AU", "tax file number", "203378227"},
	{"BE", "national number", "85073003328"},
	{"BE", "enterprise number", "0814210377"},
	{"BG", "citizen number", "3323075853"},
	{"BG", "VAT number", "BG042562444"},
	{"BR", "CPF", "97630912099"},
	{"BR", "CNPJ", "86923562757568"},
	{"CA", "social insurance number", "661498790"},
	{"CH", "social security number", "7566888177355"},
	{"CH", "company number", "CHE262093158"},
	{"CL", "RUT", "338805705"},
	{"CN", "identity number", "110101198707074825"},
	{"CY", "tax number", "26374456F"},
	{"CZ", "birth number", "7103192745"},
	{"CZ", "company number", "18877915"},
	{"DE", "tax identification number", "23069418593"},
	{"DE", "VAT number", "DE241371513"},
	{"DK", "VAT number", "DK50899896"},
	{"EE", "personal code", "15709123000"},
	{"EE", "VAT number", "EE382061330"},
	{"ES", "DNI", "09800556A"},
	{"ES", "NIE", "Z4912869M"},
	{"ES", "CIF", "G27309293"},
	{"FI", "personal code", "020911A4253"},
	{"FI", "VAT number", "FI35680835"},
	{"FR", "NIR", "255081416802538"},
	{"FR", "SIREN", "970989604"},
	{"FR", "SIRET", "75848523910877"},
	{"FR", "VAT number", "FR37557459849"},
	{"FR", "tax number", "1907068440088"},
	{"GB", "NHS number", "0927377756"},
	{"GB", "taxpayer reference", "9454543285"},
	{"GB", "VAT number", "GB912365986"},
	{"GR", "tax number", "243487430"},
	{"GR", "social security number", "03060286147"},
	{"HR", "OIB", "96894363306"},
	{"HU", "VAT number", "HU16647578"},
	{"IE", "PPS number", "1980566H"},
	{"IL", "identity number", "736650680"},
	{"IN", "Aadhaar", "229742605405"},
	{"IT", "partita IVA", "49042600400"},
	{"IT", "codice fiscale", "JWSQQR52T14D796V"},
	{"LU", "VAT number", "LU34437130"},
	{"MT", "VAT number", "MT19305907"},
	{"NL", "BSN", "281996581"},
	{"NO", "birth number", "28010924474"},
	{"PL", "PESEL", "36112826610"},
	{"PL", "NIP", "2840310117"},
	{"PL", "REGON", "842857243"},
	{"PT", "NIF", "668796162"},
	{"PT", "citizen card", "142134567ZX5"},
	{"RO", "CNP", "2870816361547"},
	{"RO", "VAT number", "RO89107000"},
	{"SE", "personal number", "1906174998"},
	{"SE", "organisation number", "1835147891"},
	{"SI", "EMSO", "0101006500006"},
	{"SI", "tax number", "50702335"},
	{"SK", "VAT number", "SK2022749619"},
	{"TR", "identity number", "73042193504"},
	{"US", "routing number", "264148423"},
	{"US", "employer number", "538041590"},
	{"ZA", "identity number", "7910183106114"},
	{"", "IMEI", "180042869995336"},
	{"ES", "social security number", "281234567840"},
	{"DE", "social security number", "15070649C103"},
	{"DE", "health insurance number", "A123456780"},
	{"DE", "identity card number", "L01X00T471"},
	{"GB", "national insurance number", "AB123456C"},
	{"GB", "driving licence", "MORGA657054SM9IJ"},
	{"IN", "PAN", "ABCPE1234F"},
	{"IN", "GSTIN", "27AAPFU0939F1ZV"},
	{"SG", "identity number", "S1234567D"},
	{"", "vehicle identification number", "1M8GDM9AXKP042788"},
	{"", "legal entity identifier", "5493001KJTIIGC8Y1R12"},
	{"US", "alien number", "A012345678"},
	{"US", "immigration receipt", "EAC2190012345"},
	{"MX", "CURP", "HEGG560427MVZRRL04"},
	{"MX", "RFC", "GODE561231GR8"},
	{"LU", "matricule", "1990010112385"},
	{"NL", "VAT number", "NL123456782B12"},
	{"AU", "Medicare number", "2123456701"},
	{"BR", "PIS", "12056412545"},
	{"ES", "VAT number", "ESB12345674"},
}

func TestCheckDigits(t *testing.T) {
	for _, v := range valid {
		if !named(v.country, v.name, v.number) {
			t.Errorf("%s %s %s is refused", v.country, v.name, v.number)
		}
	}
}

// named reports whether the number passes the check of a kind.
func named(country, name, number string) bool {
	for _, k := range byLength[len(number)] {
		if k.Country == country && k.Name == name && fits(k.form, number) && (k.check == nil || k.check(number)) {
			return true
		}
	}
	return false
}

// A wrong digit is noticed by every check that has one.
func TestWrongDigits(t *testing.T) {
	noCheck := map[string]bool{"employer number": true, "alien number": true, "immigration receipt": true, "CURP": true, "RFC": true, "PAN": true, "GSTIN": true, "driving licence": true, "national insurance number": true}
	for _, v := range valid {
		if noCheck[v.name] {
			continue
		}
		refused, tried := 0, 0
		for i := range v.number {
			if c := v.number[i]; isDigit(c) {
				for d := byte('0'); d <= '9'; d++ {
					if d != c {
						tried++
						if !named(v.country, v.name, v.number[:i]+string(d)+v.number[i+1:]) {
							refused++
						}
					}
				}
			}
		}
		if refused*100 < tried*80 {
			t.Errorf("%s %s: only %d of %d wrong digits are refused", v.country, v.name, refused, tried)
		}
	}
}

func TestMatchNeedsEvidence(t *testing.T) {
	for _, c := range []struct {
		compact, printed string
		announced        bool
		want             string
	}{
		{"AB123456C", "AB 12 34 56 C", false, "national insurance number"},
		{"12345678Z", "12345678Z", false, "DNI"},
		{"12345678A", "12345678A", true, ""},
		{"86095742719", "86095742719", false, ""},
		{"86095742719", "86 095 742 719", false, "tax identification number"},
		{"86095742719", "86095742719", true, "tax identification number"},
		{"232262536", "232262536", false, ""},
		{"232262536", "232262536", true, "BSN"},
		{"11144477735", "111.444.777-35", false, "CPF"},
		{"11144477736", "111.444.777-36", false, ""},
		{"AB12CDE", "AB12 CDE", false, "number plate"},
		{"AB12CDE", "AB12CDE", false, ""},
		{"123456789012", "1234 5678 9012", false, ""},
	} {
		got := ""
		if k := Match(c.compact, c.printed, c.announced); k != nil {
			got = k.Name
		}
		if got != c.want {
			t.Errorf("Match(%s, %s, %v) = %q, want %q", c.compact, c.printed, c.announced, got, c.want)
		}
	}
}

// Of random numbers without a word beside them, hardly any is taken for an identifier.
func TestRandomNumbers(t *testing.T) {
	state := uint64(1)
	for n := 5; n <= 16; n++ {
		found, last := 0, ""
		for range 20000 {
			number := make([]byte, n)
			for i := range number {
				state = state*6364136223846793005 + 1442695040888963407
				number[i] = '0' + byte(state>>33%10)
			}
			if k := Match(string(number), string(number), false); k != nil {
				found++
				last = k.Country + " " + k.Name
			}
		}
		if found > 900 {
			t.Errorf("%d of 20000 random numbers of %d digits match, the last a %s", found, n, last)
		}
	}
}
