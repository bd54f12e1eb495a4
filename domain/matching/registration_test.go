package matching

import (
	"slices"
	"testing"
)

func TestRegistration(t *testing.T) {
	for _, tt := range []struct {
		a, b Registration
		same bool
	}{
		{Registration{"HRB 12345", ""}, Registration{"hrb-12345", ""}, true},
		{Registration{"HRB 12345", "DE"}, Registration{"HRB 12345", ""}, true},
		{Registration{"HRB 12345", "DE"}, Registration{"HRB 12345", "AT"}, false},
		{Registration{"DE 811 569 869", ""}, Registration{"811569869", "DE"}, true},
		{Registration{"DE811569869", "de"}, Registration{"811569869", "DE"}, true},
		{Registration{"00445790", "GB"}, Registration{"445790", "GB"}, true},
		{Registration{"ＨＲＢ １２", ""}, Registration{"HRB 12", ""}, true},
		{Registration{"HRB 12345", ""}, Registration{"HRB 12346", ""}, false},
		{Registration{"HRA 12345", ""}, Registration{"HRB 12345", ""}, false},
		{Registration{"--", ""}, Registration{"--", ""}, false},
		{Registration{"0000", ""}, Registration{"0000", ""}, true},
	} {
		if got := tt.a.Same(tt.b); got != tt.same || tt.b.Same(tt.a) != tt.same {
			t.Errorf("%v, %v: %v", tt.a, tt.b, got)
		}
		if tt.same && !slices.ContainsFunc(tt.a.Keys(), func(k string) bool { return slices.Contains(tt.b.Keys(), k) }) {
			t.Errorf("%v, %v: no common key", tt.a, tt.b)
		}
	}
}
