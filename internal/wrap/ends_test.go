package wrap_test

import (
	"testing"
	"time"

	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/wrap"
)

// TestEndsOfKeysAreKnownAhead: to the day; a key without an end, and a file that cannot be read, have
// none.
func TestEndsOfKeysAreKnownAhead(t *testing.T) {
	t.Parallel()
	now := time.Now()
	soon, never := newPair(t, 20*24*time.Hour), newPair(t, 0)
	c := wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{soon.public, never.public, "none.asc"}}}}
	u := wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}, {OpenPGP: &wrap.Decrypt{SignedBy: []string{soon.public}}}}
	own := wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{never.public}, SignWith: secret.Ref{File: soon.private}}}}
	for _, tt := range []struct {
		place string
		ends  map[string]time.Time
	}{
		{"[0].openpgp.recipients[0]", c.Ends(now)},
		{"[1].openpgp.signed_by[0]", u.Ends(now)},
		{"[0].openpgp.sign_with", own.OwnEnds(now)},
	} {
		end := tt.ends[tt.place]
		if left := end.Sub(now); len(tt.ends) != 1 || left < 18*24*time.Hour || left > 20*24*time.Hour {
			t.Errorf("%s ends in %s: %v", tt.place, left, tt.ends)
		}
	}
	if ends := own.Ends(now); len(ends) != 0 {
		t.Errorf("our own key is told as the partner's: %v", ends)
	}
	if over := c.Ends(now.AddDate(0, 1, 0))["[0].openpgp.recipients[0]"]; !over.Equal(now.AddDate(0, 1, 0)) {
		t.Errorf("a key that has ended ends at %s", over)
	}
}
