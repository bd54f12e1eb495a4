package main

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"counsel/sandbox/testkit"
)

func parse(t *testing.T, source string) (c contract) {
	t.Helper()
	testkit.Must(t, yaml.Unmarshal([]byte(source), &c))
	return c
}

func TestPage(t *testing.T) {
	t.Parallel()
	released := parse(t, `{info: {version: 1.0.0}, tags: [{name: a, x-displayName: Alpha}], paths: {/a: {get: {tags: [a]}, post: {tags: [a]}, put: {tags: [a]}, patch: {tags: [a]}, delete: {tags: [a]}}}}`)
	present := parse(t, `{info: {version: 1.0.0}, tags: [{name: b, x-displayName: Beta}, {name: a, x-displayName: Alpha}], paths: {/a: {get: {tags: [a]}, post: {tags: [a]}, put: {tags: [a]}, patch: {tags: [a]}}, /b: {get: {tags: [b]}}}}`)
	changes, err := readChanges(strings.NewReader(`[
		{"level":1,"text":"added the property ` + "`x`" + ` to the response with the ` + "`200`" + ` status","operation":"GET","path":"/a"},
		{"level":1,"text":"added the property ` + "`x`" + ` to the response with the ` + "`201`" + ` status","operation":"GET","path":"/a"},
		{"level":1,"text":"added the property ` + "`x`" + ` to the response with the ` + "`200`" + ` status","operation":"POST","path":"/a"},
		{"level":1,"text":"added the property ` + "`x`" + ` to the response with the ` + "`200`" + ` status","operation":"PUT","path":"/a"},
		{"level":1,"text":"added the property ` + "`x`" + ` to the response with the ` + "`200`" + ` status","operation":"PATCH","path":"/a"},
		{"level":1,"id":"api-tag-added","text":"api tag added","operation":"GET","path":"/a"},
		{"level":1,"id":"api-version-unchanged","text":"the version is the same"},
		{"level":1,"text":"endpoint added","operation":"GET","path":"/b"},
		{"level":3,"text":"api removed without deprecation","operation":"DELETE","path":"/a"}]`))
	testkit.Must(t, err)
	got := page(released, present, changes)
	_, got, _ = strings.Cut(got, "\n## ")
	want := "Check your program for these\n\nA program that expects exactly what the last release promised may have to change.\n\n" +
		"**Alpha**\n\n- DELETE /a: api removed without deprecation\n\n" +
		"## Compatible\n\nA program of the last release works on.\n\n" +
		"**Beta**\n\n- `GET /b`: endpoint added\n\n" +
		"**Alpha**\n\n- `GET /a`, `POST /a`, `PUT /a` and 1 more: added the property `x` to the response\n"
	if got != want {
		t.Errorf("the page is\n%s\nnot\n%s", got, want)
	}
}

func TestPageWithoutChanges(t *testing.T) {
	t.Parallel()
	c := parse(t, `{info: {version: 1.0.0}, paths: {/a: {get: {tags: [a]}}}}`)
	changes, err := readChanges(strings.NewReader(""))
	testkit.Must(t, err)
	if got := page(c, c, changes); !strings.HasSuffix(got, "\nThere is no difference.\n") {
		t.Errorf("the page is\n%s", got)
	}
	if _, err := readChanges(strings.NewReader("no JSON")); err == nil {
		t.Error("garbage is read as differences")
	}
}

func TestMergeValues(t *testing.T) {
	got := mergeValues([]string{"added the new `a` enum value to the `x` response property", "added the optional property `y`", "added the new `b` enum value to the `x` response property"})
	if want := []string{"added the values `a`, `b` to the `x` response property", "added the optional property `y`"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
