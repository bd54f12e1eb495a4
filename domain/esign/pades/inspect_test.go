package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"counsel/domain/esign/pades"
)

// twoPages is a file of two pages, with more in the catalog, on the first page, on the second, and
// objects from 5 on.
func twoPages(catalog, first, second string, more ...string) []byte {
	return object(append([]string{
		`<</Type/Catalog/Pages 2 0 R` + catalog + `>>`, `<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 300 300]>>`,
		`<</Type/Page/Parent 2 0 R` + first + `>>`, `<</Type/Page/Parent 2 0 R` + second + `>>`,
	}, more...)...)
}

func TestInspect(t *testing.T) {
	const widget = `/Type/Annot/Subtype/Widget/Rect[0 0 9 9]`
	for name, c := range map[string]struct {
		file []byte
		want string // reason, page, quote; "": nothing
	}{
		"nothing":                         {twoPages(``, ``, ``), ""},
		"a place to begin":                {twoPages(`/OpenAction[4 0 R/Fit]`, ``, ``), ""},
		"a place to go to":                {twoPages(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[4 0 R/Fit]>>>>`), ""},
		"the next page":                   {twoPages(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Named/N/NextPage>>>>`), ""},
		"structure called like an action": {twoPages(`/StructTreeRoot<</Type/StructTreeRoot/K 5 0 R>>`, ``, ``, `<</Type/StructElem/S/Launch>>`), ""},
		"what nothing leads to":           {twoPages(``, ``, ``, `<</S/JavaScript/JS(app.alert\(1\))>>`), ""},

		"a script at the start":       {twoPages(`/OpenAction<</S/JavaScript/JS(app.alert\(1\))>>`, ``, ``), "javascript 0 app.alert(1)"},
		"a script in a stream":        {twoPages(`/OpenAction<</S/JavaScript/JS 5 0 R>>`, ``, ``, "<</Length 4>>stream\nquit\nendstream"), "javascript 0 "},
		"a script by name":            {twoPages(`/Names<</JavaScript<</Names[(a)5 0 R]>>>>`, ``, ``, `<</S/JavaScript/JS<616c657274>>>`), "javascript 0 alert"},
		"a script deep in the names":  {twoPages(`/Names<</JavaScript<</Kids[5 0 R]>>>>`, ``, ``, `<</Kids[6 0 R]>>`, `<</Names[(a)<</S/JavaScript/JS(x)>>]>>`), "javascript 0 x"},
		"a script before printing":    {twoPages(`/AA<</WP<</S/JavaScript/JS(x)>>>>`, ``, ``), "javascript 0 x"},
		"a script of a page":          {twoPages(``, ``, `/AA<</O<</S/JavaScript/JS(x)>>>>`), "javascript 2 x"},
		"a script of a field":         {twoPages(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Tx/T(a)`+widget+`/AA<</K<</S/JavaScript/JS(x)>>>>>>`), "javascript 1 x"},
		"a script after a harmless":   {twoPages(`/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/JavaScript/JS(x)>>]>>`, ``, ``), "javascript 0 x"},
		"a script of a bookmark":      {twoPages(`/Outlines<</First 5 0 R/Last 5 0 R>>`, ``, ``, `<</Title(a)/A<</S/JavaScript/JS(x)>>>>`), "javascript 0 x"},
		"a program":                   {twoPages(`/OpenAction<</S/Launch/F(calc.exe)>>`, ``, ``), "launch 0 calc.exe"},
		"a program on a page":         {twoPages(``, ``, `/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F<</UF(run.sh)>>>>>>]`), "launch 2 run.sh"},
		"a link":                      {twoPages(``, `/Annots[5 0 R]`, ``, `<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.com/a)>>>>`), "link 1 https://example.com/a"},
		"a link whose kind is behind": {twoPages(``, `/Annots[<</Subtype/Link/A<</S 5 0 R/URI 6 0 R>>>>]`, ``, `/URI`, `(http://x.example)`), "link 1 http://x.example"},
		"a form that is sent":         {twoPages(``, `/Annots[<</Subtype/Widget/A<</S/SubmitForm/F(https://x.example)>>>>]`, ``), "form_action 1 SubmitForm https://x.example"},
		"a form that is filled":       {twoPages(`/OpenAction<</S/ImportData/F(a.fdf)>>`, ``, ``), "form_action 0 ImportData a.fdf"},
		"another file":                {twoPages(``, `/Annots[<</Subtype/Link/A<</S/GoToR/F(b.pdf)/D[0/Fit]>>>>]`, ``), "external_document 1 b.pdf"},
		"contents of another file":    {twoPages(``, `/Contents 5 0 R`, ``, "<</Length 0/F(b.bin)>>stream\n\nendstream"), "external_document 1 b.bin"},
		"hiding":                      {twoPages(`/OpenAction<</S/Hide/T(a)>>`, ``, ``), "action 0 Hide"},
		"printing":                    {twoPages(`/OpenAction<</S/Named/N/Print>>`, ``, ``), "action 0 Print"},
		"an attachment":               {twoPages(`/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>`, ``, ``, `<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>`, "<</Type/EmbeddedFile/Length 0>>stream\n\nendstream"), "attachment 0 a.exe"},
		"an attachment on a page":     {twoPages(``, ``, `/Annots[<</Type/Annot/Subtype/FileAttachment/FS<</Type/Filespec/UF(b.zip)/EF<</F 5 0 R>>>>>>]`, "<</Type/EmbeddedFile/Length 0>>stream\n\nendstream"), "attachment 2 b.zip"},
		"an attachment that is apart": {twoPages(``, `/Annots[<</Subtype/FileAttachment/FS(c.zip)>>]`, ``), "attachment 1 c.zip"},
		"a film":                      {twoPages(``, `/Annots[<</Subtype/Movie/Movie<<>>>>]`, ``), "media 1 Movie"},
		"rich media":                  {twoPages(``, `/Annots[<</Subtype/RichMedia>>]`, ``), "media 1 RichMedia"},
		"three dimensions":            {twoPages(``, `/Annots[<</Subtype/3D>>]`, ``), "media 1 3D"},
		"a stamp":                     {twoPages(``, ``, `/Annots[<</Subtype/Stamp/Name/Draft>>]`), "draft 2 Draft"},
		"a stamp that approves":       {twoPages(``, ``, `/Annots[<</Subtype/Stamp/Name/Approved>>]`), ""},

		"a layer":                     {twoPages(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, ``, ``, `<</Type/OCG/Name(Text)>>`), ""},
		"a layer that is off":         {twoPages(`/OCProperties<</OCGs[5 0 R]/D<</OFF[5 0 R]>>>>`, ``, ``, `<</Type/OCG/Name(Hidden)>>`), "layers 0 Hidden"},
		"layers that are all off":     {twoPages(`/OCProperties<</OCGs[5 0 R 6 0 R]/D<</BaseState/OFF/ON[5 0 R]>>>>`, ``, ``, `<</Type/OCG/Name(A)>>`, `<</Type/OCG/Name(B)>>`), "layers 0 B"},
		"a layer that does not print": {twoPages(`/OCProperties<</OCGs[5 0 R]/D<</AS[<</Event/Print/Category[/Print]/OCGs[5 0 R]>>]>>>>`, ``, ``, `<</Type/OCG/Name(S)/Usage<</Print<</PrintState/OFF>>/View<</ViewState/ON>>>>>>`), "layers 0 S"},
		"a layer that only prints":    {twoPages(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, ``, ``, `<</Type/OCG/Name(S)/Usage<</Print<</PrintState/ON>>/View<</ViewState/OFF>>>>>>`), "layers 0 S"},
		"the contrary of a layer":     {twoPages(`/OCProperties<</OCGs[5 0 R]/D<<>>>>`, `/Resources<</Properties<</a<</Type/OCMD/P/AllOff/OCGs[5 0 R]>>>>>>`, ``, `<</Type/OCG/Name(A)>>`), "layers 1 shown when another layer is not"},

		"a field":                    {twoPages(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Tx/T(a)`+widget+`>>`), ""},
		"a required field":           {twoPages(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/TU(Amount in euros)`+widget+`>>`), "empty_field 2 Amount in euros"},
		"one that is filled in":      {twoPages(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/V(5)`+widget+`>>`), ""},
		"one that is blank":          {twoPages(`/AcroForm<</Fields[5 0 R]>>`, ``, `/Annots[5 0 R]`, `<</FT/Tx/Ff 2/T(a)/V( )`+widget+`>>`), "empty_field 2 a"},
		"a field below another":      {twoPages(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[6 0 R]`, ``, `<</FT/Tx/Ff 2/T(a)/Kids[6 0 R]>>`, `<</T(b)/Parent 5 0 R`+widget+`>>`), "empty_field 1 a.b"},
		"a box to be ticked":         {twoPages(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Btn/Ff 2/T(a)/V/Off`+widget+`>>`), "empty_field 1 a"},
		"a box that is ticked":       {twoPages(`/AcroForm<</Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Btn/Ff 2/T(a)/V/Yes`+widget+`>>`), ""},
		"a signature that waits":     {twoPages(`/AcroForm<</SigFlags 1/Fields[5 0 R]>>`, `/Annots[5 0 R]`, ``, `<</FT/Sig/Ff 2/T(a)`+widget+`>>`), ""},
		"fields that hold eachother": {twoPages(`/AcroForm<</Fields[5 0 R]>>`, ``, ``, `<</FT/Tx/Ff 2/T(a)/Kids[5 0 R]>>`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			for form, file := range map[string][]byte{"as it is": c.file, "packed": nil} {
				if file == nil {
					if name == "what nothing leads to" || strings.Contains(name, "eachother") {
						continue
					}
					file = through(t, c.file, "--object-streams=generate")
				}
				got, err := pades.Inspect(t.Context(), file)
				if err != nil && strings.Contains(name, "eachother") {
					continue
				}
				must(t, err)
				said := ""
				for _, f := range got.Findings {
					said += fmt.Sprintf("%s %d %s", f.Reason, f.Page, f.Quote)
				}
				if said != c.want || got.Pages != 2 {
					t.Errorf("%s: found %q, want %q", form, said, c.want)
				}
			}
		})
	}
}

// TestInspectMany names some of what there is of each kind, and all kinds.
func TestInspectMany(t *testing.T) {
	var annots bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&annots, "<</Subtype/Link/A<</S/URI/URI(https://example.com/%d)>>>>", i)
	}
	got, err := pades.Inspect(t.Context(), twoPages(`/OpenAction<</S/Launch/F(a)>>`, `/Annots[`+annots.String()+`]`, ``))
	must(t, err)
	links := 0
	for _, f := range got.Findings {
		if f.Reason == pades.Link {
			links++
		}
	}
	if links != 20 || len(got.Findings) != 21 {
		t.Errorf("names %d links of %d findings", links, len(got.Findings))
	}
}
