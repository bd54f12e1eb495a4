package extract

import (
	"slices"
	"strings"
)

// readHeaderFooter reads the part of a header or footer.
func (r *docxReader) readHeaderFooter(name string) string {
	d, c, err := r.pkg.Read(name, maxPartXML)
	if err != nil {
		return ""
	}
	defer func() { _ = c.Close() }()
	s := &story{doc: r, decoder: d, counters: newCounters()}
	s.forEachChild(s.readBlock)
	s.finish()
	return strings.TrimSpace(s.out.text())
}

// headersFooters are the headers and footers of a page.
type headersFooters struct{ headers, footers []string }

// paginate splits the body into pages and adds headers and footers.
func (r *docxReader) paginate(s *story) []string {
	type page struct {
		strings.Builder
		headersFooters
		solid bool
	}
	pages := []*page{{}}
	sections := s.sections
	seen := map[string]bool{}
	readOnce := func(name string) (text string) {
		if name == "" || seen[name] {
			return ""
		}
		seen[name] = true
		if text = r.readHeaderFooter(name); seen["text "+text] {
			return ""
		}
		seen["text "+text] = true
		return text
	}
	addHeadersFooters := func(section int) {
		if section >= len(sections) {
			return
		}
		p := pages[len(pages)-1]
		addEdges := func(to *[]string, refs []partRef) {
			for _, kind := range []string{"first", "default", "even"} {
				for _, ref := range refs {
					refType := ref.Type
					if refType == "" {
						refType = "default"
					}
					if refType != kind || kind == "first" && !sections[section].TitlePage.on() || kind == "even" && !r.settings.EvenAndOdd.on() {
						continue
					}
					if text := readOnce(r.relationships[ref.ID]); text != "" {
						*to = append(*to, text)
					}
				}
			}
		}
		addEdges(&p.headers, sections[section].Headers)
		addEdges(&p.footers, sections[section].Footers)
	}
	section := 0
	addHeadersFooters(0)
	explicitBreak := false // the page started with an explicit break and is still empty
	for _, segment := range s.out.segments {
		p := pages[len(pages)-1]
		empty := strings.TrimSpace(p.String()) == "" && !p.solid
		newPage := segment.preceding == breakManual
		switch segment.preceding {
		case breakRendered: // Word also writes this after explicit breaks
			newPage = !empty || !explicitBreak
		case breakBefore:
			newPage = !empty
		case breakSection:
			section++
			newPage = section < len(sections) && sections[section].Type.text() != "continuous"
		}
		if newPage {
			p = &page{}
			pages = append(pages, p)
			explicitBreak = segment.preceding != breakRendered
		} else if p.Len() > 0 && segment.text != "" && segment.preceding != breakNone {
			_ = p.WriteByte('\n')
		}
		if segment.preceding == breakSection {
			addHeadersFooters(section)
		}
		_, _ = p.WriteString(segment.text)
		p.solid = p.solid || segment.hasGraphics
	}
	if !slices.ContainsFunc(sections, func(s sectionProps) bool { return len(s.Headers)+len(s.Footers) > 0 }) {
		// Some programs do not reference headers from sections.
		for _, name := range r.pkg.Related(r.pkg.Main, "header") {
			pages[0].headers = append(pages[0].headers, readOnce(name))
		}
		for _, name := range r.pkg.Related(r.pkg.Main, "footer") {
			pages[0].footers = append(pages[0].footers, readOnce(name))
		}
	}
	out := make([]string, min(len(pages), maxPages))
	for i := range out {
		p := pages[i]
		out[i] = strings.Join(slices.DeleteFunc(slices.Concat(p.headers, []string{strings.Trim(p.String(), "\n")}, p.footers), func(s string) bool { return s == "" }), "\n")
	}
	if strings.TrimSpace(strings.Join(out, "")) == "" {
		return nil
	}
	return out
}
