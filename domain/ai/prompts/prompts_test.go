package prompts

import (
	"testing"
)

func mustLoad(t testing.TB) *Set {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSmoke(t *testing.T) {
	s := mustLoad(t)
	for _, d := range s.Types() {
		t.Log(d.ID, len(d.InputsSchema))
	}
}
