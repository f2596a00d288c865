package sftp

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// TestAnswersThatTakeLong: a server that scans a file when it is closed, or copies it when it is renamed,
// has more time for these answers than for others.
func TestAnswersThatTakeLong(t *testing.T) {
	t.Parallel()
	const idle, long = 200 * time.Millisecond, time.Second
	for name, tt := range map[string]struct {
		patience time.Duration
		want     error
	}{"by default": {time.Minute, nil}, "with an idle_timeout": {idle, remote.ErrUnanswered}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := remotetest.ScriptedSFTP(t, remotetest.SFTPScript{ClosesLate: long, RenamesLong: long})
			host, port, err := net.SplitHostPort(server.Addr)
			if err != nil {
				t.Fatal(err)
			}
			number, err := strconv.Atoi(port)
			if err != nil {
				t.Fatal(err)
			}
			password := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(password, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := New(Config{Host: host, Port: number, User: "acme", Password: secret.Ref{File: password}, HostKeys: []string{server.Print}, Dir: t.TempDir(), IdleTimeout: idle})
			r.patience = tt.patience
			s, err := r.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			err = s.Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3)
			if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), "set idle_timeout") {
				t.Errorf("upload: %v, want %v", err, tt.want)
			}
			if tt.want != nil {
				return
			}
			if err := s.Rename(t.Context(), "a.csv", "b.csv"); err != nil {
				t.Error(err)
			}
			if _, err := s.Stat(t.Context(), "b.csv"); err != nil {
				t.Error(err)
			}
		})
	}
}
