package doc

import (
	"regexp"
	"strings"

	"counsel/domain"
)

// Parsing Markdown can take time quadratic in the number of open delimiters. These limits are far
// above what people write, and keep the time to a second or two.
const (
	maxDelimiters = 1000        // brackets, and runs of other delimiters, in one paragraph
	maxCost       = 100_000_000 // delimiters multiplied by the bytes of the paragraph
	maxNesting    = 20          // quotes and lists that begin on one line
	maxIndent     = 200         // spaces before a line
)

var (
	containers = regexp.MustCompile(`^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]))*`)
	newBlock   = regexp.MustCompile(`^ {0,3}(?:[-+*][ \t]+\S|1[.)][ \t]+\S|#{1,6}[ \t])`)
	tableRule  = regexp.MustCompile(`^[ \t|:-]*-[ \t|:-]*$`)
)

// checkMarkdownCost rejects input whose parsing could exceed the time limit. It may over-count,
// since it may treat several paragraphs as one, but never under-counts.
func checkMarkdownCost(body, source string) error {
	delimiters, size, n := 0, 0, 0
	table := false
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		n++
		if rest := strings.TrimLeft(line, " \t"); rest == "" {
			delimiters, size, table = 0, 0, false
			continue
		} else if len(line)-len(rest) > maxIndent {
			return domain.InvalidField(source, "line %d is indented by more than %d characters", n, maxIndent)
		}
		if strings.HasPrefix(strings.TrimSpace(line), ">") || newBlock.MatchString(line) {
			prefix := containers.FindString(line)
			if strings.Count(prefix, ">")+len(strings.FieldsFunc(prefix, func(r rune) bool { return r == ' ' || r == '\t' || r == '>' })) > maxNesting {
				return domain.InvalidField(source, "line %d begins more than %d nested quotes and lists", n, maxNesting)
			}
		}
		begins := newBlock.MatchString(line)
		if begins || table && strings.Contains(line, "|") {
			delimiters, size = 0, 0
		}
		table = table && !begins && !strings.HasPrefix(strings.TrimSpace(line), ">")
		table = table || tableRule.MatchString(line) && strings.Contains(line, "|")
		size += len(line)
		var last byte
		for i := range len(line) {
			switch c := line[i]; c {
			case '[', ']', '!', '<':
				delimiters++
			case '*', '_', '`':
				if c != last {
					delimiters++
				}
			}
			last = line[i]
		}
		if delimiters > maxDelimiters || delimiters*size > maxCost {
			return domain.InvalidField(source, "the paragraph at line %d has too many brackets, asterisks, underscores and similar characters", n)
		}
	}
	return nil
}
