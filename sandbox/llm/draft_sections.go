package llm

import (
	"regexp"
	"strings"
)

// section is a section of a draft, as listed in the system prompt.
type section struct {
	id, heading string
	covers      []string
}

var sectionLine = regexp.MustCompile("^- `([^`]+)`: (.+)$")

// sections parses the list of sections in the system prompt.
func (m *material) sections() []section {
	var out []section
	for line := range strings.Lines(m.system) {
		line = strings.TrimRight(line, "\r\n")
		if at := sectionLine.FindStringSubmatch(line); at != nil {
			out = append(out, section{id: at[1], heading: at[2]})
		} else if c, ok := strings.CutPrefix(line, "  - "); ok && len(out) > 0 {
			out[len(out)-1].covers = append(out[len(out)-1].covers, c)
		}
	}
	return out
}
