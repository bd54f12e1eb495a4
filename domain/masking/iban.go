package masking

// ibanLengths is the length of an IBAN by country code.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
	"BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
	"EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
	"JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
	"MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
	"NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
	"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// maskIBAN masks an IBAN at token i and returns its end, or 0. A wrong checksum is accepted shortly after a
// keyword such as "IBAN".
func (s *scan) maskIBAN(i int) int {
	if !s.isWord(i) || !s.isNumber(i+1) || s.tokens[i].end-s.tokens[i].start != 2 || s.tokens[i+1].end-s.tokens[i+1].start < 2 {
		return 0
	}
	t := &s.tokens[i]
	var head [2]byte
	head[0], head[1] = s.text[t.start]&^0x20, s.text[t.start+1]&^0x20
	want := ibanLengths[string(head[:])]
	if want == 0 {
		return 0
	}
	n, sum, at := 0, 0, int(t.start)
	var tail [4]byte // country and check digits are read last
	digit := func(c byte) {
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	for n < want && at < len(s.text) {
		c := s.text[at]
		if n >= 2 && isIBANSeparator(c) {
			next := at + 1
			for next < min(at+4, len(s.text)) && isIBANSeparator(s.text[next]) {
				next++
			}
			if next < len(s.text) && isAlnum(s.text[next]) {
				at = next
				continue
			}
		}
		if !isAlnum(c) {
			break
		}
		if n < 4 {
			tail[n] = c
		} else {
			digit(c)
		}
		n++
		at++
	}
	for _, c := range tail {
		digit(c)
	}
	if n != want || at < len(s.text) && isAlnum(s.text[at]) || (sum != 1 && !s.near(bankCue, i, 6)) {
		return 0
	}
	j := s.tokenAt(i, at)
	s.addSpan(IBAN, i, j)
	return j
}

func isAlnum(c byte) bool { return isDigit(c) || lower(c) >= 'a' && lower(c) <= 'z' }

func isIBANSeparator(c byte) bool { return c == ' ' || c == '-' || c == '.' || c == '\n' || c == '\t' }
