package extract

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"counsel/domain/files/filetype"
	"counsel/domain/text"
)

const (
	wordNS   = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:next="http://example.com/a-later-word"`
	relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	mainType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
)

// docxWithParts builds a Word file with further parts, each given as name under word/, root element and
// content. The name is the relationship id and, without digits, its kind.
func docxWithParts(t *testing.T, body string, parts ...string) string {
	t.Helper()
	var types, rels strings.Builder
	files := []string{"word/document.xml", "<w:document " + wordNS + "><w:body>" + body + "</w:body></w:document>"}
	types.WriteString(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="` + mainType + `"/>`)
	for i := 0; i < len(parts); i += 3 {
		kind := strings.TrimRight(parts[i], "0123456789")
		types.WriteString(`<Override PartName="/word/` + parts[i] + `.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.` + kind + `+xml"/>`)
		rels.WriteString(`<Relationship Id="` + parts[i] + `" Type="` + relation + kind + `" Target="` + parts[i] + `.xml"/>`)
		files = append(files, "word/"+parts[i]+".xml", "<w:"+parts[i+1]+" "+wordNS+">"+parts[i+2]+"</w:"+parts[i+1]+">")
	}
	const list = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	return zipFiles(t, append(files, "[Content_Types].xml", types.String()+"</Types>",
		"_rels/.rels", list+`<Relationship Id="a" Type="`+relation+`officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/_rels/document.xml.rels", list+rels.String()+"</Relationships>")...)
}

func zipFiles(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("DOCX_DIR"); dir != "" { // to inspect with a word processor
		_ = os.WriteFile(filepath.Join(dir, strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())+".docx"), b.Bytes(), 0o600)
	}
	return b.String()
}

func runXML(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

func paragraphXML(props, text string) string {
	return "<w:p><w:pPr>" + props + "</w:pPr>" + runXML(text) + "</w:p>"
}

func styledXML(id, text string) string { return paragraphXML(`<w:pStyle w:val="`+id+`"/>`, text) }

func listItemXML(list, depth, text string) string {
	return paragraphXML(`<w:numPr><w:ilvl w:val="`+depth+`"/><w:numId w:val="`+list+`"/></w:numPr>`, text)
}

func levelXML(depth, start, format, text, more string) string {
	return `<w:lvl w:ilvl="` + depth + `"><w:start w:val="` + start + `"/><w:numFmt w:val="` + format + `"/>` + more + `<w:lvlText w:val="` + text + `"/></w:lvl>`
}

// readDOCXPages returns the text of a Word file, with a line of dashes between pages.
func readDOCXPages(t *testing.T, content string) string {
	t.Helper()
	r := New("")
	defer r.Close()
	return strings.Join(readPages(t, r, filetype.DOCX, content), "\n---\n")
}

func requireText(t *testing.T, got string, lines ...string) {
	t.Helper()
	if w := strings.Join(lines, "\n"); got != w {
		t.Errorf("read\n%s\nwant\n%s", got, w)
	}
}

func TestDOCXNumbering(t *testing.T) {
	legal := `<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>` +
		levelXML("0", "1", "upperRoman", "Article %1", `<w:suff w:val="space"/>`) +
		levelXML("1", "1", "decimalZero", "Section %1.%2", `<w:isLgl/>`) +
		levelXML("2", "1", "lowerLetter", "(%3)", "") +
		levelXML("3", "1", "lowerRoman", "%4.", "") +
		levelXML("4", "3", "upperLetter", "%3-%5)", `<w:lvlRestart w:val="0"/>`) + `</w:abstractNum>`
	t.Run("levels", func(t *testing.T) {
		requireText(t, readDOCXPages(t, docxWithParts(t,
			listItemXML("1", "0", "Definitions")+listItemXML("1", "1", "Goods")+listItemXML("1", "2", "first")+listItemXML("1", "2", "second")+listItemXML("1", "3", "deep")+listItemXML("1", "3", "deeper")+
				listItemXML("1", "4", "never anew")+listItemXML("1", "2", "third")+listItemXML("1", "4", "goes on")+listItemXML("1", "0", "Term")+listItemXML("1", "1", "One year")+listItemXML("1", "1", "Notice")+listItemXML("1", "2", "anew")+
				paragraphXML("", "no clause")+listItemXML("1", "1", "goes on"),
			"numbering", "numbering", legal+`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`)),
			"Article I Definitions", "Section 1.01 Goods", "(a) first", "(b) second", "i. deep", "ii. deeper", "b-C) never anew", "(c) third", "c-D) goes on",
			"Article II Term", "Section 2.01 One year", "Section 2.02 Notice", "(a) anew", "no clause", "Section 2.03 goes on")
	})
	t.Run("lists of one definition", func(t *testing.T) {
		plain := `<w:abstractNum w:abstractNumId="0">` + levelXML("0", "1", "decimal", "%1.", "") + levelXML("1", "1", "decimal", "%1.%2", "") + `</w:abstractNum>`
		requireText(t, readDOCXPages(t, docxWithParts(t,
			listItemXML("1", "0", "a")+listItemXML("2", "0", "b")+listItemXML("3", "0", "anew")+listItemXML("3", "0", "on")+listItemXML("1", "0", "after")+listItemXML("4", "0", "letters")+listItemXML("0", "0", "none")+listItemXML("9", "0", "unknown"),
			"numbering", "numbering", plain+`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>`+
				`<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>`+
				`<w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">`+levelXML("0", "1", "upperLetter", "%1)", "")+`</w:lvlOverride></w:num>`)),
			"1. a", "2. b", "5. anew", "6. on", "7. after", "H) letters", "none", "unknown")
	})
	t.Run("by style", func(t *testing.T) {
		numbering := `<w:abstractNum w:abstractNumId="0">` + levelXML("0", "1", "decimal", "%1.", `<w:pStyle w:val="H1"/>`) + levelXML("1", "1", "decimal", "%1.%2", `<w:pStyle w:val="H2"/>`) + `</w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="Legal"/></w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="2"><w:styleLink w:val="Legal"/>` + levelXML("0", "1", "ordinalText", "%1 clause:", "") + `</w:abstractNum>` +
			`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>`
		style := func(id, basedOn, num string) string {
			return `<w:style w:type="paragraph" w:styleId="` + id + `"><w:basedOn w:val="` + basedOn + `"/><w:pPr>` + num + `</w:pPr></w:style>`
		}
		styles := style("H1", "", `<w:numPr><w:numId w:val="1"/></w:numPr>`) + style("H2", "H1", `<w:numPr><w:numId w:val="1"/></w:numPr>`) + style("Own", "H2", "") + style("Off", "H2", `<w:numPr><w:numId w:val="0"/></w:numPr>`) +
			`<w:style w:type="numbering" w:styleId="Legal"><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>`
		requireText(t, readDOCXPages(t, docxWithParts(t, styledXML("H1", "One")+styledXML("H2", "sub")+styledXML("Own", "derived")+styledXML("Off", "without")+
			paragraphXML(`<w:pStyle w:val="H2"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>`, "taken out")+styledXML("H2", "next")+styledXML("H1", "Two")+styledXML("H2", "anew")+listItemXML("2", "0", "linked")+listItemXML("2", "0", "linked"),
			"numbering", "numbering", numbering, "styles", "styles", styles)),
			"1. One", "1.1 sub", "1.2 derived", "without", "taken out", "1.3 next", "2. Two", "2.1 anew", "First clause: linked", "Second clause: linked")
	})
	t.Run("what a change took away does not count", func(t *testing.T) {
		num := `<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>`
		del := `<w:del w:id="1"><w:r><w:delText>gone</w:delText></w:r></w:del>`
		requireText(t, readDOCXPages(t, docxWithParts(t, paragraphXML(num, "a")+
			`<w:p><w:pPr>`+num+`<w:rPr><w:del w:id="1"/></w:rPr></w:pPr>`+del+`</w:p>`+paragraphXML(num, "b")+
			`<w:p><w:pPr>`+num+`<w:rPr><w:del w:id="1"/></w:rPr></w:pPr>`+runXML("c and ")+`</w:p>`+paragraphXML(num, "the rest of it")+
			`<w:p><w:pPr>`+num+`<w:pPrChange w:id="1"><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr></w:pPrChange></w:pPr></w:p>`+paragraphXML(num, "e"),
			"numbering", "numbering", `<w:abstractNum w:abstractNumId="0">`+levelXML("0", "1", "decimal", "%1.", "")+`</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`)),
			"1. a", "2. b", "3. c and the rest of it", "4. ", "5. e")
	})
	t.Run("bullets", func(t *testing.T) {
		bullet := func(depth, char, font string) string {
			return levelXML(depth, "1", "bullet", char, `<w:rPr><w:rFonts w:ascii="`+font+`"/></w:rPr>`)
		}
		requireText(t, readDOCXPages(t, docxWithParts(t, listItemXML("1", "0", "a")+listItemXML("1", "1", "b")+listItemXML("1", "2", "c")+listItemXML("1", "3", "d")+listItemXML("1", "4", "e"),
			"numbering", "numbering", `<w:abstractNum w:abstractNumId="0">`+bullet("0", "\uf0b7", "Symbol")+bullet("1", "o", "Courier New")+bullet("2", "\uf0a7", "Wingdings")+bullet("3", "–", "Arial")+
				levelXML("4", "1", "decimal", "%5", `<w:rPr><w:vanish/></w:rPr>`)+`</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`)),
			"• a", "◦ b", "▪ c", "– d", "e")
	})
}

func TestNumerals(t *testing.T) {
	for format, wants := range map[string]map[int]string{
		"decimal": {1: "1", 12: "12"}, "decimalZero": {1: "01", 10: "10"}, "upperRoman": {4: "IV", 1999: "MCMXCIX", 0: "0"}, "lowerRoman": {14: "xiv"},
		"lowerLetter": {1: "a", 26: "z", 27: "aa", 28: "bb", 53: "aaa"}, "upperLetter": {3: "C"}, "none": {5: ""},
		"ordinal": {1: "1st", 2: "2nd", 3: "3rd", 11: "11th", 12: "12th", 21: "21st", 112: "112th"}, "cardinalText": {21: "Twenty-one", 100: "One hundred"},
		"ordinalText": {1: "First", 12: "Twelfth", 20: "Twentieth", 33: "Thirty-third"}, "001, 002, 003, ...": {7: "007", 1234: "1234"},
		"decimalEnclosedCircle": {3: "③"}, "japaneseCounting": {23: "二十三"}, "hex": {255: "FF"}, "chicago": {5: "**"}, "what comes later": {6: "6"},
	} {
		for n, w := range wants {
			if got := numeral(format, n); got != w {
				t.Errorf("%d as %s is %q, want %q", n, format, got, w)
			}
		}
	}
}

func TestDOCXNotes(t *testing.T) {
	ref := func(kind, id string) string { return `<w:r><w:` + kind + `Reference w:id="` + id + `"/></w:r>` }
	note := func(kind, id, text string) string {
		return `<w:` + kind + ` w:id="` + id + `"><w:p><w:r><w:` + kind + `Ref/></w:r>` + runXML(" "+text) + `</w:p></w:` + kind + `>`
	}
	got := readDOCXPages(t, docxWithParts(t, `<w:p>`+runXML("The cap")+ref("footnote", "2")+runXML(" applies")+ref("footnote", "1")+runXML(".")+`</w:p>`+
		`<w:p>`+runXML("An end")+ref("endnote", "5")+`<w:commentRangeStart w:id="0"/>`+runXML(" marked")+`<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`+
		`<w:p><w:del w:id="9"><w:r><w:footnoteReference w:id="3"/></w:r></w:del>`+runXML("Own mark")+`<w:r><w:footnoteReference w:customMarkFollows="1" w:id="4"/><w:t>*</w:t></w:r></w:p>`+
		paragraphXML("", "The last."),
		"footnotes", "footnotes", `<w:footnote w:type="separator" w:id="-1"><w:p>`+runXML("----")+`</w:p></w:footnote>`+note("footnote", "1", "Second in order.")+note("footnote", "2", "Up to one million.")+note("footnote", "3", "Of what is gone.")+
			`<w:footnote w:id="4"><w:p>`+runXML("* By hand.")+`</w:p></w:footnote>`+note("footnote", "7", "Nobody refers to it."),
		"endnotes", "endnotes", note("endnote", "5", "At the end."),
		"comments", "comments", `<w:comment w:id="0" w:author="Ada"><w:p>`+runXML("Too low?")+`</w:p></w:comment><w:comment w:id="1"><w:p>`+runXML("Anchored nowhere")+`</w:p></w:comment>`))
	requireText(t, got, "The cap[1] applies[2].", "[1] Up to one million.", "[2] Second in order.", "An end[i] marked", "[Comment by Ada: Too low?]", "Own mark*", "* By hand.", "The last.", "[i] At the end.", "[Comment: Anchored nowhere]")
}

func TestDOCXHeaders(t *testing.T) {
	refs := func(parts ...string) (out string) {
		for i := 0; i < len(parts); i += 2 {
			kind := strings.TrimRight(parts[i+1], "0123456789")
			out += `<w:` + kind + `Reference w:type="` + parts[i] + `" r:id="` + parts[i+1] + `"/>`
		}
		return out
	}
	section := func(props string) string { return `<w:p><w:pPr><w:sectPr>` + props + `</w:sectPr></w:pPr></w:p>` }
	rendered := `<w:p><w:r><w:lastRenderedPageBreak/><w:t>`
	got := readDOCXPages(t, docxWithParts(t, paragraphXML("", "One")+`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`+rendered+`Two</w:t></w:r></w:p>`+section(refs("default", "header1", "first", "header2", "even", "header3", "default", "footer1")+`<w:titlePg/>`)+
		rendered+`Three</w:t></w:r></w:p>`+section(refs("default", "header4"))+paragraphXML("", "still three")+`<w:sectPr><w:type w:val="continuous"/></w:sectPr>`,
		"header1", "hdr", paragraphXML("", "Draft"), "header2", "hdr", paragraphXML("", "First"), "header3", "hdr", paragraphXML("", "Never"), "header4", "hdr", paragraphXML("", "Draft"), "footer1", "ftr", paragraphXML("", "Page 1")))
	requireText(t, got, "First", "Draft", "One", "Page 1", "---", "Two", "---", "Three", "still three")
}

func TestDOCXVisibleText(t *testing.T) {
	styles := `<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="character" w:styleId="Derived"><w:basedOn w:val="Secret"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>`
	in := func(props, text string) string {
		return `<w:r><w:rPr>` + props + `</w:rPr><w:t>` + text + `</w:t></w:r>`
	}
	fld := func(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	instr := func(text string) string {
		return `<w:r><w:instrText xml:space="preserve">` + text + `</w:instrText></w:r>`
	}
	form := func(data string) string {
		return `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData>` + data + `</w:ffData></w:fldChar></w:r>` + instr(" FORM ") + fld("separate") + fld("end") + runXML(" field") + `</w:p>`
	}
	box := func(text string) string { return `<w:txbxContent>` + paragraphXML("", text) + `</w:txbxContent>` }
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"hidden":             {`<w:p>` + runXML("a") + in(`<w:vanish/>`, "x") + in(`<w:webHidden/>`, "x") + in(`<w:rStyle w:val="Derived"/>`, "x") + in(`<w:rStyle w:val="Secret"/><w:vanish w:val="0"/>`, "b") + in(`<w:vanish w:val="false"/>`, "c") + `</w:p>` + styledXML("Gone", "x") + paragraphXML("", "d"), []string{"abc", "d"}},
		"a hidden mark":      {`<w:p><w:pPr><w:rPr><w:vanish/><w:specVanish/></w:rPr></w:pPr>` + runXML("Term. ") + `</w:p>` + paragraphXML("", "One year."), []string{"Term. One year."}},
		"changes":            {`<w:p>` + runXML("a") + `<w:del w:id="1"><w:r><w:delText>x</w:delText></w:r></w:del><w:ins w:id="2">` + runXML("b") + `</w:ins><w:moveFrom w:id="3">` + runXML("x") + `</w:moveFrom><w:moveTo w:id="4">` + runXML("c") + `</w:moveTo><w:r><w:rPr><w:rPrChange w:id="5"><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>d</w:t></w:r></w:p>`, []string{"abcd"}},
		"signs":              {`<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="1"/></w:tabs></w:pPr><w:r><w:t>30</w:t><w:noBreakHyphen/><w:t>day non‑compete</w:t><w:tab/><w:t>con</w:t><w:softHyphen/><w:t>fi` + "\u00ad" + `dential</w:t><w:br/><w:sym w:font="Symbol" w:char="F0B3"/><w:t>5</w:t><w:cr/><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Arial" w:char="00A7"/></w:r></w:p>`, []string{"30-day non-compete\tconfidential", "≥5", "☑§"}},
		"fields":             {`<w:p>` + runXML("See ") + fld("begin") + instr(" REF ") + fld("begin") + instr("PAGE") + fld("separate") + runXML("inner") + fld("end") + fld("separate") + runXML("clause 2.2") + fld("end") + runXML(".") + fld("begin") + instr(" XE ") + runXML("index") + fld("end") + `<w:fldSimple w:instr="PAGE">` + runXML("7") + `</w:fldSimple>` + fld("begin") + instr(" MACROBUTTON NoMacro [Name of the tenant] ") + fld("end") + `</w:p>`, []string{"See clause 2.2.7[Name of the tenant]"}},
		"a field that stays": {`<w:p>` + fld("begin") + instr(" REF ") + runXML("a") + `</w:p>` + paragraphXML("", "b"), []string{"a", "b"}},
		"forms":              {form(`<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>`) + form(`<w:checkBox><w:default w:val="0"/></w:checkBox>`) + form(`<w:ddList><w:result w:val="1"/><w:listEntry w:val="Berlin"/><w:listEntry w:val="Leeds"/></w:ddList>`), []string{"☒ field", "☐ field", "Leeds field"}},
		"controls":           {`<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>` + paragraphXML("", "Click here") + `</w:sdtContent></w:sdt><w:p><w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>` + runXML("x") + `</w:sdtContent></w:sdt><w:sdt><w:sdtPr><w:rPr><w:vanish/></w:rPr></w:sdtPr><w:sdtContent>` + runXML("filled") + `</w:sdtContent></w:sdt></w:p>`, []string{"filled"}},
		"text boxes":         {`<w:p>` + runXML("before ") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>` + box("boxed") + `</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>` + box("boxed") + `</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>` + runXML("after") + `</w:p>`, []string{"before after", "boxed"}},
		"a newer Word's":     {`<w:p><w:r><mc:AlternateContent><mc:Choice Requires="next"><w:drawing>` + box("x") + `</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>` + box("boxed") + `</v:textbox><v:textpath string="DRAFT"/></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`, []string{"boxed", "DRAFT"}},
		"tables": {`<w:tbl><w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr/>` + paragraphXML("", "a") + paragraphXML("", "a2") + `</w:tc><w:tc>` + paragraphXML("", "") + `</w:tc><w:tc>` + `<w:tbl><w:tr><w:tc>` + paragraphXML("", "n1") + `</w:tc><w:tc>` + paragraphXML("", "n2") + `</w:tc></w:tr></w:tbl>` + paragraphXML("", "") + `</w:tc></w:tr>` +
			`<w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc>` + paragraphXML("", "x") + `</w:tc><w:tc>` + paragraphXML("", "x") + `</w:tc></w:tr><w:tr><w:tc>` + paragraphXML("", "b") + `</w:tc><w:sdt><w:sdtContent><w:tc>` + paragraphXML("", "c") + `</w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>` + paragraphXML("", "end"), []string{"a", "a2\t\tn1\tn2", "b\tc", "end"}},
		"formulas": {`<w:p>` + runXML("rate ") + `<m:oMath><m:f><m:fPr/><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f><m:r><m:t>+</m:t></m:r><m:d><m:e><m:r><m:t>c</m:t></m:r></m:e></m:d></m:oMath></w:p>`, []string{"rate a/b+(c)"}},
		"pages":    {paragraphXML("", "a") + paragraphXML(`<w:pageBreakBefore/>`, "b") + `<w:p><w:r><w:br w:type="page"/><w:br w:type="page"/><w:t>d</w:t></w:r></w:p>`, []string{"a", "---", "b", "---", "", "---", "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			requireText(t, readDOCXPages(t, docxWithParts(t, c.body, "styles", "styles", styles)), c.want...)
		})
	}
}

func TestDOCXChanges(t *testing.T) {
	r := New("")
	defer r.Close()
	content := docxWithParts(t, `<w:p><w:del w:id="1"><w:r><w:delText>x</w:delText></w:r></w:del><w:ins w:id="2">`+runXML("a")+`</w:ins><w:ins w:id="3">`+runXML("b")+`</w:ins><w:moveFrom w:id="4">`+runXML("c")+`</w:moveFrom></w:p>`+
		`<w:p><w:moveTo w:id="5">`+runXML("c")+`</w:moveTo><w:r><w:commentReference w:id="0"/></w:r></w:p>`, "comments", "comments", `<w:comment w:id="0"><w:p>`+runXML("why?")+`</w:p></w:comment>`)
	got, err := r.Pages(t.Context(), filetype.DOCX, strings.NewReader(content), int64(len(content)))
	if want := (text.Changes{Insertions: 2, Deletions: 1, Moves: 1, Comments: 1}); err != nil || got.Changes != want {
		t.Errorf("counts %+v, want %+v, %v", got.Changes, want, err)
	}
	plain := docxWithParts(t, paragraphXML("", "a"))
	if got, err := r.Pages(t.Context(), filetype.DOCX, strings.NewReader(plain), int64(len(plain))); err != nil || got.Changes != (text.Changes{}) {
		t.Errorf("counts %+v, %v", got.Changes, err)
	}
}

// TestDOCXParts checks parts with unusual names and encodings.
func TestDOCXParts(t *testing.T) {
	const list = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	wide := func(s string, little bool) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
			if hi, lo := byte(u>>8), byte(u); little {
				b.Write([]byte{lo, hi})
			} else {
				b.Write([]byte{hi, lo})
			}
		}
		return b.String()
	}
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main", relation, "http://purl.oclc.org/ooxml/officeDocument/relationships/",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace
	doc := func(head string) string {
		return head + "<w:document " + wordNS + "><w:body><w:p>" + runXML("Zoë agrees") + `<w:r><w:footnoteReference w:id="1"/></w:r></w:p></w:body></w:document>`
	}
	notes := "<w:footnotes " + wordNS + `><w:footnote w:id="1">` + paragraphXML("", "to it") + `</w:footnote></w:footnotes>`
	rels := func(main, target string) []string {
		return []string{"_rels/.rels", list + `<Relationship Id="x" Type="http://example.com/other" TargetMode="External" Target="http://example.com/"/><Relationship Id="a" Type="` + relation + `officeDocument" Target="` + main + `"/></Relationships>`,
			"word/_rels/document2.xml.rels", list + `<Relationship Id="b" Type="` + relation + `footnotes" Target="` + target + `"/></Relationships>`}
	}
	latin := strings.ReplaceAll(doc(`<?xml version="1.0" encoding="windows-1252"?>`), "ë", "\xeb")
	for name, files := range map[string][]string{
		"relative targets": append(rels("word/document2.xml", "notes/foot.xml"), "word/document2.xml", doc(""), "word/notes/foot.xml", notes),
		"absolute targets": append(rels("/word/document2.xml", "/foot.xml"), "word/document2.xml", doc(""), "foot.xml", notes),
		"targets upwards":  append(rels("./word/document2.xml", "../Foot%20notes.xml"), "word/document2.xml", doc(""), "foot notes.xml", notes),
		"strict":           {"_rels/.rels", strict(rels("word/document2.xml", "f.xml")[1]), "word/_rels/document2.xml.rels", strict(rels("word/document2.xml", "f.xml")[3]), "word/document2.xml", strict(doc("")), "word/f.xml", strict(notes)},
		"UTF-16":           append(rels("word/document2.xml", "f.xml"), "word/document2.xml", wide(doc(`<?xml version="1.0" encoding="UTF-16"?>`), true), "word/f.xml", wide(notes, false)),
		"windows-1252":     append(rels("word/document2.xml", "f.xml"), "word/document2.xml", latin, "word/f.xml", "\ufeff"+notes),
	} {
		t.Run(name, func(t *testing.T) {
			requireText(t, readDOCXPages(t, zipFiles(t, append(files, "[Content_Types].xml", `<Types/>`)...)), "Zoë agrees[1]", "[1] to it")
		})
	}
}

func BenchmarkDOCX(b *testing.B) {
	var body strings.Builder
	for range 2000 {
		body.WriteString(listItemXML("1", "1", strings.Repeat("The quick brown fox jumps over the lazy dog. ", 4)))
		body.WriteString(`<w:p><w:pPr><w:pStyle w:val="Normal"/><w:jc w:val="both"/></w:pPr>` + strings.Repeat(`<w:r><w:rPr><w:b/><w:sz w:val="22"/><w:lang w:val="en-GB"/></w:rPr><w:t>The tenant pays. </w:t></w:r>`, 6) + `</w:p>`)
	}
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	w, _ := z.Create("word/document.xml")
	_, _ = io.WriteString(w, "<w:document "+wordNS+"><w:body>"+body.String()+"</w:body></w:document>")
	_ = z.Close()
	for b.Loop() {
		r := New("")
		if _, err := r.Pages(b.Context(), filetype.DOCX, bytes.NewReader(raw.Bytes()), int64(raw.Len())); err != nil {
			b.Fatal(err)
		}
	}
}
