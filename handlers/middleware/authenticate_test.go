package middleware

import (
	"net/http"
	"testing"
)

func TestBearerToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		want    string
	}{
		"none":                {nil, ""},
		"a token":             {[]string{"Bearer a"}, "a"},
		"in any case":         {[]string{"bearer a"}, "a"},
		"another scheme":      {[]string{"Basic a"}, ""},
		"a token alone":       {[]string{"a"}, ""},
		"two headers":         {[]string{"Bearer a", "Bearer b"}, ""},
		"two of another kind": {[]string{"Basic a", "Bearer b"}, ""},
	} {
		if got := bearerToken(&http.Request{Header: http.Header{"Authorization": test.headers}}); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
