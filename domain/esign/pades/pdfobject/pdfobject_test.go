package pdfobject

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var limits = Limits{Objects: 10_000, Decoded: 1 << 20, Total: 16 << 20}

// pdf writes a file of these objects with a cross-reference table. START in the trailer is the table's offset.
func pdf(trailer string, bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, len(bodies))
	for i, body := range bodies {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	trailer = strings.ReplaceAll(trailer, "START", fmt.Sprint(start))
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, trailer, start)
	return b.Bytes()
}

var minimal = []string{
	"<</Type/Catalog/Pages 2 0 R>>",
	"<</Type/Pages/Kids[3 0 R]/Count 1/Rotate 90/MediaBox[0 0 9 9]>>",
	"<</Type/Page/Parent 2 0 R/MediaBox[0 0 10 10]>>",
}

func TestObjects(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want string // as Format writes it; empty: an error
		text string // of a string
	}{
		{in: "true", want: "true"},
		{in: " % comment\n null", want: "null"},
		{in: "-17", want: "-17"},
		{in: "+17", want: "17"},
		{in: "-.002", want: "-.002"},
		{in: "4.", want: "4."},
		{in: "99999999999999999999", want: "99999999999999999999"},
		{in: "12 0 R", want: "12 0 R"},
		{in: "[1 2 3 0 R 4]", want: "[1 2 3 0 R 4]"},
		{in: "[1 0 R2]"},
		{in: "1.2.3"}, {in: "--1"}, {in: "."}, {in: "1e5"}, {in: "foo"}, {in: ""}, {in: "]"}, {in: ">>"}, {in: "R"},
		{in: "/A#20B#2f", want: "/A#20B#2F"},
		{in: "/", want: "/"},
		{in: "/A#0"}, {in: "/A#zz"}, {in: "/A#00"},
		{in: `(a(b)\)\\\n\101\7z)`, want: "<61286229295c0a41077a>", text: "a(b))\\\nA\az"},
		{in: "(a\\\r\nb\r\nc\rd)", want: "<61620a630a64>", text: "ab\nc\nd"},
		{in: "(a"}, {in: "(a\\"}, {in: "(a(b)"},
		{in: "<48 65 6C6c6>", want: "<48656c6c60>", text: "Hell`"},
		{in: "<4x>"}, {in: "<48"},
		{in: "<FEFF00E4D83DDE00>", want: "<feff00e4d83dde00>", text: "ä😀"},
		{in: "<EFBBBFC3A4>", want: "<efbbbfc3a4>", text: "ä"},
		{in: "<84A0E418>", want: "<84a0e418>", text: "—€ä˘"},
		{in: "<</B 1/A[(x)<</C/D>>]>>", want: "<</A [<78> <</C /D>>]/B 1>>"},
		{in: "<</A null/B 1>>", want: "<</B 1>>"},
		{in: "<</A 1/A 1>>", want: "<</A 1>>"},
		{in: "<</A 1/A 2>>"}, {in: "<</A 1/A null>>"}, {in: "<</A>>"}, {in: "<<1 2>>"}, {in: "<</A 1"}, {in: "<</A 1>"},
		{in: strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting), want: strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting)},
		{in: strings.Repeat("[", maxNesting+2) + strings.Repeat("]", maxNesting+2)},
	} {
		t.Run(fmt.Sprintf("%.20s", tc.in), func(t *testing.T) {
			o, err := (&parser{data: []byte(tc.in), uniqueKeys: true}).object(0)
			if err != nil {
				if tc.want != "" || !errors.Is(err, errSyntax) {
					t.Fatalf("error %v, want %s", err, tc.want)
				}
				return
			}
			if got := Format(o); got != tc.want {
				t.Fatalf("%s, want %s", got, tc.want)
			}
			if s, ok := o.(String); ok && s.Text() != tc.text {
				t.Errorf("text %q, want %q", s.Text(), tc.text)
			}
			again, err := (&parser{data: []byte(Format(o))}).object(0)
			if err != nil || Format(again) != tc.want {
				t.Errorf("parsed as %v, %v", again, err)
			}
		})
	}
	if got := TextString("ä😀").Text(); got != "ä😀" {
		t.Errorf("text string %q", got)
	}
}

func deflate(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return b.String()
}

// compressed is a file whose catalog and page tree are in an object stream, with a cross-reference
// stream whose rows are predicted (Up).
func compressed() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	page := b.Len()
	b.WriteString("3 0 obj\n" + minimal[2] + "\nendobj\n")
	header := fmt.Sprintf("1 0 2 %d ", len(minimal[0])+1)
	objects := deflate(header + minimal[0] + "\n" + minimal[1])
	stream := b.Len()
	fmt.Fprintf(&b, "4 0 obj\n<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length 6 0 R>>\nstream\n%s\nendstream\nendobj\n", len(header), objects)
	length := b.Len()
	fmt.Fprintf(&b, "6 0 obj\n%d\nendobj\n", len(objects))
	xref := b.Len()
	rows := [][]byte{{0, 0, 0, 255}, {2, 0, 4, 0}, {2, 0, 4, 1}, {1, byte(page >> 8), byte(page), 0}, {1, byte(stream >> 8), byte(stream), 0}, {1, byte(xref >> 8), byte(xref), 0}, {1, byte(length >> 8), byte(length), 0}}
	var predicted []byte
	previous := make([]byte, 4)
	for _, row := range rows {
		predicted = append(predicted, 2)
		for i := range row {
			predicted = append(predicted, row[i]-previous[i])
		}
		previous = row
	}
	table := deflate(string(predicted))
	fmt.Fprintf(&b, "5 0 obj\n<</Type/XRef/Root 1 0 R/Size 7/W[1 2 1]/Filter[/FlateDecode]/DecodeParms[<</Predictor 12/Columns 4>>]/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(table), table, xref)
	return b.Bytes()
}

func TestFile(t *testing.T) {
	for name, file := range map[string][]byte{"table": pdf("/Info 1 0 R/ID[<01><02>]", minimal...), "streams": compressed()} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(t.Context(), file, limits)
			if err != nil {
				t.Fatal(err)
			}
			pages, err := f.Pages()
			if err != nil || len(pages) != 1 {
				t.Fatalf("%v, %v", pages, err)
			}
			if got, want := Format(pages[0].Dict), "<</MediaBox [0 0 10 10]/Parent 2 0 R/Rotate 90/Type /Page>>"; got != want {
				t.Errorf("page %s, want %s", got, want)
			}
			if pages[0].Reference != (Reference{3, 0}) || f.Root != (Reference{1, 0}) || f.Stream != (name == "streams") || file[f.XRef] != map[bool]byte{false: 'x', true: '5'}[f.Stream] {
				t.Errorf("%+v, root %v, stream %t at %d", pages[0].Reference, f.Root, f.Stream, f.XRef)
			}
			if o, err := f.Dereference(Reference{100, 0}); o != nil || err != nil {
				t.Errorf("a missing object is %v, %v", o, err)
			}
			if _, err := f.DereferenceArray(f.Root); err == nil {
				t.Error("the catalog is an array")
			}
		})
	}
}

// An update counts instead of what it replaces.
func TestUpdate(t *testing.T) {
	file := pdf("", minimal...)
	before := bytes.LastIndex(file, []byte("\nxref")) + 1
	at := len(file)
	file = fmt.Appendf(file, "2 0 obj\n<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>\nendobj\n")
	start := len(file)
	file = fmt.Appendf(file, "xref\n2 1\n%010d 00000 n \n3 1\n0000000000 00001 f \ntrailer\n<</Root 1 0 R/Size 4/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, before, start)
	f, err := Parse(t.Context(), file, limits)
	if err != nil {
		t.Fatal(err)
	}
	if tree, err := f.DereferenceDict(Reference{2, 0}); err != nil || tree["Count"] != Integer(2) {
		t.Errorf("%v, %v", tree, err)
	}
	if o, err := f.Dereference(Reference{3, 0}); o != nil || err != nil {
		t.Errorf("a freed object is %v, %v", o, err)
	}
}

func TestBroken(t *testing.T) {
	valid := string(pdf("", minimal...))
	replace := func(old, by string) string {
		if !strings.Contains(valid, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(valid, old, by, 1)
	}
	packed := string(compressed())
	for name, tc := range map[string]struct {
		file string
		want error // nil: any
	}{
		"empty":                         {"", nil},
		"no header":                     {" " + valid, nil},
		"no startxref":                  {replace("startxref", "startxxxx"), ErrXRef},
		"startxref past the end":        {replace("startxref\n", "startxref\n9"), ErrXRef},
		"startxref elsewhere":           {replace("startxref\n", "startxref\n1\n"), ErrXRef},
		"a table in a circle":           {string(pdf("/Prev START", minimal...)), ErrXRef},
		"Prev past the end":             {string(pdf("/Prev 100000", minimal...)), ErrXRef},
		"Prev is no number":             {string(pdf("/Prev 1 0 R", minimal...)), ErrXRef},
		"a hybrid section elsewhere":    {string(pdf("/XRefStm 9", minimal...)), ErrXRef},
		"a large size":                  {replace("/Size 4", "/Size 2000000000"), ErrXRef},
		"many entries":                  {replace("xref\n0 4", "xref\n0 99999999"), ErrXRef},
		"an entry of another kind":      {replace("00000 n", "00000 x"), ErrXRef},
		"no root":                       {replace("/Root", "/Toor"), nil},
		"encrypted":                     {string(pdf("/Encrypt 1 0 R", minimal...)), ErrEncrypted},
		"encrypted in place":            {string(pdf("/Encrypt<</Filter/Standard>>", minimal...)), ErrEncrypted},
		"an offset into another object": {replace("0000000009 00000 n", "0000000010 00000 n"), nil},
		"another object at the offset":  {replace("3 0 obj", "4 0 obj"), nil},
		"another generation":            {replace("3 0 obj", "3 1 obj"), nil},
		"no endobj":                     {replace("endobj\n2", "endxxx\n2"), nil},
		"a wrong Length":                {string(pdf("", append(minimal, "<</Length 3>>\nstream\nabcdef\nendstream")...)), nil},
		"a Length past the end":         {string(pdf("", append(minimal, "<</Length 99999999999>>\nstream\nx\nendstream")...)), nil},
		"a Length that is itself":       {string(pdf("", append(minimal, "<</Length 4 0 R>>\nstream\nx\nendstream")...)), nil},
		"a Length in a circle":          {string(pdf("", append(minimal, "<</Length 5 0 R>>\nstream\nx\nendstream", "<</Length 4 0 R>>\nstream\nx\nendstream")...)), nil},
		"no Length":                     {string(pdf("", append(minimal, "<<>>\nstream\nx\nendstream")...)), nil},
		"no object stream":              {strings.Replace(packed, "/ObjStm", "/ObjStx", 1), nil},
		"an object stream too short":    {strings.Replace(packed, "/N 2", "/N 9", 1), nil},
		"First past the end":            {strings.Replace(packed, "/First ", "/First 9", 1), nil},
		"another filter for objects":    {strings.Replace(packed, "/FlateDecode", "/LZWxDecode", 1), nil},
		"no cross-reference stream":     {strings.Replace(packed, "/XRef", "/XReg", 1), ErrXRef},
		"another predictor":             {strings.Replace(packed, "/Predictor 12", "/Predictor 99", 1), ErrXRef},
		"rows that are too wide":        {strings.Replace(packed, "/W[1 2 1]", "/W[1 9 1]", 1), ErrXRef},
		"rows of nothing":               {strings.Replace(packed, "/W[1 2 1]", "/W[0 0 0]", 1), ErrXRef},
		"too few rows":                  {strings.Replace(packed, "/Size 7", "/Size 8", 1), ErrXRef},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(t.Context(), []byte(tc.file), limits)
			if err == nil || (tc.want != nil && !errors.Is(err, tc.want)) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestBrokenPageTree(t *testing.T) {
	for name, tree := range map[string]string{
		"in a circle":      "<</Type/Pages/Kids[2 0 R]/Count 1>>",
		"the same twice":   "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
		"too many claimed": "<</Type/Pages/Kids[3 0 R]/Count 2000000000>>",
		"too few claimed":  "<</Type/Pages/Kids[3 0 R]/Count 0>>",
		"no count":         "<</Type/Pages/Kids[3 0 R]>>",
		"a missing page":   "<</Type/Pages/Kids[9 0 R]/Count 1>>",
		"a direct page":    "<</Type/Pages/Kids[<</Type/Page>>]/Count 1>>",
		"empty":            "<</Type/Pages/Kids[]/Count 0>>",
		"missing":          "null",
		"no dictionary":    "[1 2 3]",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(t.Context(), pdf("", minimal[0], tree, minimal[2]), limits)
			if err != nil {
				t.Fatal(err)
			}
			if pages, err := f.Pages(); err == nil {
				t.Errorf("%v", pages)
			}
		})
	}
}

// Files that are made to cost much are rejected soon.
func TestLimits(t *testing.T) {
	bomb := deflate(strings.Repeat("0", 2<<20))
	rows := func(n int, s string) string { return strings.Repeat(s, n) }
	// Every entry leads into the same string, which takes long to parse.
	nested := "%PDF-1.7\n"
	var table strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&table, "%010d 00000 n \n", len(nested))
		nested += fmt.Sprintf("%d 0 obj(", i)
	}
	nested += rows(5000, ")endobj ") + rows(100_000, "x")
	nested += fmt.Sprintf("\nxref\n0 5000\n%strailer<</Root 1 0 R/Size 5000>>\nstartxref\n%d\n", table.String(), len(nested)+1)
	for name, file := range map[string][]byte{
		"a large object stream":  pdf("", append(minimal, fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(bomb), bomb))...),
		"objects in one another": []byte(nested),
		"deep arrays":            pdf("", append(minimal, rows(1_000_000, "["))...),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			f, err := Parse(t.Context(), file, limits)
			if name == "a large object stream" && err == nil { // it is not decoded unless an object is in it
				_, err = f.objectStream(4)
			}
			if err == nil {
				t.Error("accepted")
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("parsing took %s", took)
			}
			t.Log(err)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Parse(ctx, pdf("", minimal...), limits); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(pdf("", minimal...))
	f.Add(compressed())
	f.Add(pdf("/XRefStm 9/Prev 9/Encrypt<<>>", append(minimal, "<</Length 5 0 R>>\nstream\r\nx\nendstream", "(a\\)b)<4 1>")...))
	f.Fuzz(func(t *testing.T, file []byte) {
		file = append([]byte("%PDF-"), bytes.TrimPrefix(file, []byte("%PDF-"))...)
		parsed, err := Parse(t.Context(), file, Limits{Objects: 1000, Decoded: 1 << 16, Total: 1 << 20})
		if err != nil {
			return
		}
		for _, o := range parsed.objects {
			written := Format(o)
			again, err := (&parser{data: []byte(written)}).object(0)
			if err != nil || Format(again) != written {
				t.Fatalf("%s parses as %v, %v", written, again, err)
			}
		}
		_, _ = parsed.Pages()
	})
}

func TestUniqueKeys(t *testing.T) {
	const dict = "<</A 1/A 2/B 1/B 1>>"
	if _, err := (&parser{data: []byte(dict), uniqueKeys: true}).object(0); err == nil {
		t.Error("a key with two values is accepted")
	}
	if o, err := (&parser{data: []byte(dict)}).object(0); err != nil || Format(o) != "<</A 2/B 1>>" {
		t.Errorf("%v, %v", o, err)
	}
	if _, err := (&parser{data: []byte("<</B 1/B 1>>"), uniqueKeys: true}).object(0); err != nil {
		t.Errorf("the same value twice: %v", err)
	}
}
