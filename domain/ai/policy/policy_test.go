package policy

import "testing"

func mustLoad(t testing.TB) *Book {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSmoke(t *testing.T) {
	b := mustLoad(t)
	t.Log(b.Names())
	if len(ClauseTypes()) != 42 {
		t.Fatal(len(ClauseTypes()))
	}
}
