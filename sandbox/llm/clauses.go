package llm

import (
	"slices"
	"strings"
	"unicode"
)

// clause is a type of contract clause, recognized by keywords.
type clause struct {
	name       string   // as in the CUAD data set
	keywords   []string // keywords, any of which identifies it, in lower case
	severity   string
	rationale  string
	suggestion string
}

var clauses = []clause{
	{"Embedded Instruction", []string{"ignore all", "ignore any", "ignore previous", "ignore the previous", "ignore your", "disregard all", "disregard previous", "disregard your", "system prompt", "language model", "ai assistant", "you are now", "do not report", "report no findings"}, "high",
		"the passage speaks to the reader of the document instead of binding the parties.", "Ask who put this text here and have it removed."},
	{"Uncapped Liability", []string{"unlimited liability", "liability shall be unlimited", "without limitation of liability", "indemnif", "hold harmless"}, "high",
		"one side may have to pay without any limit in amount.", "Ask for a cap, such as the fees paid in the last twelve months, and for the same duty on both sides."},
	{"Cap on Liability", []string{"limitation of liability", "aggregate liability", "total liability", "in no event", "shall not be liable", "not be liable for"}, "medium",
		"it limits what can be claimed if something goes wrong.", "Ask that the limit does not apply to wilful misconduct, gross negligence, death or injury."},
	{"Termination for Convenience", []string{"terminate this agreement at any time", "terminate at any time", "for convenience", "without cause", "terminate"}, "medium",
		"one side can end the contract, perhaps without giving a reason.", "Ask for the same right on both sides and for at least thirty days' notice."},
	{"Notice Period to Terminate Renewal", []string{"notice of non-renewal", "prior to the end of the", "before the end of the then"}, "medium",
		"a renewal can only be stopped by giving notice in time.", "Ask for a shorter notice period and for a reminder before it begins."},
	{"Renewal Term", []string{"renew"}, "medium",
		"the contract may go on by itself after its first term.", "Ask that it ends unless both sides renew it in writing."},
	{"Governing Law", []string{"governing law", "governed by", "construed in accordance with", "jurisdiction"}, "low",
		"it settles which law applies and who decides a dispute.", "Check that you could bring or defend a claim there."},
	{"Non-Compete", []string{"non-compet", "noncompet", "not compete", "compete with", "competing business"}, "high",
		"it restricts the work or business one side may do.", "Ask for a shorter time, a smaller area and a narrower field, or for payment during the restriction."},
	{"No-Solicit of Employees", []string{"solicit any employee", "solicit employees", "solicit for employment", "hire any employee", "solicit or hire"}, "medium",
		"it forbids approaching or hiring the other side's people.", "Ask for an exception for general advertisements and for a limit of twelve months."},
	{"No-Solicit of Customers", []string{"solicit any customer", "solicit customers", "solicit clients", "solicit any client"}, "medium",
		"it forbids dealing with the other side's customers.", "Ask that it covers only customers you came to know through this contract."},
	{"Exclusivity", []string{"exclusive right", "exclusive basis", "exclusive distribut", "exclusive licen", "exclusive suppl", "exclusivity", "deal exclusively", "exclusively from"}, "medium",
		"it binds one side to deal with the other only.", "Ask for a minimum in return, or for a right to leave if it is not met."},
	{"Non-Disparagement", []string{"disparag"}, "medium", "it limits what may be said about the other side.", "Ask for an exception for truthful statements to authorities and courts."},
	{"Change of Control", []string{"change of control", "change in control", "merger", "acquisition of"}, "medium",
		"a sale or merger of one side has consequences for the contract.", "Ask for notice in time and for a right to leave."},
	{"Anti-Assignment", []string{"assign"}, "low",
		"it says whether the contract may be passed on to someone else.", "Ask that consent is not unreasonably withheld, and the same for both sides."},
	{"Liquidated Damages", []string{"liquidated damages", "penalty", "late fee"}, "high",
		"a fixed sum falls due, whatever the loss.", "Ask for a cap and that proof of a smaller loss is allowed."},
	{"Audit Rights", []string{"audit", "inspect the books", "inspect its books"}, "low",
		"one side may look into the other's books or premises.", "Ask for notice, business hours and once a year at most."},
	{"Insurance", []string{"insurance", "insured"}, "low", "one side must keep insurance.", "Check that your policy covers the sums named."},
	{"Warranty Duration", []string{"warrant", "as is", "as-is"}, "medium",
		"it says what quality is promised, and for how long.", "Ask for a promise of the agreed quality for at least twelve months."},
	{"Minimum Commitment", []string{"minimum commitment", "minimum purchase", "minimum order", "at least the minimum"}, "medium",
		"a least amount must be bought or paid.", "Ask that it falls away if the other side does not deliver."},
	{"Price Restrictions", []string{"increase the fees", "increase its fees", "increase the price", "price increase", "raise the price", "adjust the fees"}, "medium",
		"the price may change during the contract.", "Ask for a cap on each increase and for a right to leave."},
	{"Most Favored Nation", []string{"most favored", "most favoured", "no less favorable than", "no less favourable than"}, "medium",
		"one side must get the best terms anyone gets.", "Ask how this is measured and who may check it."},
	{"Revenue/Profit Sharing", []string{"revenue share", "share of revenue", "profit share", "royalt"}, "low",
		"part of what is earned goes to the other side.", "Ask how it is reckoned, and for a right to check it."},
	{"IP Ownership Assignment", []string{"intellectual property", "work made for hire", "work product", "all right, title"}, "high",
		"what one side makes may come to belong to the other.", "Ask that it passes only on payment and that earlier work is left out."},
	{"License Grant", []string{"license", "licence"}, "low", "it allows the use of something protected.", "Check what for, where, how long, and for whom."},
	{"Irrevocable or Perpetual License", []string{"irrevocabl", "perpetual"}, "high", "a permission or promise that can never be taken back.", "Ask for an end, at the latest with the contract."},
	{"Source Code Escrow", []string{"escrow"}, "low", "something is kept with a third party for release in stated cases.", "Check the cases of release."},
	{"Post-Termination Services", []string{"survive termination", "survive the termination", "after termination", "upon termination", "transition"}, "low",
		"duties go on after the end.", "Ask how long each of them lasts."},
	{"Covenant Not to Sue", []string{"waive", "covenant not to sue", "release and discharge"}, "high",
		"a right or claim is given up.", "Ask to keep claims that are not known yet, and your right to go to court."},
	{"Third Party Beneficiary", []string{"third party beneficiar", "third-party beneficiar"}, "low", "someone outside the contract may rely on it.", "Ask who, and for what."},
	{"Confidentiality", []string{"confidential"}, "low", "information must be kept secret.", "Ask for an end date and for the usual exceptions."},
}

// finding is a clause found in a document.
type finding struct {
	clause
	quote string
}

var rank = map[string]int{"high": 0, "medium": 1, "low": 2}

// findings returns the first match of each clause type in enum, the most severe first.
func (m *material) findings(enum []string) []finding {
	if m.behaviour.Mode == ModeObey {
		return nil
	}
	parts := sentences(m.document)
	lower := make([]string, len(parts))
	for i, s := range parts {
		lower[i] = strings.ToLower(s)
	}
	var out []finding
	add := func(c clause) {
		for i, s := range lower {
			// Skip headings.
			if len(strings.Fields(s)) > 3 && slices.ContainsFunc(c.keywords, func(w string) bool { return strings.Contains(s, w) }) {
				out = append(out, finding{c, parts[i]})
				return
			}
		}
	}
	known := map[string]clause{}
	for _, c := range clauses {
		known[letters(c.name)] = c
	}
	for _, e := range enum {
		c, ok := known[letters(e)]
		if !ok && len(e) > 3 {
			c = clause{keywords: []string{strings.ToLower(words(e))}, severity: "medium", rationale: "the passage is about " + words(e) + ".", suggestion: "Have a lawyer look at it."}
		}
		c.name = e
		add(c)
	}
	slices.SortStableFunc(out, func(a, b finding) int { return rank[a.severity] - rank[b.severity] })
	return out
}

// letters returns the letters of s in lower case, to compare names in different notations.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// sentences splits text at the ends of sentences and at empty lines. Each is verbatim, trimmed of white space.
func sentences(text string) []string {
	var out []string
	start := 0
	flush := func(end int) {
		if s := strings.TrimSpace(text[start:end]); s != "" {
			out = append(out, s)
		}
		start = end
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n' && i+1 < len(text) && (text[i+1] == '\n' || text[i+1] == '\r'):
			flush(i)
		case (c == '.' || c == '!' || c == '?') && i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n' || text[i+1] == '\r'):
			// The number of a clause ("12. ") belongs to the sentence after it; a heading above it does not.
			line := start + strings.LastIndexByte(text[start:i], '\n') + 1
			if strings.ContainsFunc(text[line:i], unicode.IsLetter) {
				flush(i + 1)
			} else {
				flush(line)
			}
		}
	}
	flush(len(text))
	return out
}

func upperFirst(s string) string {
	r := []rune(s)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}
