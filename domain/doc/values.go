package doc

import (
	"regexp"
	"strconv"
	"strings"
)

// A value is represented in the text by a marker, its index between these two private-use
// characters, until the Markdown has been parsed: to the parser it is a word, whatever the value
// contains. That is why a value can never become markup.
const (
	MarkerOpen  = "\ue000"
	MarkerClose = "\ue001"
)

var marker = regexp.MustCompile(MarkerOpen + `(\d+)` + MarkerClose)

// Segment is a piece of text: what the author wrote, or a value.
type Segment struct {
	Text    string
	Pointer string // JSON Pointer of the value; empty: the author's text
}

// Values are the data values of one document, which its Markdown refers to by markers.
type Values struct {
	list     []Segment
	inserted int // how many markers have been replaced
	size     int // bytes of text so far
}

// Add adds a value and returns the marker that stands for it.
func (v *Values) Add(text, pointer string) (marker string) {
	v.list = append(v.list, Segment{text, pointer})
	return MarkerOpen + strconv.Itoa(len(v.list)-1) + MarkerClose
}

// Expand splits a text at its markers and calls f with each segment, in order.
func (v *Values) Expand(text string, f func(Segment)) {
	v.size += len(text)
	at := 0
	for _, m := range marker.FindAllStringSubmatchIndex(text, -1) {
		i, err := strconv.Atoi(text[m[2]:m[3]])
		if err != nil || i >= len(v.list) {
			continue // impossible: only Add writes markers
		}
		if m[0] > at {
			f(Segment{Text: text[at:m[0]]})
		}
		v.inserted++
		v.size += len(v.list[i].Text)
		if v.size <= maxText {
			f(v.list[i])
		}
		at = m[1]
	}
	if at < len(text) {
		f(Segment{Text: text[at:]})
	}
}

// ExpandLine inserts the values into a text of one line. pointer is that of the last value.
func (v *Values) ExpandLine(text string) (s, pointer string) {
	var b strings.Builder
	v.Expand(text, func(segment Segment) {
		b.WriteString(strings.ReplaceAll(segment.Text, "\n", " "))
		if segment.Pointer != "" {
			pointer = segment.Pointer
		}
	})
	return b.String(), pointer
}
