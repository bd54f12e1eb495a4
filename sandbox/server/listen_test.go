package server

import (
	"os"
	"path/filepath"
	"testing"
)

func TestListen(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ports", "s3")
	address := func() (string, func()) {
		t.Helper()
		l, err := Listen(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		return l.Addr().String(), func() { _ = l.Close() }
	}
	first, closeFirst := address()
	second, closeSecond := address()
	if first == second {
		t.Errorf("both listen on %s", first)
	}
	closeFirst()
	closeSecond()
	third, closeThird := address()
	closeThird()
	if third != second { // the port stored last
		t.Errorf("after a restart %s, was %s", third, second)
	}
	if err := os.WriteFile(file, []byte("no port"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, closeFourth := address()
	closeFourth()
}
