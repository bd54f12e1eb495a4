package policy

import (
	"cmp"
	"encoding/csv"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The Contract Understanding Atticus Dataset: 510 contracts in English with the passages that lawyers
// marked (The Atticus Project, CC BY 4.0). CUAD_DATA names a folder with its master_clauses.csv and
// full_contract_txt. The contracts of half of the companies tune the rules and train the clause model; the
// others only measure them.

var pdfSuffix = regexp.MustCompile(`(?i)\.pdf.?$`)

// cuadContract is a contract with its marked passages.
type cuadContract struct {
	name   string
	text   string
	marked map[string][]span // by clause type
}

// loadCUAD returns both halves of the data set. It skips the test unless CUAD_DATA is set.
func loadCUAD(t testing.TB) (train, held []cuadContract) {
	t.Helper()
	dir := os.Getenv("CUAD_DATA")
	if dir == "" {
		t.Skip("CUAD_DATA is not set")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "master_clauses.csv"))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff")))

	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, n := range ClauseTypes() {
		names[strings.ToLower(n)] = n
	}
	files, err := os.ReadDir(filepath.Join(dir, "full_contract_txt"))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]string{}
	for _, f := range files {
		byName[foldName(f.Name())] = f.Name()
	}
	missed := 0
	for _, row := range rows[1:] {
		file := byName[foldName(pdfSuffix.ReplaceAllString(row[0], ""))+"txt"]
		if file == "" {
			missed++
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "full_contract_txt", file))
		if err != nil {
			t.Fatal(err)
		}
		c := cuadContract{name: row[0], text: strings.ToValidUTF8(string(text), "?"), marked: map[string][]span{}}
		letters, offsets := lettersOf(c.text)
		for i := 1; i+1 < len(row); i += 2 {
			name := names[strings.ToLower(rows[0][i])]
			if name == "" {
				t.Fatalf("unknown type %q", rows[0][i])
			}
			for _, quote := range pythonList(row[i]) {
				for part := range strings.SplitSeq(quote, "<omitted>") {
					want, _ := lettersOf(part)
					if len(want) < 3 {
						continue
					}
					if at := strings.Index(letters, want); at >= 0 {
						c.marked[name] = append(c.marked[name], span{offsets[at], offsets[at+len(want)-1] + 1})
					}
				}
			}
		}
		company, _, _ := strings.Cut(row[0], "_")
		h := fnv.New32a()
		_, _ = h.Write([]byte(company))
		if h.Sum32()%2 == 0 {
			train = append(train, c)
		} else {
			held = append(held, c)
		}
	}
	if missed > 10 || len(train) < 200 || len(held) < 200 {
		t.Fatalf("%d contracts to train, %d to measure, %d not found", len(train), len(held), missed)
	}
	byContract := func(a, b cuadContract) int { return cmp.Compare(a.name, b.name) }
	slices.SortFunc(train, byContract)
	slices.SortFunc(held, byContract)
	return train, held
}

func foldName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// lettersOf returns the letters and digits of s in lower case, and their offsets.
func lettersOf(s string) (string, []int) {
	var b strings.Builder
	var offsets []int
	for i, r := range s {
		if r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		b.WriteByte(byte(unicode.ToLower(r)))
		offsets = append(offsets, i)
	}
	return b.String(), offsets
}

// pythonList reads a list of strings in Python's notation.
func pythonList(s string) (out []string) {
	for i := 0; i < len(s); i++ {
		q := s[i]
		if q != '\'' && q != '"' {
			continue
		}
		var b strings.Builder
		for i++; i < len(s) && s[i] != q; i++ {
			if s[i] == '\\' && i+1 < len(s) {
				i++
				if s[i] == 'n' || s[i] == 't' {
					b.WriteByte(' ')
					continue
				}
			}
			b.WriteByte(s[i])
		}
		out = append(out, b.String())
	}
	return out
}

// isMarked reports whether a sentence is part of a marked passage or contains one.
func isMarked(s span, marked []span) bool {
	for _, m := range marked {
		common := min(s.end, m.end) - max(s.start, m.start)
		if common > 0 && 2*common >= min(s.end-s.start, m.end-m.start) {
			return true
		}
	}
	return false
}
