package identifiers

import "strings"

// Checks of single countries. Each gets a number that has the form of its row in kinds.

func anyOf(a, b func(string) bool) func(string) bool {
	return func(s string) bool { return a(s) || b(s) }
}

// hasBoth reports whether s has letters and digits.
func hasBoth(s string) bool {
	n := 0
	for i := range len(s) {
		if isLetter(s[i]) {
			n++
		}
	}
	return n > 0 && n < len(s)
}

// ean is the check of the International Article Number.
func ean(s string) bool { return weigh(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0 }

func atSocial(s string) bool {
	return s[0] != '0' && weigh(s, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(s[3]-'0')
}

func atDate(s string) bool {
	day, month := digits(s, 4, 6), digits(s, 6, 8)
	return day >= 1 && day <= 31 && month >= 1 && month <= 15
}

func atVAT(s string) bool {
	sum := 4
	for i := range 7 {
		n := int(s[i] - '0')
		if i%2 == 1 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	return (10-sum%10)%10 == int(s[7]-'0')
}

func auBusiness(s string) bool {
	return s[0] != '0' && !uniform(s) && (weigh(s, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

func auMedicare(s string) bool {
	return s[0] >= '2' && s[0] <= '6' && weigh(s, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(s[8]-'0')
}

func beNational(s string) bool {
	n, check, month := digits(s, 0, 9), digits(s, 9, 11), digits(s, 2, 4)%20
	return month <= 12 && digits(s, 4, 6) <= 31 && (97-n%97 == check || 97-(n+2_000_000_000)%97 == check)
}

func beEnterprise(s string) bool {
	return s[0] <= '1' && !uniform(s[:8]) && 97-digits(s, 0, 8)%97 == digits(s, 8, 10)
}

func bgCompany(s string) bool {
	r := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if r == 10 {
		r = weigh(s, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
	}
	return r == int(s[8]-'0')
}

func brPerson(s string) bool {
	return !uniform(s) && complement(11, 10, 9, 8, 7, 6, 5, 4, 3, 2)(s[:10]) && complement(11, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)(s)
}

func brCompany(s string) bool {
	return !uniform(s) && complement(11, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)(s[:13]) &&
		complement(11, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)(s)
}

func clPerson(s string) bool {
	sum, n := 0, len(s)-1
	for i := range n {
		if !isDigit(s[n-1-i]) {
			return false
		}
		sum += int(s[n-1-i]-'0') * (i%6 + 2)
	}
	return "0K987654321"[sum%11] == s[n]
}

func cnPerson(s string) bool {
	year := digits(s, 6, 10)
	return year >= 1850 && year < 2100 && isDate(digits(s, 10, 12), digits(s, 12, 14)) &&
		"10X98765432"[weigh(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] == s[17]
}

func cyTax(s string) bool {
	sum := 0
	for i := range 8 {
		n := int(s[i] - '0')
		if i%2 == 0 {
			n = []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}[n]
		}
		sum += n
	}
	return byte('A'+sum%26) == s[8]
}

func czBirth(s string) bool {
	n := digits(s, 0, 9) % 11 % 10
	return czDate(s) && n == int(s[9]-'0')
}

func czCompany(s string) bool {
	r := (11 - weigh(s, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	if r == 0 {
		r = 1
	}
	return r%10 == int(s[7]-'0')
}

func czDate(s string) bool {
	month := digits(s, 2, 4) % 50
	if month > 20 {
		month -= 20
	}
	return isDate(month, digits(s, 4, 6))
}

func deTax(s string) bool {
	var count [10]int
	for i := range 10 {
		count[s[i]-'0']++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return s[0] != '0' && repeated == 1 && mod11and10(s)
}

func deSocial(s string) bool {
	letter := int(s[8]-'A') + 1
	n := s[:8] + string([]byte{byte('0' + letter/10), byte('0' + letter%10)}) + s[9:11]
	sum := 0
	for i, w := range []int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		p := int(n[i]-'0') * w
		sum += p/10 + p%10
	}
	return sum%10 == int(s[11]-'0')
}

func deHealth(s string) bool {
	letter := int(s[0]-'A') + 1
	n, sum := string([]byte{byte('0' + letter/10), byte('0' + letter%10)})+s[1:9], 0
	for i := range len(n) {
		p := int(n[i]-'0') * (i%2 + 1)
		sum += p/10 + p%10
	}
	return sum%10 == int(s[9]-'0')
}

// mrzCheck is the check digit of machine-readable travel documents (ICAO 9303).
func mrzCheck(s string) bool {
	sum := 0
	for i := range len(s) - 1 {
		sum += value(s[i]) * []int{7, 3, 1}[i%3]
	}
	return sum%10 == int(s[len(s)-1]-'0')
}

func eePerson(s string) bool {
	r := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if r == 10 {
		r = weigh(s, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return r == int(s[10]-'0')
}

// esControl are the control characters of a DNI, by remainder.
const esControl = "TRWAGMYFPDXBNJZSQVHLCKE"

func esPerson(s string) bool { return esControl[digits(s, 0, 8)%23] == s[8] }

func esForeigner(s string) bool {
	i := strings.IndexByte("XYZ", s[0])
	return i >= 0 && isLetter(s[8]) && esControl[(i*10_000_000+digits(s, 1, 8))%23] == s[8]
}

func esCompany(s string) bool {
	if strings.IndexByte("ABCDEFGHJNPQRSUVW", s[0]) < 0 {
		return false
	}
	sum := 0
	for i := 1; i < 8; i++ {
		n := int(s[i] - '0')
		if i%2 == 1 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	control := (10 - sum%10) % 10
	return s[8] == byte('0'+control) || s[8] == "JABCDEFGHI"[control]
}

func esSocial(s string) bool {
	n := digits(s, 2, 10)
	if n < 10_000_000 {
		n += digits(s, 0, 2) * 10_000_000
	} else {
		n = digits(s, 0, 10)
	}
	return n%97 == digits(s, 10, 12)
}

// fiPerson checks a personal code with or without the letter of its century.
func fiPerson(s string) bool {
	n := len(s)
	return isDigit(s[n-2]) && "0123456789ABCDEFHJKLMNPRSTUVWXY"[(digits(s, 0, 6)*1000+digits(s, n-4, n-1))%31] == s[n-1]
}

func fiCompany(s string) bool {
	return !uniform(s) && weigh(s, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
}

func frSocial(s string) bool {
	n := s[:13]
	switch s[6] {
	case 'A':
		n = s[:5] + "19" + s[7:13]
	case 'B':
		n = s[:5] + "18" + s[7:13]
	default:
		if !isDigit(s[6]) {
			return false
		}
	}
	return 97-digits(n, 0, 13)%97 == digits(s, 13, 15)
}

func frMonth(s string) bool { m := digits(s, 3, 5); return m >= 1 && m <= 12 || m >= 20 && m <= 42 }

func frVAT(s string) bool {
	if !luhn(s[4:]) && s[4:7] != "000" {
		return false
	}
	return !isDigit(s[2]) || !isDigit(s[3]) || digits(s, 2, 4) == (digits(s, 4, 13)*100+12)%97
}

func frTax(s string) bool {
	return s[0] <= '3' && digits(s, 0, 10)%511 == digits(s, 10, 13)
}

func gbInsurance(s string) bool {
	if s[:2] == "QQ" {
		return true // the prefix of specimens
	}
	if strings.IndexByte("DFIQUV", s[0]) >= 0 || strings.IndexByte("DFIOQUV", s[1]) >= 0 {
		return false
	}
	switch s[:2] {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return len(s) == 8 || s[8] <= 'D'
}

func gbHealth(s string) bool {
	r := 11 - weigh(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return r%11 == int(s[9]-'0') && r != 10
}

func gbTaxpayer(s string) bool {
	return "21987654321"[weigh(s[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == s[0]
}

func gbVAT(s string) bool {
	r := (weigh(s, 8, 7, 6, 5, 4, 3, 2) + digits(s, 7, 9)) % 97
	return !uniform(s) && (r == 0 || r == 42 || r == 55)
}

func gbDriver(s string) bool {
	for i := range 5 {
		if isDigit(s[i]) && s[i] != '9' {
			return false
		}
	}
	return isLetter(s[0]) && isDate(digits(s, 6, 8)%50, digits(s, 8, 10))
}

func grTax(s string) bool {
	return !uniform(s) && weigh(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(s[8]-'0')
}

func huTax(s string) bool { return !uniform(s[:8]) && weigh(s, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0 }

func iePerson(s string) bool {
	sum := weigh(s, 8, 7, 6, 5, 4, 3, 2)
	if len(s) == 9 && s[8] != 'W' {
		sum += int(s[8]-'A'+1) * 9
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == s[7]
}

// itDate accepts a codice fiscale by its date of birth: mistyped, or with another check letter, it is still one.
func itDate(s string) bool {
	day := digits(s, 9, 11)
	return strings.IndexByte("ABCDEHLMPRST", s[8]) >= 0 && (day >= 1 && day <= 31 || day >= 41 && day <= 71)
}

func itPerson(s string) bool {
	// digits may be replaced by letters when two people would get the same code
	for _, i := range []int{6, 7, 9, 10, 12, 13, 14} {
		if !isDigit(s[i]) && strings.IndexByte("LMNPQRSTUV", s[i]) < 0 {
			return false
		}
	}
	if strings.IndexByte("ABCDEHLMPRST", s[8]) < 0 {
		return false
	}
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range 15 {
		v := value(s[i])
		if v >= 10 {
			v -= 10
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return byte('A'+sum%26) == s[15]
}

func luPerson(s string) bool {
	year := digits(s, 0, 4)
	return year >= 1850 && year < 2100 && isDate(digits(s, 4, 6), digits(s, 6, 8)) && Luhn(s[:12]) && verhoeff(s[:11]+s[12:])
}

func lvDate(s string) bool { return s[:2] == "32" || isDate(digits(s, 2, 4), digits(s, 0, 2)) }

func nlVAT(s string) bool {
	return weighted(11, 9, 8, 7, 6, 5, 4, 3, 2, -1)(s[2:11]) || Mod97(s) == 1
}

func noPerson(s string) bool {
	return isDate(digits(s, 2, 4)%40, digits(s, 0, 2)%40) && weigh(s, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 &&
		weigh(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

func plTax(s string) bool {
	return !uniform(s) && weigh(s, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(s[9]-'0')
}

func ptCitizen(s string) bool {
	sum := 0
	for i := range 12 {
		v := value(s[11-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

func ptSocial(s string) bool {
	return (s[0] == '1' || s[0] == '2') && 9-weigh(s, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2)%10 == int(s[10]-'0')
}

func roPerson(s string) bool {
	r := weigh(s, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if r == 10 {
		r = 1
	}
	return s[0] != '0' && isDate(digits(s, 3, 5), digits(s, 5, 7)) && r == int(s[12]-'0')
}

func roCompany(s string) bool {
	padded := "0000000000"[len(s):] + s
	return weigh(padded, 7, 5, 3, 2, 1, 7, 5, 3, 2)*10%11%10 == int(s[len(s)-1]-'0')
}

// sePerson accepts coordination numbers too, whose day is 60 higher.
func sePerson(s string) bool { return isDate(digits(s, 2, 4), digits(s, 4, 6)%60) }

func seCentury(s string) bool { c := digits(s, 0, 2); return c >= 18 && c <= 20 }

func sgPerson(s string) bool {
	sum := weigh(s[1:], 2, 7, 6, 5, 4, 3, 2)
	switch s[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == s[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == s[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == s[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == s[8]
	}
	return false
}

func siPerson(s string) bool {
	return (s[4] == '9' || s[4] == '0') && complement(11, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)(s)
}

func trPerson(s string) bool {
	odd, even := weigh(s, 1, 0, 1, 0, 1, 0, 1, 0, 1), weigh(s, 0, 1, 0, 1, 0, 1, 0, 1)
	return s[0] != '0' && (odd*7+even*9)%10 == int(s[9]-'0') && (odd+even+int(s[9]-'0'))%10 == int(s[10]-'0')
}

// usEmployer checks the prefix, which names the office that issued the number.
func usEmployer(s string) bool {
	switch p := digits(s, 0, 2); {
	case p == 0, p >= 7 && p <= 9, p >= 17 && p <= 19, p == 28, p == 29, p == 49, p == 69, p == 70, p == 78, p == 79, p == 89, p == 96, p == 97:
		return false
	}
	return true
}

func usReceipt(s string) bool {
	switch s[:3] {
	case "EAC", "WAC", "LIN", "SRC", "MSC", "NBC", "IOE", "YSC":
		return true
	}
	return false
}

// vehicle checks the check digit that North American and many other vehicles have.
func vehicle(s string) bool {
	if !hasBoth(s) || strings.ContainsAny(s, "IOQ") {
		return false
	}
	sum := 0
	for i, w := range []int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2} {
		v := value(s[i])
		if v >= 10 {
			v = int("12345678012345070923456789"[v-10] - '0')
		}
		sum += v * w
	}
	return "0123456789X"[sum%11] == s[8]
}
