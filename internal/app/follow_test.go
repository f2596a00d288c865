package app

import (
	"testing"
	"time"

	"lucca-exchange/internal/config"
)

// TestAReloadKeepsWhenCertificatesEnd: the metric of a server's certificate is there until the next
// connection too, unless the server is another one now.
func TestAReloadKeepsWhenCertificatesEnd(t *testing.T) {
	t.Parallel()
	end, later := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 2, 1, 0, 0, 0, 0, time.UTC)
	shows := func(address string, at *time.Time) config.Remote {
		return config.Remote{Address: address, Ends: func() time.Time { return *at }}
	}
	with := func(remotes map[string]config.Remote) *App { return &App{config: &config.Config{Remotes: remotes}} }
	var none, now time.Time
	old := with(map[string]config.Remote{"pdlf": shows("a:990", &end), "moved": shows("b:990", &end)})
	next := with(map[string]config.Remote{"pdlf": shows("a:990", &now), "moved": shows("c:990", &none), "new": shows("d:990", &none)})
	next.follow(old)
	ends := func(name string) time.Time { return next.config.Remotes[name].Ends() }
	if !ends("pdlf").Equal(end) || !ends("moved").IsZero() || !ends("new").IsZero() {
		t.Errorf("after a reload: %v, %v, %v", ends("pdlf"), ends("moved"), ends("new"))
	}
	now = later
	if !ends("pdlf").Equal(later) {
		t.Errorf("once it was seen again: %v", ends("pdlf"))
	}
}
