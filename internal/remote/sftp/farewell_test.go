package sftp_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
)

// TestDisconnectedAtChannelOpen: by then the login has succeeded, so that it may be tried again,
// whatever the reason.
func TestDisconnectedAtChannelOpen(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{CutsChannels: 1})
	r := sftp.New(c)
	if _, err := r.Open(t.Context()); !errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrLoginCut) {
		t.Errorf("error = %v, want ErrTemporary alone", err)
	}
	s, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close() // nothing was written
}

// TestFarewellAtChannelOpen: for whatever reason a server turns us away after the login, it passes,
// and what the server says is quoted.
func TestFarewellAtChannelOpen(t *testing.T) {
	t.Parallel()
	for reason, words := range map[uint32]string{
		2: "Too many sessions for acme", 7: "Service not available", 11: "Server is being shut down", 12: "Too many connections", 10: "",
	} {
		c, _ := scripted(t, remotetest.SFTPScript{CutsChannels: 1, Farewell: reason, FarewellSays: words})
		_, err := sftp.New(c).Open(t.Context())
		if !errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrLoginCut) || errors.Is(err, remote.ErrAuth) {
			t.Errorf("%d: error = %v, want ErrTemporary alone", reason, err)
		}
		if want := cmp.Or(words, "reason 10"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: error = %v, want %q in it", reason, err, want)
		}
	}
}

// TestSlowKeyExchange: a server that is merely slow is waited for.
func TestSlowKeyExchange(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	proxy := remotetest.NewProxy(t, server.Addr())
	proxy.Break(remotetest.Fault{Delay: 100 * time.Millisecond})
	if _, err := open(t, at(t, c, proxy.Addr())).List(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

// TestKeyExchangeThatStops ends at the connect timeout, wherever it stops.
func TestKeyExchangeThatStops(t *testing.T) {
	t.Parallel()
	server, c, _ := sandbox(t, partner.Quirks{})
	for _, after := range []int64{10, 300, 1200} {
		proxy := remotetest.NewProxy(t, server.Addr())
		proxy.Break(remotetest.Fault{HoldDown: after})
		c.ConnectTimeout = 300 * time.Millisecond
		if _, err := sftp.New(at(t, c, proxy.Addr())).Open(t.Context()); !errors.Is(err, remote.ErrTemporary) && !errors.Is(err, remote.ErrLoginCut) {
			t.Errorf("after %d bytes: error = %v", after, err)
		}
	}
}

// TestTheServerSaysThePasswordBack: no error repeats it.
func TestTheServerSaysThePasswordBack(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{Says: "no such account: " + password})
	s := open(t, c)
	err := s.Upload(t.Context(), "a.csv", strings.NewReader("a"), 1)
	if err == nil || strings.Contains(err.Error(), password) || !strings.Contains(err.Error(), "no such account") {
		t.Errorf("error = %v", err)
	}
}
