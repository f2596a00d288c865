package flow

import (
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
)

// TestWhatIsSaidOfADelivery: only what a person has to look at.
func TestWhatIsSaidOfADelivery(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]delivery.Receipt{
		"":                 {Name: "a.csv", Confirmed: true},
		"in_place":         {InPlace: true},
		"leftover":         {Leftover: "a.csv.old"},
		"server":           {Peer: remote.Peer{Warning: "the server offers only old ciphers"}},
		"certificate_ends": {Peer: remote.Peer{Warning: "the server's certificate ends on 2026-12-01"}},
	} {
		got := ""
		for _, f := range about(r) {
			got += f.Code
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
