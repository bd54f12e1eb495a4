package extract

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// numeral formats a number in one of Word's formats (ST_NumberFormat). Unknown formats are decimal.
func numeral(format string, n int) string {
	switch format {
	case "none", "bullet":
		return ""
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "upperRoman":
		return roman(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperLetter":
		return repeatedLetters("ABCDEFGHIJKLMNOPQRSTUVWXYZ", n)
	case "lowerLetter":
		return repeatedLetters("abcdefghijklmnopqrstuvwxyz", n)
	case "russianLower":
		return repeatedLetters("абвгдежзиклмнопрстуфхцчшщыэюя", n)
	case "russianUpper":
		return repeatedLetters("АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ", n)
	case "hebrew2":
		return repeatedLetters("אבגדהוזחטיכלמנסעפצקרשת", n)
	case "arabicAlpha":
		return repeatedLetters("أبتثجحخدذرزسشصضطظعغفقكلمنهوي", n)
	case "arabicAbjad":
		return repeatedLetters("أبجدهوزحطيكلمنسعفصقرشتثخذضظغ", n)
	case "aiueoFullWidth", "aiueo":
		return repeatedLetters("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン", n)
	case "ganada":
		return repeatedLetters("가나다라마바사아자차카타파하", n)
	case "chosung":
		return repeatedLetters("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", n)
	case "thaiLetters":
		return repeatedLetters("กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ", n)
	case "ideographTraditional":
		return repeatedLetters("甲乙丙丁戊己庚辛壬癸", n)
	case "chicago":
		return repeatedLetters("*†‡§", n)
	case "ordinal":
		return strconv.Itoa(n) + ordinalSuffix(n)
	case "cardinalText":
		return capitalize(cardinal(n))
	case "ordinalText":
		return capitalize(ordinal(n))
	case "hex":
		return strings.ToUpper(strconv.FormatInt(int64(n), 16))
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -"
	case "decimalEnclosedParen":
		return "(" + strconv.Itoa(n) + ")"
	case "decimalEnclosedFullstop":
		return strconv.Itoa(n) + "."
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "decimalFullWidth", "decimalFullWidth2":
		return shiftDigits('０', n)
	case "thaiNumbers":
		return shiftDigits('๐', n)
	case "hindiNumbers":
		return shiftDigits('०', n)
	case "ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2":
		return mapDigits("〇一二三四五六七八九", n)
	case "koreanDigital":
		return mapDigits("영일이삼사오육칠팔구", n)
	case "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand":
		return cjkCounting(n)
	}
	if zeros, _, found := strings.Cut(format, ","); found && strings.HasPrefix(zeros, "0") { // "001, 002, 003, ..."
		s := strconv.Itoa(n)
		return strings.Repeat("0", max(0, len(zeros)-len(s))) + s
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 32767 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, step := range []struct {
		value int
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			b.WriteString(step.text)
		}
	}
	return b.String()
}

// repeatedLetters numbers by an alphabet and repeats letters beyond its end: z, aa, bb.
func repeatedLetters(alphabet string, n int) string {
	all := []rune(alphabet)
	if n < 1 || n > 32*len(all) {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(all[(n-1)%len(all)]), (n-1)/len(all)+1)
}

func shiftDigits(zero rune, n int) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, strconv.Itoa(n))
}

func mapDigits(ten string, n int) string {
	all := []rune(ten)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return all[r-'0']
		}
		return r
	}, strconv.Itoa(n))
}

// cjkCounting formats numbers up to 99 as counted in Chinese and Japanese: 二十三.
func cjkCounting(n int) string {
	if n < 1 || n > 99 {
		return mapDigits("〇一二三四五六七八九", n)
	}
	tens, ones := n/10, n%10
	out := ""
	if tens > 1 {
		out = mapDigits("〇一二三四五六七八九", tens)
	}
	if tens > 0 {
		out += "十"
	}
	if ones > 0 {
		out += mapDigits("〇一二三四五六七八九", ones)
	}
	return out
}

func ordinalSuffix(n int) string {
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			return "st"
		case 2:
			return "nd"
		case 3:
			return "rd"
		}
	}
	return "th"
}

var (
	smallNumbers      = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens              = strings.Fields("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
	irregularOrdinals = map[string]string{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
)

// cardinal returns a number in English words.
func cardinal(n int) string {
	switch {
	case n < 0 || n >= 1000:
		return strconv.Itoa(n)
	case n < 20:
		return smallNumbers[n]
	case n < 100:
		if n%10 == 0 {
			return tens[n/10]
		}
		return tens[n/10] + "-" + smallNumbers[n%10]
	case n%100 == 0:
		return smallNumbers[n/100] + " hundred"
	}
	return smallNumbers[n/100] + " hundred " + cardinal(n%100)
}

func ordinal(n int) string {
	words := cardinal(n)
	at := strings.LastIndexAny(words, " -") + 1
	last := words[at:]
	switch {
	case n < 0 || n >= 1000:
		return words + ordinalSuffix(n)
	case irregularOrdinals[last] != "":
		last = irregularOrdinals[last]
	case strings.HasSuffix(last, "y"):
		last = last[:len(last)-1] + "ieth"
	default:
		last += "th"
	}
	return words[:at] + last
}

func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}
