package cache

import (
	"errors"
	"strings"
	"testing"
)

var key = Key{Keyspace: Keyspace{Name: "draft", Kind: "document", MaxText: 5}, Digest: "d1"}

// The keys and the encoding are shared by servers of different versions.
func TestStoredFormat(t *testing.T) {
	for got, want := range map[string]string{
		key.Entry(): "ai:draft:d1", key.Failure(): "ai:failed:draft:d1", key.Lease(): "ai:lease:draft:d1",
	} {
		if got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	}
	e := NewEntry(key, "Yes.", "m", -1)
	if got, want := e.Encode(), `{"v":1,"k":"document","t":"Yes.","m":"m","n":0}`; got != want {
		t.Errorf("entry %s, want %s", got, want)
	}
	if Digest("a", "b") == Digest("ab", "") {
		t.Error("different fields have the same digest")
	}
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		raw   string
		check func(string) error
		ok    bool
	}{
		"valid":           {`{"v":1,"k":"document","t":"Yes.","m":"m","n":3}`, nil, true},
		"passes check":    {`{"v":1,"k":"document","t":"Yes.","m":"m","n":3}`, func(string) error { return nil }, true},
		"fails check":     {`{"v":1,"k":"document","t":"Yes.","m":"m","n":3}`, func(string) error { return errors.New("no") }, false},
		"characters":      {`{"v":1,"k":"document","t":"ööööö","m":"m","n":3}`, nil, true},
		"too long":        {`{"v":1,"k":"document","t":"öööööö","m":"m","n":3}`, nil, false},
		"blank":           {`{"v":1,"k":"document","t":" \n","m":"m","n":3}`, nil, false},
		"other kind":      {`{"v":1,"k":"chat","t":"Yes.","m":"m","n":3}`, nil, false},
		"other version":   {`{"v":2,"k":"document","t":"Yes.","m":"m","n":3}`, nil, false},
		"negative tokens": {`{"v":1,"k":"document","t":"Yes.","m":"m","n":-3}`, nil, false},
		"long model":      {`{"v":1,"k":"document","t":"Yes.","m":"` + strings.Repeat("m", MaxModel+1) + `","n":3}`, nil, false},
		"not JSON":        {`{`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, ok := Decode([]byte(c.raw), key, c.check); ok != c.ok {
				t.Errorf("ok %v, want %v", ok, c.ok)
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	for b.Loop() {
		Digest("chat", "model", "1-0f1e2d3c4b5a69788796a5b4", "", strings.Repeat("How long does it bind the parties? ", 4), "", "", "", "en", "")
	}
}
