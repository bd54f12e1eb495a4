package identifiers

import "strings"

// weigh returns the sum of the digits of s, each times its weight. Letters count as A=10 to Z=35.
func weigh(s string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += value(s[i]) * w
	}
	return sum
}

func value(c byte) int {
	if isDigit(c) {
		return int(c - '0')
	}
	return int(c-'A') + 10
}

// Luhn reports whether the digits of s, the last the check digit, pass the Luhn check (ISO/IEC 7812). Other
// characters are skipped.
func Luhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		if !isDigit(s[i]) {
			continue
		}
		n := int(s[i] - '0')
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		double = !double
		sum += n
	}
	return sum%10 == 0
}

// Mod97 returns the remainder of s divided by 97, with letters as two digits (ISO/IEC 7064).
func Mod97(s string) int {
	r := 0
	for i := range len(s) {
		if v := value(s[i]); v < 10 {
			r = (r*10 + v) % 97
		} else {
			r = (r*100 + v) % 97
		}
	}
	return r
}

// mod11and10 is the hybrid check of ISO/IEC 7064.
func mod11and10(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		p = (p + int(s[i]-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (p+int(s[len(s)-1]-'0'))%10 == 1
}

var (
	verhoeffProduct = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	verhoeffPermute = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
)

func verhoeff(s string) bool {
	c := 0
	for i := range len(s) {
		c = int(verhoeffProduct[c][verhoeffPermute[i%8][s[len(s)-1-i]-'0']-'0'] - '0')
	}
	return c == 0
}

// weighted is a check whose weighted sum is divisible by mod.
func weighted(mod int, weights ...int) func(string) bool {
	return func(s string) bool { return !uniform(s) && weigh(s, weights...)%mod == 0 }
}

// lastDigit is a check whose last digit is the weighted sum of the others modulo mod, 10 counting as 0.
func lastDigit(mod int, weights ...int) func(string) bool {
	return func(s string) bool {
		return !uniform(s) && weigh(s, weights...)%mod%10 == int(s[len(s)-1]-'0')
	}
}

// complement is a check whose last digit is mod minus the weighted sum of the others; 10 and 11 count as 0.
func complement(mod int, weights ...int) func(string) bool {
	return func(s string) bool {
		r := mod - weigh(s, weights...)%mod
		if r >= 10 {
			r = 0
		}
		return !uniform(s) && r == int(s[len(s)-1]-'0')
	}
}

// uniform reports whether all characters are the same: such numbers pass most checks.
func uniform(s string) bool { return strings.Count(s, s[:1]) == len(s) }

// after checks what follows n characters.
func after(n int, check func(string) bool) func(string) bool {
	return func(s string) bool { return check(s[n:]) }
}

func all(checks ...func(string) bool) func(string) bool {
	return func(s string) bool {
		for _, check := range checks {
			if !check(s) {
				return false
			}
		}
		return true
	}
}

func luhn(s string) bool { return !uniform(s) && Luhn(s) }

// date is a check of a date of birth: the offsets of its month and day.
func date(month, day int) func(string) bool {
	return func(s string) bool { return isDate(digits(s, month, month+2), digits(s, day, day+2)) }
}

// startsWith is a check of the first character.
func startsWith(set string) func(string) bool {
	return func(s string) bool { return strings.IndexByte(set, s[0]) >= 0 }
}
