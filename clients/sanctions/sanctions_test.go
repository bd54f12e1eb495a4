package sanctions_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/clients/sanctions"
	"counsel/domain"
	"counsel/domain/registry"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

func names(e registry.ListEntry) (all []string) {
	for _, n := range e.Names {
		all = append(all, n.Name)
	}
	return all
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "sandbox", "registries", "lists", name))
	testkit.Must(t, err)
	return b
}

func parse(t *testing.T, b []byte) *registry.List {
	t.Helper()
	l, err := sanctions.Parse(t.Context(), bytes.NewReader(b))
	testkit.Must(t, err)
	return l
}

func TestFormats(t *testing.T) {
	eu := parse(t, sample(t, "eu.xml"))
	if eu.Name != registry.ListEU || eu.PublishedOn != "2026-11-20" || len(eu.Entries) != 2 {
		t.Fatalf("EU: %+v", eu)
	}
	want := registry.ListEntry{ID: "EU.9001.11", Kind: registry.KindPerson, BirthYears: []int{1961}, Countries: []string{"XX"}, Programme: "EXAMPLE",
		Names: []registry.ListedName{{Name: "Viktor Drozdenko"}, {Name: "Виктор Дрозденко"}, {Name: "The Heron", Weak: true}}}
	if !reflect.DeepEqual(eu.Entries[0], want) {
		t.Errorf("EU: got %+v, want %+v", eu.Entries[0], want)
	}
	if eu.Entries[1].Kind != registry.KindCompany {
		t.Errorf("EU: %+v", eu.Entries[1])
	}
	uk := parse(t, sample(t, "uk.csv"))
	if uk.Name != registry.ListUK || uk.PublishedOn != "2026-11-21" || len(uk.Entries) != 2 {
		t.Fatalf("UK: %+v", uk)
	}
	if e := uk.Entries[0]; e.ID != "EXA0001" || e.Kind != registry.KindPerson || !slices.Equal(names(e), []string{"Viktor DROZDENKO", "The HERON"}) || !e.Names[1].Weak || e.BirthYears[0] != 1961 {
		t.Errorf("UK: %+v", e)
	}
	us := parse(t, sample(t, "us.xml"))
	if us.Name != registry.ListUS || us.PublishedOn != "2026-11-19" || len(us.Entries) != 3 {
		t.Fatalf("US: %+v", us)
	}
	if e := us.Entries[1]; e.ID != "90002" || !slices.Equal(names(e), []string{"Amina Leyla TARKOVA", "LEYLA"}) || !e.Names[1].Weak || e.BirthYears[0] != 1975 || e.Countries[0] != "Exampleland" || e.Programme != "EXAMPLE, SDGT" {
		t.Errorf("US: %+v", e)
	}
	if us.Entries[2].Kind != registry.KindOther {
		t.Errorf("US: %+v", us.Entries[2])
	}
}

func TestOtherFormatsOfTheUK(t *testing.T) {
	xml := parse(t, []byte(`<?xml version="1.0" encoding="utf-8"?><Designations><DateGenerated>21/11/2026</DateGenerated><Designation><LastUpdated>1</LastUpdated><UniqueID>EXA0001</UniqueID>
<RegimeName>Example</RegimeName><IndividualEntityShip>Individual</IndividualEntityShip><Names><Name><Name6>Heron</Name6><NameType>Alias</NameType><AliasStrength>Low Quality a.k.a</AliasStrength></Name>
<Name><Name1>Viktor</Name1><Name6>Drozdenko</Name6><NameType>Primary Name</NameType></Name></Names><NonLatinNames><NonLatinName><NameNonLatinScript>Виктор</NameNonLatinScript></NonLatinName></NonLatinNames>
<IndividualDetails><Individual><DOBs><DOB>12/03/1961</DOB><DOB>dd/mm/1963</DOB></DOBs></Individual></IndividualDetails></Designation></Designations>`))
	if e := xml.Entries[0]; xml.PublishedOn != "2026-11-21" || !slices.Equal(names(e), []string{"Viktor Drozdenko", "Heron", "Виктор"}) || !e.Names[1].Weak || !slices.Equal(e.BirthYears, []int{1961, 1963}) {
		t.Errorf("XML: %+v", xml)
	}
	// OFSI's list, in Windows-1252.
	csv := parse(t, []byte("Last Updated,21/11/2026\nName 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,DOB,Nationality,Group Type,Alias Type,Alias Quality,Regime,Group ID\n"+
		"M\xdcLLER,Ren\xe9,,,,,,,00/00/1970,,Individual,AKA,Good quality,Example,7001\nMILLER,Rene,,,,,,,,,Individual,Primary name,,Example,7001\n"))
	if e := csv.Entries[0]; csv.PublishedOn != "2026-11-21" || len(csv.Entries) != 1 || !slices.Equal(names(e), []string{"Rene MILLER", "René MÜLLER"}) {
		t.Errorf("CSV: %+v", csv)
	}
}

func TestDamagedFiles(t *testing.T) {
	eu, uk := sample(t, "eu.xml"), sample(t, "uk.csv")
	for name, b := range map[string][]byte{
		"empty":             nil,
		"a page":            []byte("<!doctype html><title>Log in</title>"),
		"another XML":       []byte("<list><entry/></list>"),
		"text":              []byte("Access denied"),
		"another CSV":       []byte("name,address\nx,y\n"),
		"half an XML":       eu[:len(eu)-200],
		"an end is missing": bytes.TrimSuffix(bytes.TrimSpace(eu), []byte("</export>")),
		"no entries":        []byte(`<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-20"></export>`),
		"half a line":       uk[:len(uk)-120],
	} {
		if l, err := sanctions.Parse(t.Context(), bytes.NewReader(b)); err == nil {
			t.Errorf("%s was accepted: %+v", name, l)
		}
	}
}

// folder is a folder with lists, and a clock that passes its interval with each call of lists.
type folder struct {
	*sanctions.Folder
	t        *testing.T
	dir      string
	now      time.Time
	rejected int
}

func newFolder(t *testing.T) *folder {
	t.Helper()
	f := &folder{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)}
	var err error
	f.Folder, err = sanctions.New(sanctions.Config{Dir: f.dir, Clock: func() time.Time { return f.now }, OnReload: func(_ registry.ListName, n int) {
		if n < 0 {
			f.rejected++
		}
	}})
	testkit.Must(t, err)
	return f
}

func (f *folder) write(name string, b []byte) {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	testkit.Must(f.t, os.WriteFile(path, b, 0o600))
	f.now = f.now.Add(time.Minute)
	testkit.Must(f.t, os.Chtimes(path, f.now, f.now))
}

func (f *folder) lists() []*registry.List {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	all, err := f.Lists(f.t.Context())
	testkit.Must(f.t, err)
	return all
}

func TestFolder(t *testing.T) {
	f := newFolder(t)
	if _, err := f.Lists(t.Context()); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("an empty folder: %v", err)
	}
	testkit.Must(t, registries.WriteLists(f.dir))
	first := f.lists()
	if len(first) != 3 {
		t.Fatalf("got %d lists", len(first))
	}
	if again := f.lists(); !slices.Equal(again, first) {
		t.Error("lists that did not change were read again")
	}
	// A damaged file replaces nothing.
	eu := sample(t, "eu.xml")
	f.now = time.Now().Add(time.Hour)
	for _, damaged := range [][]byte{eu[:len(eu)-200], []byte("<html>"), nil} {
		f.write("eu.xml", damaged)
		if got := f.lists(); !slices.Equal(got, first) {
			t.Error("a damaged file replaced a good one")
		}
	}
	if f.rejected != 3 {
		t.Errorf("%d files were rejected, want 3", f.rejected)
	}
	f.write("eu.xml", bytes.ReplaceAll(eu, []byte("Viktor Drozdenko"), []byte("Viktor Changed")))
	if got := f.lists(); got[0] == first[0] || got[0].Entries[0].Names[0].Name != "Viktor Changed" {
		t.Error("a changed file was not read")
	}
	// An older file of the same list does not count.
	path := filepath.Join(f.dir, "old.xml")
	testkit.Must(t, os.WriteFile(path, eu, 0o600))
	testkit.Must(t, os.Chtimes(path, f.now.Add(-48*time.Hour), f.now.Add(-48*time.Hour)))
	if got := f.lists(); got[0].Entries[0].Names[0].Name != "Viktor Changed" {
		t.Error("an older file was preferred")
	}
	// The lists stay when the folder is gone.
	testkit.Must(t, os.RemoveAll(f.dir))
	if got := f.lists(); len(got) != 3 {
		t.Error("the lists are gone with the folder")
	}
}

// generated is a list of OFAC with n entries.
func generated(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<sdnList>")
	for i := range n {
		fmt.Fprintf(&b, "<sdnEntry><uid>%d</uid><lastName>COMPANY %d</lastName><sdnType>Entity</sdnType></sdnEntry>", i, i)
	}
	b.WriteString("</sdnList>")
	return b.Bytes()
}

func TestMuchShorterListIsRejected(t *testing.T) {
	f := newFolder(t)
	f.write("sdn.xml", generated(1000))
	if got := f.lists(); len(got[0].Entries) != 1000 {
		t.Fatalf("got %d entries", len(got[0].Entries))
	}
	f.write("sdn.xml", generated(400))
	if got := f.lists(); len(got[0].Entries) != 1000 || f.rejected != 1 {
		t.Errorf("got %d entries, %d rejected", len(got[0].Entries), f.rejected)
	}
	f.write("sdn.xml", generated(900))
	if got := f.lists(); len(got[0].Entries) != 900 {
		t.Errorf("got %d entries", len(got[0].Entries))
	}
}

func TestCancelledRead(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sanctions.Parse(ctx, bytes.NewReader(generated(10))); err == nil {
		t.Error("a cancelled read succeeded")
	}
	f := newFolder(t)
	f.write("sdn.xml", generated(10))
	if _, err := f.Lists(ctx); err == nil {
		t.Error("a cancelled read succeeded")
	}
	if got := f.lists(); len(got[0].Entries) != 10 {
		t.Error("the list was not read later")
	}
}

func TestMissingFolder(t *testing.T) {
	if _, err := sanctions.New(sanctions.Config{Dir: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a missing folder was accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"eu.xml", "uk.csv", "us.xml"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "sandbox", "registries", "lists", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := sanctions.Parse(t.Context(), bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, e := range l.Entries {
			if e.ID == "" || len(e.Names) == 0 || strings.TrimSpace(e.Names[0].Name) == "" {
				t.Errorf("an incomplete entry: %+v", e)
			}
		}
	})
}
