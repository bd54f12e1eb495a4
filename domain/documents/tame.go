package documents

import (
	"regexp"
	"strings"

	"counsel/domain"
)

// The effort of reading Markdown can grow with the square of what is open at a time. These bounds
// are far beyond what people write, and keep it at a second or two.
const (
	maxOpen   = 1000        // brackets, and runs of other marks, in one paragraph
	maxEffort = 100_000_000 // those, by the bytes of the paragraph
	maxInside = 20          // quotes and lists that begin on one line
	maxIndent = 200         // spaces before a line
)

var (
	containers = regexp.MustCompile(`^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]))*`)
	newBlock   = regexp.MustCompile(`^ {0,3}(?:[-+*][ \t]+\S|1[.)][ \t]+\S|#{1,6}[ \t])`)
	tableRule  = regexp.MustCompile(`^[ \t|:-]*-[ \t|:-]*$`)
)

// tame refuses a text that would take too long to read. What it takes for one paragraph may be
// several, never the other way round.
func tame(body, source string) error {
	open, size, n := 0, 0, 0
	table := false
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		n++
		if rest := strings.TrimLeft(line, " \t"); rest == "" {
			open, size, table = 0, 0, false
			continue
		} else if len(line)-len(rest) > maxIndent {
			return domain.InvalidField(source, "line %d is indented by more than %d", n, maxIndent)
		}
		if strings.HasPrefix(strings.TrimSpace(line), ">") || newBlock.MatchString(line) {
			prefix := containers.FindString(line)
			if strings.Count(prefix, ">")+len(strings.FieldsFunc(prefix, func(r rune) bool { return r == ' ' || r == '\t' || r == '>' })) > maxInside {
				return domain.InvalidField(source, "line %d begins more than %d quotes and lists inside one another", n, maxInside)
			}
		}
		begins := newBlock.MatchString(line)
		if begins || table && strings.Contains(line, "|") {
			open, size = 0, 0
		}
		table = table && !begins && !strings.HasPrefix(strings.TrimSpace(line), ">")
		table = table || tableRule.MatchString(line) && strings.Contains(line, "|")
		size += len(line)
		var last byte
		for i := range len(line) {
			switch c := line[i]; c {
			case '[', ']', '!', '<':
				open++
			case '*', '_', '`':
				if c != last {
					open++
				}
			}
			last = line[i]
		}
		if open > maxOpen || open*size > maxEffort {
			return domain.InvalidField(source, "the paragraph at line %d holds too many brackets, stars, underscores and the like", n)
		}
	}
	return nil
}
