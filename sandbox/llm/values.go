package llm

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// format returns a value as text for readers.
func formatValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if day, err := time.Parse(time.DateOnly, v); err == nil {
			return day.Format("2 January 2006")
		}
		return v
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = formatValue(e)
		}
		if n := len(parts); n > 1 {
			return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
		}
		return strings.Join(parts, "")
	case map[string]any:
		return formatObject(v)
	}
	return fmt.Sprint(v)
}

// formatObject formats an object: its name first, then its other properties with their names.
func formatObject(m map[string]any) string {
	called := []string{"description", "name", "number", "title"}
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int {
		switch an, bn := slices.Contains(called, a), slices.Contains(called, b); {
		case an == bn:
			return 0
		case an:
			return -1
		}
		return 1
	})
	var parts []string
	for _, k := range keys {
		text := formatValue(m[k])
		switch {
		case slices.Contains(called, k):
		case k == "date":
			text = "dated " + text
		default:
			text = strings.ToLower(words(k)) + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func formatList(list []any) string {
	lines := make([]string, len(list))
	for i, v := range list {
		end := ";"
		if i == len(list)-1 {
			end = "."
		}
		lines[i] = fmt.Sprintf("(%s) %s%s", listLabel(i), strings.TrimRight(formatValue(v), ".;"), end)
	}
	return strings.Join(lines, "\n\n")
}

// listLabel returns a, b, … z, aa, ab, …
func listLabel(i int) string {
	if i >= 26 {
		return listLabel(i/26-1) + listLabel(i%26)
	}
	return string(rune('a' + i))
}

// formatCount returns "1 month" or "12 months", and for the noun month' "1 month's" or "12 months'".
func formatCount(n, noun string) string {
	noun, whose := strings.CutSuffix(noun, "'")
	switch singular := n == "1"; {
	case singular && whose:
		return n + " " + noun + "'s"
	case singular:
		return n + " " + noun
	case whose:
		return n + " " + noun + "s'"
	}
	return n + " " + noun + "s"
}

var openingWord = regexp.MustCompile(`^(?:We|It|This|There|To|The|A|An|By|In|On|At|For|From|If|Any|All|Each|No|Not|Up|Under|Build|Design|Develop|Advise|Provide|Pay|Return|Stop|Give|Write|Review|Draft|Evaluating|Transfer|Book|Prepare|Maintain|Support)\b`)

// lowerFirst puts the first word into lower case if it is not a proper noun.
func lowerFirst(s string) string {
	return openingWord.ReplaceAllStringFunc(s, strings.ToLower)
}
