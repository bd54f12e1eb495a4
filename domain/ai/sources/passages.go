package sources

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/files"
	"counsel/domain/masking"
	"counsel/domain/search"
)

// Passage is a part of a page that is sent to the model.
type Passage struct {
	document     files.File
	page         files.Page
	masked       masking.Masked // the whole page
	start, end   int            // of the passage, in masked.Text
	title        string         // of the document, masked
	hasInjection bool
}

// Location returns where the passage stands, with its masked text.
func (p *Passage) Location() (document domain.ID, page int, text string) {
	return p.document.ID, p.page.Number, p.text()
}

func (p *Passage) text() string { return p.masked.Text[p.start:p.end] }

// Mask masks the pages. The names of the documents are masked as well, so that the session knows what they reveal.
func (s *Sources) Mask(session *masking.Session) ([]masking.Masked, error) {
	if s == nil {
		return nil, nil
	}
	for i, d := range s.documents {
		if _, err := maskedTitle(session, d.Name, i+1); err != nil {
			return nil, err
		}
	}
	out := make([]masking.Masked, len(s.pages))
	for i, p := range s.pages {
		var err error
		if out[i], err = session.Mask(p.Text); err != nil {
			return nil, masking.FieldError(err, documentsField)
		}
	}
	return out, nil
}

// chunk is a candidate for a passage.
type chunk struct {
	document, page, start, end int
	words                      map[int]float64 // words of the question, with the weight of their best match
	score                      float64
}

// Select returns the passages of the masked pages to send to the model: for each document the chunk that is
// most relevant to the masked question, then the best of the rest (TF-IDF).
func (s *Sources) Select(session *masking.Session, pages []masking.Masked, question string) ([]Passage, error) {
	if s == nil {
		return nil, nil
	}
	index := map[domain.ID]int{}
	titles := make([]string, len(s.documents))
	for i, d := range s.documents {
		index[d.ID] = i
		var err error
		if titles[i], err = maskedTitle(session, d.Name, i+1); err != nil {
			return nil, err
		}
	}
	chunks := s.score(pages, index, question)
	inOrder := func(a, b chunk) int {
		return cmp.Or(a.document-b.document, s.pages[a.page].Number-s.pages[b.page].Number, a.start-b.start)
	}
	slices.SortFunc(chunks, func(a, b chunk) int { return cmp.Or(cmp.Compare(b.score, a.score), inOrder(a, b)) })
	anyRelevant := len(chunks) > 0 && chunks[0].score > 0
	var selected []chunk
	represented := map[int]bool{} // documents with a selected chunk
	for _, first := range []bool{true, false} {
		for _, c := range chunks {
			if len(selected) < MaxPassages && represented[c.document] != first && (c.score > 0 || !anyRelevant) &&
				!slices.ContainsFunc(selected, func(o chunk) bool { return o.page == c.page && o.start == c.start }) {
				selected = append(selected, c)
				represented[c.document] = true
			}
		}
	}
	slices.SortFunc(selected, inOrder)
	var out []Passage
	for i, c := range selected {
		if i > 0 && c.page == selected[i-1].page && c.start == selected[i-1].end {
			out[len(out)-1].end = c.end // join adjacent chunks
			continue
		}
		out = append(out, Passage{document: s.documents[c.document], page: s.pages[c.page], masked: pages[c.page], start: c.start, end: c.end, title: titles[c.document]})
	}
	for i := range out {
		out[i].hasInjection = len(policy.DetectInjections(out[i].text())) > 0
	}
	return out, nil
}

// score splits the pages into chunks and scores them: rare words of the question count more.
func (s *Sources) score(pages []masking.Masked, index map[domain.ID]int, question string) []chunk {
	highlighter := search.NewHighlighter(search.ParseText(question))
	var chunks []chunk
	frequency := map[int]int{} // number of chunks that contain a word
	for i, m := range pages {
		matches := highlighter.Matches(m.Text)
		for _, r := range Split(m.Text, MaxPassage) {
			c := chunk{document: index[s.pages[i].DocumentID], page: i, start: r[0], end: r[1], words: map[int]float64{}}
			for _, f := range matches {
				if f.Start >= r[0] && f.Start < r[1] {
					c.words[f.Word] = max(c.words[f.Word], f.Weight)
				}
			}
			for w := range c.words {
				frequency[w]++
			}
			chunks = append(chunks, c)
		}
	}
	for i := range chunks {
		for w, weight := range chunks[i].words {
			chunks[i].score += weight * math.Log(1+float64(len(chunks))/float64(frequency[w]))
		}
	}
	return chunks
}

// maskedTitle returns a document's name for the model: the masked file name, or "document 1" if the name is
// long or contains a prompt injection.
func maskedTitle(session *masking.Session, name string, number int) (string, error) {
	name = strings.ReplaceAll(strings.TrimSuffix(name, path.Ext(name)), "_", " ") // so that names are recognized
	m, err := session.Mask(name)
	if err != nil {
		return "", masking.FieldError(err, documentsField)
	}
	if t := domain.Truncate(m.Text, maxFileName); t == m.Text && len(policy.DetectInjections(name)) == 0 {
		return t, nil
	}
	return "document " + strconv.Itoa(number), nil
}

// Split divides a text into chunks of at most size bytes, preferably at the end of a paragraph, sentence,
// line or word, and never inside a placeholder. Blank chunks are left out.
func Split(text string, size int) (ranges [][2]int) {
	for start := 0; start < len(text); {
		end := len(text)
		if end-start > size {
			end = start + size
			for end > start && !utf8.RuneStart(text[end]) {
				end--
			}
			half := start + size/2
			for half < end && !utf8.RuneStart(text[half]) {
				half++
			}
			for _, stop := range []string{"\n\n", ". ", ".\n", "。", "\n", " "} {
				if i := strings.LastIndex(text[half:end], stop); i >= 0 {
					end = half + i + len(stop)
					break
				}
			}
			if open := strings.LastIndexByte(text[start:end], '['); open > 0 && end-start-open < 40 && !strings.Contains(text[start+open:end], "]") {
				end = start + open
			}
		}
		if strings.TrimSpace(text[start:end]) != "" {
			ranges = append(ranges, [2]int{start, end})
		}
		start = end
	}
	return ranges
}

// ForPrompt returns the passages as the prompt needs them.
func ForPrompt(passages []Passage) []prompts.Passage {
	out := make([]prompts.Passage, len(passages))
	for i := range passages {
		p := &passages[i]
		out[i] = prompts.Passage{Document: p.title, Page: p.page.Number, Text: strings.TrimSpace(p.text()), HasInjection: p.hasInjection}
	}
	return out
}

// InjectionWarnings returns a warning for each page with a prompt injection.
func InjectionWarnings(passages []Passage) (warnings []string) {
	for i := range passages {
		if p := &passages[i]; p.hasInjection {
			w := fmt.Sprintf("Page %d of “%s” contains text that tries to give instructions to a program that reads it. Read that page yourself.", p.page.Number, p.document.Name)
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	return warnings
}
