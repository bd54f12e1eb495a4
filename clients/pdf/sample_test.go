package pdf_test

import (
	"time"

	d "counsel/domain/doc"
)

func plainSpans(words string) []d.Span { return []d.Span{{Text: words}} }

func boldSpans(words string) []d.Span { return []d.Span{{Text: words, Bold: true}} }

// sampleContract is a services agreement of three pages that uses every kind of block.
func sampleContract() d.Document {
	row := func(cells ...string) []d.Cell {
		var out []d.Cell
		for _, c := range cells {
			out = append(out, d.Cell{Text: plainSpans(c)})
		}
		return out
	}
	part := func(anchor, title string) d.Block {
		return d.Heading{Level: 2, Depth: 1, Anchor: anchor, Text: plainSpans(title)}
	}
	clause := func(spans ...d.Span) d.Block { return d.Clause{Depth: 2, Text: spans} }
	sub := func(words string) d.Block { return d.Clause{Depth: 3, Text: plainSpans(words)} }
	t := func(words string) d.Span { return d.Span{Text: words} }
	b := func(words string) d.Span { return d.Span{Text: words, Bold: true} }
	i := func(words string) d.Span { return d.Span{Text: words, Italic: true} }
	ref := func(anchor string) d.Span { return d.Span{Ref: anchor} }

	return d.Document{
		Meta: d.Meta{
			Title: "Services Agreement", Author: "Novák & Partners", Subject: "Hosting and maintenance", Language: "en-GB",
			Keywords: []string{"services", "hosting"}, Created: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		},
		Header:    d.RunningText{Left: "{title}", Right: "Acme Limited – Σίσυφος Α.Ε."},
		Footer:    d.RunningText{Left: "Ref. 2026/0317", Center: "Confidential", Right: "Page {page} of {pages}"},
		Watermark: "DRAFT",
		VerifyURL: "https://counsel.example/verify/01a21080-efad-7020-b1a8-6bd4ba37237e",
		Blocks: []d.Block{
			d.Heading{Level: 1, Text: plainSpans("Services Agreement")},
			d.Paragraph{Align: d.Center, Text: []d.Span{i("dated 2 March 2026")}},
			d.Paragraph{Align: d.Justify, Text: []d.Span{t("This agreement is made between "), b("Acme Limited"), t(", a company registered in England and Wales under number 07654321, whose registered office is at 14 Fleet Street, London EC4Y 1AA (the “"), b("Customer"), t("”), and "), b("Σίσυφος Α.Ε."), t(" (Sisyphos S.A.), a company registered in Athens under ΓΕΜΗ 123456789000, represented by Ms Ольга Иванова and Mr Nguyễn Văn Đức (the “"), b("Supplier"), t("”). Each is a “"), b("party"), t("”, and together they are the “"), b("parties"), t("”.")}},
			part("definitions", "Definitions and interpretation"),
			clause(t("In this agreement the following words have the meanings given beside them:")),
			d.Table{Plain: true, Columns: []d.Column{{Width: 1}, {Width: 3}}, Rows: [][]d.Cell{
				{{Text: boldSpans("Business Day")}, {Text: plainSpans("a day other than a Saturday, a Sunday or a public holiday in England, when banks in London are open for business;")}},
				{{Text: boldSpans("Confidential Information")}, {Text: plainSpans("all information, in whatever form, which one party discloses to the other and which is marked as confidential or ought reasonably to be regarded as such;")}},
				{{Text: boldSpans("Fees")}, {Text: []d.Span{t("the sums payable under clause "), ref("fees"), t(" and the table that stands there;")}}},
				{{Text: boldSpans("Services")}, {Text: []d.Span{t("the services that clause "), ref("services"), t(" describes.")}}},
			}},
			clause(t("Headings do not affect the interpretation of this agreement. A reference to a clause is to a clause of this agreement, and words in the singular include the plural.")),
			part("services", "The Services"),
			clause(t("The Supplier shall, from the date of this agreement and until it ends under clause "), ref("term"), t(", provide the Services to the Customer:")),
			sub("with the care, skill and diligence of a prudent supplier of similar services;"),
			sub("in accordance with all laws that apply to them; and"),
			d.Clause{Depth: 3, Anchor: "levels", Text: plainSpans("so that the platform is available for at least 99.9 % of the minutes of each calendar month, other than:")},
			d.Clause{Depth: 4, Text: plainSpans("during maintenance announced five Business Days before; and")},
			d.Clause{Depth: 4, Text: []d.Span{t("where the Customer "), i("itself"), t(" caused the interruption.")}},
			clause(t("If the Supplier misses the level stated in clause "), ref("levels"), t(" in two consecutive months, the Customer may end this agreement by giving ten Business Days’ notice, "), d.Span{Text: "whatever else it may claim", Bold: true, Italic: true}, t(".")),
			part("fees", "Fees and payment"),
			clause(t("The Customer shall pay the Fees set out below, within thirty days of a valid invoice. All sums are in pounds sterling and exclude value added tax.")),
			d.Table{
				Columns: []d.Column{{}, {}, {Align: d.Right}, {Align: d.Right}},
				Head:    row("Item", "Description", "Unit", "Amount"),
				Rows: [][]d.Cell{
					row("Set-up", "Migration of existing data from the Customer’s present supplier, including one rehearsal", "once", "£ 12,400.00"),
					row("Hosting", "Two data centres in the United Kingdom, encrypted storage, daily backups kept for 90 days", "month", "£ 3,150.00"),
					row("Support", "Telephone and e-mail, answered within four hours on Business Days between 8.00 and 18.00", "month", "£ 980.00"),
					row("Training", "One day for up to twelve members of staff, at the Customer’s premises", "day", "£ 1,100.00"),
				},
			},
			clause(t("A sum not paid when due bears interest at 4 % a year above the base rate of the Bank of England, from day to day until it is paid, before as after judgment.")),
			clause(t("The Supplier may adjust the Fees once a year, by no more than the change in the index of consumer prices that the Office for National Statistics publishes at "), d.Span{Text: "ons.gov.uk", Link: "https://www.ons.gov.uk/"}, t(".")),
			part("confidence", "Confidentiality and data"),
			clause(t("Each party shall keep the other’s Confidential Information secret, shall use it for the purposes of this agreement alone, and shall disclose it only to those of its staff and advisers who need to know it and who are bound to the same extent.")),
			clause(t("The duty does not extend to information which the receiving party can show:")),
			sub("was lawfully known to it before it was disclosed;"),
			sub("is or becomes public otherwise than by its own fault;"),
			sub("was lawfully received from a third party free to disclose it; or"),
			sub("must be disclosed by law or by order of a court or regulator, to the extent required, and after notice to the other party where that is lawful."),
			clause(t("The Supplier processes personal data on the Customer’s documented instructions only. It shall in particular:")),
			d.List{Items: []d.Item{
				{Blocks: []d.Block{d.Paragraph{Text: plainSpans("keep appropriate technical and organisational measures against loss, alteration and unauthorised access;")}}},
				{Blocks: []d.Block{d.Paragraph{Text: plainSpans("engage another processor only with prior written consent, and on terms no less strict; and")}}},
				{Blocks: []d.Block{d.Paragraph{Text: plainSpans("report a breach without undue delay, and within 48 hours of becoming aware of it, with:")},
					d.List{Ordered: true, Items: []d.Item{
						{Blocks: []d.Block{d.Paragraph{Text: plainSpans("its nature and the number of people concerned;")}}},
						{Blocks: []d.Block{d.Paragraph{Text: plainSpans("its likely consequences; and")}}},
						{Blocks: []d.Block{d.Paragraph{Text: plainSpans("what has been done about it.")}}},
					}}}},
			}},
			part("liability", "Liability"),
			clause(t("Nothing in this agreement limits liability for death or personal injury caused by negligence, for fraud, or for anything for which liability cannot lawfully be limited.")),
			clause(t("Subject to that, neither party is liable for loss of profit or for indirect loss, and the total liability of each in a contract year is limited to the Fees paid or payable in that year, whether in contract, tort (including negligence), breach of statutory duty or otherwise.")),
			part("term", "Term and termination"),
			clause(t("This agreement begins on its date and continues for three years. It then continues from year to year unless one party gives the other three months’ written notice.")),
			clause(t("Either party may end this agreement at once by written notice if the other commits a material breach that cannot be remedied, or that it fails to remedy within twenty Business Days of being asked to; or if it becomes unable to pay its debts as they fall due.")),
			clause(t("On termination the Supplier shall return the Customer’s data in a commonly used format, and thereafter delete every copy, save as the law requires it to be kept. Clauses "), ref("confidence"), t(", "), ref("liability"), t(" and "), ref("law"), t(" survive.")),
			part("general", "General"),
			clause(t("This agreement is the whole agreement between the parties on its subject. It can be changed only in writing signed by both. If a provision is found to be invalid, the rest remains in force. Neither party may assign it without the other’s consent, which is not to be unreasonably withheld. A delay in exercising a right is no waiver of it.")),
			clause(t("Notices are to be in writing and delivered by hand, by recorded post or by e-mail to the address that the recipient last notified. A notice sent by e-mail is received on the next Business Day, unless the sender learns that it did not arrive.")),
			part("law", "Law and jurisdiction"),
			clause(t("This agreement, and any non-contractual obligation arising out of it, are governed by the law of England and Wales, whose courts have exclusive jurisdiction.")),
			d.SignatureBlock{Parties: []d.Party{
				{Role: "For the Customer", Name: "Johanna Müller-Lüdenscheidt", Title: "Managing Director"},
				{Role: "For the Supplier", Name: "Nguyễn Văn Đức", Title: "Director", Place: "Αθήνα"},
			}},
		},
	}
}
