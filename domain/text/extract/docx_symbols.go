package extract

import (
	"strings"
)

// symbolFonts map the codes of symbol fonts to Unicode. Files mostly contain them in the private use
// area from U+F000.
var symbolFonts = map[string]map[rune]string{
	"symbol": symbolTable(map[string]string{
		"\xa3": "≤", "\xb3": "≥", "\xb1": "±", "\xb4": "×", "\xb8": "÷", "\xb9": "≠", "\xba": "≡", "\xbb": "≈", "\xa5": "∞",
		"\xa7": "♣", "\xa8": "♦", "\xa9": "♥", "\xaa": "♠", "\xab": "↔", "\xac": "←", "\xad": "↑", "\xae": "→", "\xaf": "↓", "\xb0": "°",
		"\xb7": "•", "\xbc": "…", "\xd2": "®", "\xd3": "©", "\xd4": "™", "\xe2": "®", "\xe3": "©", "\xe4": "™", "\xd7": "⋅", "\xb2": "″", "\xa2": "′",
		"\xde": "⇒", "\xdb": "⇔", "\xd6": "√", "\xe5": "∑", "\xf2": "∫", "-": "−", "*": "∗", "\xce": "∈",
		"a": "α", "b": "β", "g": "γ", "d": "δ", "e": "ε", "z": "ζ", "h": "η", "q": "θ", "l": "λ", "m": "μ", "n": "ν", "p": "π", "r": "ρ", "s": "σ",
		"t": "τ", "f": "φ", "c": "χ", "y": "ψ", "w": "ω", "D": "Δ", "G": "Γ", "L": "Λ", "P": "Π", "S": "Σ", "F": "Φ", "W": "Ω", "Q": "Θ",
	}),
	"wingdings": symbolTable(map[string]string{
		"\xa7": "▪", "\xa8": "☐", "o": "☐", "n": "■", "l": "●", "m": "❍", "q": "❑", "r": "❒", "u": "◆", "v": "❖", "w": "⬥", "\x9f": "•", "\x9e": "·",
		"\xfc": "✓", "\xfb": "✗", "\xfd": "☒", "\xfe": "☑", "x": "☒", "\xd8": "➢", "\xe0": "→", "\xdf": "←", "\xe8": "➔", "\xf0": "⇨",
		"(": "☎", ")": "✆", "*": "✉", "!": "✏", "\"": "✂", "J": "☺", "L": "☹", "F": "☞",
		"\x80": "⓪", "\x81": "①", "\x82": "②", "\x83": "③", "\x84": "④", "\x85": "⑤", "\x86": "⑥", "\x87": "⑦", "\x88": "⑧", "\x89": "⑨", "\x8a": "⑩",
	}),
	"wingdings 2": symbolTable(map[string]string{"P": "✓", "O": "✗", "Q": "☒", "R": "☑", "S": "☒", "T": "☒", "\xa3": "☐", "*": "☐", "\x97": "●", "\x98": "•"}),
	"webdings":    symbolTable(map[string]string{"a": "✓", "c": "☐", "g": "■", "r": "✗", "n": "●"}),
}

func symbolTable(byCode map[string]string) map[rune]string {
	out := make(map[rune]string, len(byCode))
	for code, glyph := range byCode {
		out[rune(code[0])] = glyph
	}
	return out
}

// symbolText returns a character of a font as Unicode. An unknown character of a symbol font is shown
// as a bullet, which most of them are.
func symbolText(font string, r rune) string {
	codes := symbolFonts[strings.ToLower(font)]
	privateUse := r >= 0xf000 && r <= 0xf0ff
	if codes == nil && !privateUse {
		return string(r)
	}
	code := r
	if privateUse {
		code -= 0xf000
	}
	if glyph := codes[code]; glyph != "" {
		return glyph
	}
	if code >= ' ' && code < 0x7f && strings.EqualFold(font, "symbol") || codes == nil && code >= ' ' && code < 0x7f {
		return string(code) // Symbol has ASCII digits and punctuation
	}
	return "•"
}
