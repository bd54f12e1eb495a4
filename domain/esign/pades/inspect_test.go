package pades_test

import (
	"bytes"
	"fmt"
	"testing"

	"counsel/domain/esign/pades"
	"counsel/sandbox/testkit"
)

// twoPagePDF returns a file of two pages with more entries in the catalog, the first and the second page,
// and more objects, numbered from 5.
func twoPagePDF(catalog, first, second string, more ...string) []byte {
	return rawPDF(append([]string{
		`<</Type/Catalog/Pages 2 0 R` + catalog + `>>`, `<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 300 300]>>`,
		`<</Type/Page/Parent 2 0 R` + first + `>>`, `<</Type/Page/Parent 2 0 R` + second + `>>`,
	}, more...)...)
}

func TestInspect(t *testing.T) {
	const widget = `/Type/Annot/Subtype/Widget/Rect[0 0 9 9]`
	for name, c := range map[string]struct {
		file []byte
		want string // reason, page, quote; "": no finding
	}{
		"no content":            {twoPagePDF(``, ``, ``), ""},
		"open action to a page": {twoPagePDF(`/OpenAction[4 0 R/Fit]`, ``, ``), ""},
		"link to a page":        {twoPagePDF(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[4 0 R/Fit]>>>>`), ""},
		"link to the next page": {twoPagePDF(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Named/N/NextPage>>>>`), ""},
		"structure type Launch": {twoPagePDF(`/StructTreeRoot<</Type/StructTreeRoot/K 5 0 R>>`, ``, ``, `<</Type/StructElem/S/Launch>>`), ""},
		"unreachable script":    {twoPagePDF(``, ``, ``, `<</S/JavaScript/JS(app.alert\(1\))>>`), ""},

		"open action script":           {twoPagePDF(`/OpenAction<</S/JavaScript/JS(app.alert\(1\))>>`, ``, ``), "javascript 0 app.alert(1)"},
		"script in a stream":           {twoPagePDF(`/OpenAction<</S/JavaScript/JS 5 0 R>>`, ``, ``, "<</Length 4>>stream\nquit\nendstream"), "javascript 0 "},
		"script in the name tree":      {twoPagePDF(`/Names<</JavaScript<</Names[(a)5 0 R]>>>>`, ``, ``, `<</S/JavaScript/JS<616c657274>>>`), "javascript 0 alert"},
		"script deep in the name tree": {twoPagePDF(`/Names<</JavaScript<</Kids[5 0 R]>>>>`, ``, ``, `<</Kids[6 0 R]>>`, `<</Names[(a)<</S/JavaScript/JS(x)>>]>>`), "javascript 0 x"},
		"script before printing":       {twoPagePDF(`/AA<</WP<</S/JavaScript/JS(x)>>>>`, ``, ``), "javascript 0 x"},
		"page script":                  {twoPagePDF(``, ``, `/AA<</O<</S/JavaScript/JS(x)>>>>`), "javascript 2 x"},
		"field script":                 {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Tx/T(a)`+widget+`/AA<</K<</S/JavaScript/JS(x)>>>>>>`), "javascript 1 x"},
		"script after another action":  {twoPagePDF(`/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/JavaScript/JS(x)>>]>>`, ``, ``), "javascript 0 x"},
		"bookmark script":              {twoPagePDF(`/Outlines<</First 5 0 R/Last 5 0 R>>`, ``, ``, `<</Title(a)/A<</S/JavaScript/JS(x)>>>>`), "javascript 0 x"},
		"launch":                       {twoPagePDF(`/OpenAction<</S/Launch/F(calc.exe)>>`, ``, ``), "launch 0 calc.exe"},
		"launch on a page":             {twoPagePDF(``, ``, `/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F<</UF(run.sh)>>>>>>]`), "launch 2 run.sh"},
		"link":                         {twoPagePDF(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.com/a)>>>>`), "link 1 https://example.com/a"},
		"link with indirect entries":   {twoPagePDF(``, `/Annots[<</Subtype/Link/A<</S 5 0 R/URI 6 0 R>>>>]`, ``, `/URI`, `(http://x.example)`), "link 1 http://x.example"},
		"submit form":                  {twoPagePDF(``, `/Annots[<</Subtype/Widget/A<</S/SubmitForm/F(https://x.example)>>>>]`, ``), "form_action 1 SubmitForm https://x.example"},
		"import data":                  {twoPagePDF(`/OpenAction<</S/ImportData/F(a.fdf)>>`, ``, ``), "form_action 0 ImportData a.fdf"},
		"go to another file":           {twoPagePDF(``, `/Annots[<</Subtype/Link/A<</S/GoToR/F(b.pdf)/D[0/Fit]>>>>]`, ``), "external_document 1 b.pdf"},
		"stream in another file":       {twoPagePDF(``, `/Contents 5 0 R`, ``, "<</Length 0/F(b.bin)>>stream\n\nendstream"), "external_document 1 b.bin"},
		"hide action":                  {twoPagePDF(`/OpenAction<</S/Hide/T(a)>>`, ``, ``), "action 0 Hide"},
		"print action":                 {twoPagePDF(`/OpenAction<</S/Named/N/Print>>`, ``, ``), "action 0 Print"},
		"attachment":                   {twoPagePDF(`/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>`, ``, ``, `<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>`, "<</Type/EmbeddedFile/Length 0>>stream\n\nendstream"), "attachment 0 a.exe"},
		"attachment on a page":         {twoPagePDF(``, ``, `/Annots[<</Type/Annot/Subtype/FileAttachment/FS<</Type/Filespec/UF(b.zip)/EF<</F 5 0 R>>>>>>]`, "<</Type/EmbeddedFile/Length 0>>stream\n\nendstream"), "attachment 2 b.zip"},
		"attachment in another file":   {twoPagePDF(``, `/Annots[<</Subtype/FileAttachment/FS(c.zip)>>]`, ``), "attachment 1 c.zip"},
		"movie":                        {twoPagePDF(``, `/Annots[<</Subtype/Movie/Movie<<>>>>]`, ``), "media 1 Movie"},
		"rich media":                   {twoPagePDF(``, `/Annots[<</Subtype/RichMedia>>]`, ``), "media 1 RichMedia"},
		"3D":                           {twoPagePDF(``, `/Annots[<</Subtype/3D>>]`, ``), "media 1 3D"},
		"draft stamp":                  {twoPagePDF(``, ``, `/Annots[<</Subtype/Stamp/Name/Draft>>]`), "draft 2 Draft"},
		"approval stamp":               {twoPagePDF(``, ``, `/Annots[<</Subtype/Stamp/Name/Approved>>]`), ""},

		"visible layer":                   {twoPagePDF(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, ``, ``, `<</Type/OCG/Name(Text)>>`), ""},
		"hidden layer":                    {twoPagePDF(`/OCProperties<</OCGs[5 0 R]/D<</OFF[5 0 R]>>>>`, ``, ``, `<</Type/OCG/Name(Hidden)>>`), "layers 0 Hidden"},
		"base state off":                  {twoPagePDF(`/OCProperties<</OCGs[5 0 R 6 0 R]/D<</BaseState/OFF/ON[5 0 R]>>>>`, ``, ``, `<</Type/OCG/Name(A)>>`, `<</Type/OCG/Name(B)>>`), "layers 0 B"},
		"layer that is not printed":       {twoPagePDF(`/OCProperties<</OCGs[5 0 R]/D<</AS[<</Event/Print/Category[/Print]/OCGs[5 0 R]>>]>>>>`, ``, ``, `<</Type/OCG/Name(S)/Usage<</Print<</PrintState/OFF>>/View<</ViewState/ON>>>>>>`), "layers 0 S"},
		"layer that is only printed":      {twoPagePDF(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, ``, ``, `<</Type/OCG/Name(S)/Usage<</Print<</PrintState/ON>>/View<</ViewState/OFF>>>>>>`), "layers 0 S"},
		"layer shown when another is not": {twoPagePDF(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, `/Resources<</Properties<</a<</Type/OCMD/P/AllOff/OCGs[5 0 R]>>>>>>`, ``, `<</Type/OCG/Name(A)>>`), "layers 1 shown when another layer is not"},

		"optional field":        {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Tx/T(a)`+widget+`>>`), ""},
		"empty required field":  {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/TU(Amount in euros)`+widget+`>>`), "empty_field 2 Amount in euros"},
		"filled required field": {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/V(5)`+widget+`>>`), ""},
		"blank required field":  {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/V( )`+widget+`>>`), "empty_field 2 a"},
		"child field":           {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[6 0 R]`, ``, `<</FT/Tx/Ff 2/T(a)/Kids[6 0 R]>>`, `<</T(b)/Parent 5 0 R`+widget+`>>`), "empty_field 1 a.b"},
		"unchecked box":         {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Btn/Ff 2/T(a)/V/Off`+widget+`>>`), "empty_field 1 a"},
		"checked box":           {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Btn/Ff 2/T(a)/V/Yes`+widget+`>>`), ""},
		"empty signature field": {twoPagePDF(`/AcroForm<</SigFlags 1/Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Sig/Ff 2/T(a)`+widget+`>>`), ""},
		"field cycle":           {twoPagePDF(`/AcroForm<</Fields[5 0 R]>>`, ``, ``, `<</FT/Tx/Ff 2/T(a)/Kids[5 0 R]>>`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			for form, file := range map[string][]byte{"plain": c.file, "object streams": nil} {
				if file == nil {
					if name == "unreachable script" || name == "field cycle" {
						continue
					}
					file = qpdf(t, c.file, "--object-streams=generate")
				}
				report, err := pades.Inspect(t.Context(), file)
				if err != nil && name == "field cycle" {
					continue
				}
				testkit.Must(t, err)
				got := ""
				for _, f := range report.Findings {
					got += fmt.Sprintf("%s %d %s", f.Reason, f.Page, f.Quote)
				}
				if got != c.want || report.Pages != 2 {
					t.Errorf("%s: found %q, want %q", form, got, c.want)
				}
			}
		})
	}
}

// TestInspectMany: findings are limited by reason.
func TestInspectMany(t *testing.T) {
	var annots bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&annots, "<</Subtype/Link/A<</S/URI/URI(https://example.com/%d)>>>>", i)
	}
	report, err := pades.Inspect(t.Context(), twoPagePDF(`/OpenAction<</S/Launch/F(a)>>`, `/Annots[`+annots.String()+`]`, ``))
	testkit.Must(t, err)
	links := 0
	for _, f := range report.Findings {
		if f.Reason == pades.Link {
			links++
		}
	}
	if links != 20 || len(report.Findings) != 21 {
		t.Errorf("reports %d links in %d findings", links, len(report.Findings))
	}
}
