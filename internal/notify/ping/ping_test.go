package ping

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/notify/notifytest"
)

// TestSilentServerIsLeftInTime talks to a server that takes connections and never answers.
func TestSilentServerIsLeftInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}}
		defer transport.CloseIdleConnections()
		p := open(Config{URL: "http://127.0.0.1/T0KEN"}, &http.Client{Transport: transport})
		n, log := notifytest.New(t, nil, notify.Target{Place: "notify[0].ping", Follows: true, Channel: p})
		begun := time.Now()
		err := n.Send(t.Context(), notifytest.Failure())
		if err == nil || !strings.Contains(err.Error(), "send notify[0].ping: ") {
			t.Errorf("got %v", err)
		}
		if err != nil && strings.Contains(err.Error()+log.String(), "T0KEN") {
			t.Errorf("the address is told: %v %s", err, log)
		}
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestPingFollowsEveryRun(t *testing.T) {
	t.Parallel()
	for kind, want := range map[notify.Kind]string{
		notify.Started: "GET /key/acme-users/start?a=1", notify.Done: "GET /key/acme-users?a=1", notify.Nothing: "GET /key/acme-users?a=1",
		notify.Held: "GET /key/acme-users/fail?a=1", notify.Rejections: "GET /key/acme-users?a=1", notify.Canceled: "GET /key/acme-users?a=1",
		notify.Failed: "GET /key/acme-users/fail?a=1", notify.Missing: "GET /key/acme-users/fail?a=1",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var asked []string
			server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.RequestURI())
			}))
			t.Cleanup(server.Close)
			p := open(Config{URL: server.URL + "/key/{flow}?a=1"}, server.Client())
			n, _ := notifytest.New(t, nil, notify.Target{Follows: true, Channel: p})
			for range 2 { // not once per cause
				if err := n.Send(t.Context(), notify.Event{Kind: kind, Flow: "acme/users"}); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(asked, []string{want, want}) {
				t.Errorf("asked %v, want %q twice", asked, want)
			}
		})
	}
}
