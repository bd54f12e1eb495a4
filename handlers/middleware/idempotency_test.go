package middleware

import "testing"

// TestKeyAfterAnswer checks which answers are stored for a retry.
func TestKeyAfterAnswer(t *testing.T) {
	for _, c := range []struct {
		status         int
		effect, invite bool
	}{
		{status: 103, invite: true},
		{status: 200},
		{status: 201},
		{status: 202},
		{status: 204},
		{status: 409, invite: true},
		{status: 429, invite: true},
		{status: 500, effect: true},
		{status: 502, effect: true},
		{status: 503, effect: true},
		{status: 504, effect: true},
	} {
		if effect, invite := mayHaveHadEffect(c.status), invitesRetry(c.status); effect != c.effect || invite != c.invite {
			t.Errorf("%d: may have had an effect: %v, asks for a retry: %v", c.status, effect, invite)
		}
	}
}
