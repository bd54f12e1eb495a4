package matching

import (
	"regexp"
	"strings"
)

// romaji matches words that the syllables of Japanese can spell.
var romaji = regexp.MustCompile(`^(?:(?:sh|ch|ts|[kgszjtdnhbpmr]y|[kgsztdnhbpmrjfwy])?[aiueo]h?|n|m[bp]?[aiueo])+$`)

// japanese unifies the systems of Hepburn and Kunrei, and the ways to spell long vowels.
var japanese = strings.NewReplacer("ou", "o", "oo", "o", "oh", "o", "uu", "u", "shi", "si", "sh", "sy", "chi", "ti", "ch", "ty", "tsu", "tu", "fu", "hu", "ji", "zi", "j", "zy", "mb", "nb", "mp", "np", "dzu", "zu")

// japaneseInitial is equal for words that the systems may spell alike.
func japaneseInitial(s string) byte {
	if s == "" {
		return 0
	}
	switch s[0] {
	case 'c':
		return 't'
	case 'f':
		return 'h'
	case 'd', 'j':
		return 'z'
	}
	return s[0]
}

// korean unifies the Revised Romanization, McCune-Reischauer and common spellings.
var korean = strings.NewReplacer("yoo", "o", "woo", "o", "eo", "o", "oo", "o", "eu", "o", "ee", "i", "ch", "c", "j", "c", "g", "k", "b", "p", "d", "t", "r", "l", "sh", "s", "yu", "o", "u", "o", "h", "")

// chinese unifies Pinyin, Wade-Giles and older spellings.
var chinese = strings.NewReplacer("tzu", "zi", "tch", "c", "zh", "c", "ch", "c", "q", "c", "j", "c", "hs", "s", "sh", "s", "x", "s", "ts", "z", "tz", "z", "p", "b", "t", "d", "k", "g", "ung", "ong", "uo", "o", "ien", "ian", "ieh", "ie", "eh", "e",
	"ih", "i", "uei", "ui")

// chineseFamilies are family names by which a name in Latin letters is taken for Chinese.
var chineseFamilies = set(`wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng feng han cao zeng peng xiao cai pan tian dong yuan yu ye jiang du su wei lu ding ren shen yao
	chang chao chou hsu chu kuo ho kao lo cheng hsieh sung teng tsao tseng hsiao tsai pan tien tung yeh chiang tu ting jen tchen mao hua xi hsi wen lai hou bai shi cui tan qin qian dai xiong lei jia yin bo kong qiu gu liao`)

// compareEastAsian matches romanizations of Japanese, Korean and Chinese names.
func compareEastAsian(a, b word, sinitic bool) bool {
	switch {
	case a.script == hangulScript || b.script == hangulScript:
		return korean.Replace(a.text) == korean.Replace(b.text)
	case japaneseInitial(a.text) == japaneseInitial(b.text) && a.japanese() != "" && a.japanese() == b.japanese():
		return true
	}
	return sinitic && chinese.Replace(a.text) == chinese.Replace(b.text)
}

// isChinese reports whether the first or last word is a Chinese family name.
func (r reading) isChinese() bool {
	return len(r) > 1 && len(r) <= 4 && (chineseFamilies[r[0].text] || chineseFamilies[r[len(r)-1].text])
}
