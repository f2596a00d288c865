package sftp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnreadableLinesOfKnownHosts: those of other servers are no matter, as to OpenSSH.
func TestUnreadableLinesOfKnownHosts(t *testing.T) {
	t.Parallel()
	const (
		addr  = "sftp.acme.example:22"
		good  = "sftp.acme.example " + someKey + "\n"
		later = " ssh-mldsa65 AAAAC3NzaC1tbGRzYTY1AAAAOQ==\n"
	)
	for name, tt := range map[string]struct {
		text, want string // part of the error
		unread     int
	}{
		"none":                         {good, "", 0},
		"another host":                 {"old.example" + later + good, "", 1},
		"a hashed one":                 {"|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA=" + later + good, "", 1},
		"an authority":                 {"@cert-authority *.old.example" + later + good, "", 1},
		"a revoked one of another":     {"@revoked old.example" + later + good, "", 1},
		"a revoked one of the server":  {"@revoked *.acme.example" + later + good, "line 1 revokes a key", 0},
		"the server's, beside another": {"sftp.acme.example" + later + good, "", 1},
		"the only one of the server":   {"old.example " + someKey + "\nsftp.acme.example" + later, "line 2, which is about", 0},
		"nonsense":                     {"nonsense\n@what old.example " + someKey + "\n" + good, "", 2},
	} {
		path := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		known, err := readKnownHosts(path, addr)
		switch {
		case tt.want != "":
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error = %v, want %q", name, err, tt.want)
			}
		case err != nil || len(known.unread) != tt.unread || len(known.HostKeys(addr)) == 0:
			t.Errorf("%s: %+v, %v", name, known, err)
		}
	}
}
