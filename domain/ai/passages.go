package ai

import (
	"cmp"
	"context"
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

// Library is the documents that questions may be about. files.Service fulfils it. All can
// fail with Unavailable.
type Library interface {
	// Get reads what is known of a document. NotFound: there is none, or it is not open to the
	// caller.
	Get(ctx context.Context, caller domain.Principal, id domain.ID) (files.File, error)

	// FindPages finds the pages of some documents that have most to do with text, the best first,
	// at most limit. It does not ask who may read the documents.
	FindPages(ctx context.Context, of []domain.ID, text string, limit int) ([]files.Page, error)

	// FindCasePages is FindPages for all documents of a case, and puts down which are shown. NotFound:
	// the case is not open to the caller.
	FindCasePages(ctx context.Context, caller domain.Principal, matter domain.ID, text string, limit int) ([]files.File, []files.Page, error)
}

// ReasonTextPending is why a question about a document that was only just sent is refused.
const ReasonTextPending = "text_pending"

// What is taken of documents for one question.
const (
	maxDocuments = 20
	maxPages     = 24      // that the search finds
	maxRead      = 1 << 20 // bytes of them; the first counts whatever its length
	maxPassages  = 12      // that are sent
	maxPassage   = 1200    // bytes of one, until neighbours are joined
	maxFileName  = 120     // characters of a file's name
)

// shelf is the documents of a question with the pages of them that the search found.
type shelf struct {
	documents []files.File
	pages     []files.Page
}

// passage is a part of a page that the model is shown.
type passage struct {
	document   files.File
	page       files.Page
	masked     masking.Masked // the whole page
	start, end int            // of the part, in masked.Text
	title      string         // of the document, masked
	orders     bool           // it tries to give orders
}

func (p *passage) text() string { return p.masked.Text[p.start:p.end] }

// shelf reads the documents a question names or, when it names none, those of its case that have
// to do with it; nil when there are none. They have to be open to the caller and to whom the
// question belongs.
func (s *Service) shelf(ctx context.Context, caller domain.Principal, q Question) (*shelf, error) {
	if q.Context == nil || len(q.Context.DocumentIDs) == 0 && (q.Context.CaseID == nil || s.Library == nil) {
		return nil, nil
	}
	if len(q.Context.DocumentIDs) > maxDocuments {
		return nil, domain.InvalidField("/context/documentIds", "has more than %d documents", maxDocuments)
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	var sh shelf
	var err error
	if len(q.Context.DocumentIDs) == 0 {
		sh.documents, sh.pages, err = s.Library.FindCasePages(ctx, caller, *q.Context.CaseID, q.Message, maxPages)
		if err != nil || len(sh.pages) == 0 {
			return nil, err
		}
		return sh.bounded(), nil
	}
	var ids []domain.ID
	for i, id := range q.Context.DocumentIDs {
		if slices.Contains(ids, id) {
			continue
		}
		d, err := s.document(ctx, caller, q, id, "/context/documentIds/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		ids, sh.documents = append(ids, id), append(sh.documents, d)
	}
	if sh.pages, err = s.Library.FindPages(ctx, ids, q.Message, maxPages); err != nil {
		return nil, err
	}
	return sh.bounded(), nil
}

// bounded drops the pages that would be too much to read.
func (sh *shelf) bounded() *shelf {
	size := 0
	for i, p := range sh.pages {
		if size += len(p.Text); size > maxRead && i > 0 {
			sh.pages = sh.pages[:i]
			break
		}
	}
	return sh
}

func (s *Service) document(ctx context.Context, caller domain.Principal, q Question, id domain.ID, pointer string) (files.File, error) {
	absent := &domain.Error{Code: domain.NotFound, Message: "There is no such document.", Fields: []domain.Field{{Pointer: pointer, Detail: "is not a document that is open to you"}}}
	if s.Library == nil {
		return files.File{}, absent
	}
	d, err := s.Library.Get(ctx, caller, id)
	if domain.CodeOf(err) == domain.NotFound && err != nil {
		return d, absent
	}
	if err != nil {
		return d, err
	}
	if d.CaseID != nil {
		if q.Context.CaseID == nil || *q.Context.CaseID != *d.CaseID {
			return d, domain.InvalidField(pointer, "belongs to a case, and can only be asked about there: name it as caseId")
		}
	} else if d.UserID != q.UserID && (caller.UserID != q.UserID || q.Context.CaseID != nil) {
		return d, absent // an admin's reach is not another reader's
	}
	switch d.Text {
	case files.TextPending:
		return d, &domain.Error{Code: domain.Conflict, Reason: ReasonTextPending, Message: "The document's text is still being read. Please ask again in a moment.", Fields: []domain.Field{{Pointer: pointer, Detail: "is still being read"}}}
	case files.TextNone, files.TextUnreadable:
		return d, domain.InvalidField(pointer, "has no text that can be read")
	}
	return d, nil
}

// open masks the pages and picks the passages that have most to do with the masked question.
// Whole pages are masked, since half a name at the edge of a part would not be found.
func (sh *shelf) open(session *masking.Session) ([]masking.Masked, error) {
	out := make([]masking.Masked, len(sh.pages))
	for i, p := range sh.pages {
		var err error
		if out[i], err = mask(session, p.Text, "/context/documentIds"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pick chooses what is sent of the masked pages: of each document the part that has most to do
// with the question, then the best of the rest.
func (sh *shelf) pick(session *masking.Session, pages []masking.Masked, question string) ([]passage, error) {
	type part struct {
		document, page, start, end int
		words                      map[int]float64 // of the question, and how closely it stands here
		score                      float64
	}
	place := map[domain.ID]int{}
	titles := make([]string, len(sh.documents))
	for i, d := range sh.documents {
		place[d.ID] = i
		var err error
		if titles[i], err = title(session, d.Name, i+1); err != nil {
			return nil, err
		}
	}
	finder := search.NewHighlighter(search.ParseText(question))
	var parts []part
	held := map[int]int{} // in how many parts a word stands
	for i, m := range pages {
		matches := finder.Matches(m.Text)
		for _, at := range split(m.Text, maxPassage) {
			p := part{document: place[sh.pages[i].DocumentID], page: i, start: at[0], end: at[1], words: map[int]float64{}}
			for _, f := range matches {
				if f.Start >= at[0] && f.Start < at[1] {
					p.words[f.Word] = max(p.words[f.Word], f.Weight)
				}
			}
			for w := range p.words {
				held[w]++
			}
			parts = append(parts, p)
		}
	}
	for i := range parts {
		for w, weight := range parts[i].words {
			parts[i].score += weight * math.Log(1+float64(len(parts))/float64(held[w]))
		}
	}
	order := func(a, b part) int {
		return cmp.Or(a.document-b.document, sh.pages[a.page].Number-sh.pages[b.page].Number, a.start-b.start)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(b.score, a.score), order(a, b)) })
	some := len(parts) > 0 && parts[0].score > 0
	var chosen []part
	served := map[int]bool{}
	for _, first := range []bool{true, false} {
		for _, p := range parts {
			if len(chosen) < maxPassages && served[p.document] != first && (p.score > 0 || !some) && !slices.ContainsFunc(chosen, func(c part) bool { return c.page == p.page && c.start == p.start }) {
				chosen = append(chosen, p)
				served[p.document] = true
			}
		}
	}
	slices.SortFunc(chosen, order)
	var out []passage
	for i, p := range chosen {
		if i > 0 && p.page == chosen[i-1].page && p.start == chosen[i-1].end {
			out[len(out)-1].end = p.end
			continue
		}
		out = append(out, passage{document: sh.documents[p.document], page: sh.pages[p.page], masked: pages[p.page], start: p.start, end: p.end, title: titles[p.document]})
	}
	for i := range out {
		out[i].orders = len(policy.DetectInjections(out[i].text())) > 0
	}
	return out, nil
}

// title is what the model is told a file is called: its name, masked. One that gives orders
// goes by its number.
func title(session *masking.Session, name string, number int) (string, error) {
	name = strings.ReplaceAll(strings.TrimSuffix(name, path.Ext(name)), "_", " ") // names are found in words
	m, err := mask(session, name, "/context/documentIds")
	if err != nil {
		return "", err
	}
	if t := cut(m.Text, maxFileName); t == m.Text && len(policy.DetectInjections(name)) == 0 {
		return t, nil
	}
	return "document " + strconv.Itoa(number), nil
}

// split cuts a text into parts of at most size bytes, at the end of a paragraph, a sentence, a
// line or a word where there is one, and never inside a placeholder.
func split(text string, size int) (parts [][2]int) {
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
			parts = append(parts, [2]int{start, end})
		}
		start = end
	}
	return parts
}

// digest is all of a shelf that an answer depends on.
func digest(sh *shelf, passages []passage) string {
	if sh == nil {
		return ""
	}
	var fields []string
	for _, d := range sh.documents {
		fields = append(fields, string(d.ID[:]), string(d.SHA256[:]))
	}
	fields = append(fields, "")
	for i := range passages {
		p := &passages[i]
		fields = append(fields, string(p.document.ID[:]), strconv.Itoa(p.page.Number), p.title, p.text())
	}
	return keyOf(fields...)
}

// shown is passages as the prompt has them.
func shown(passages []passage) []prompts.Passage {
	out := make([]prompts.Passage, len(passages))
	for i := range passages {
		p := &passages[i]
		out[i] = prompts.Passage{Document: p.title, Page: p.page.Number, Text: strings.TrimSpace(p.text()), HasInjection: p.orders}
	}
	return out
}

// orderly warns of the pages that try to give orders, each once.
func orderly(passages []passage) (warnings []string) {
	for i := range passages {
		if p := &passages[i]; p.orders {
			w := fmt.Sprintf("Page %d of “%s” holds text that tries to give orders to a program that reads it. Read that page yourself.", p.page.Number, p.document.Name)
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	return warnings
}
