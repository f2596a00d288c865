package loopback_test

import (
	"testing"

	"lucca-exchange/internal/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.8.9.1": true,
		"::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "[": false, "[]": false,
		"localhost.example.org": false, "127.0.0.1.nip.io": false, "127.1": false, "2130706433": false,
		"127.0.0.1:80": false, "localhost:80": false, "acme.ilucca.net": false,
	} {
		if got := loopback.Is(host); got != want {
			t.Errorf("%q: got %t, want %t", host, got, want)
		}
	}
}
