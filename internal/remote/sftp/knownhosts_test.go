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
		"of SSH 1":                     {"old.example 1024 35 1234567890\n" + good, "", 1},
		"line ends of Windows":         {"old.example ssh-rsa AAAA\r\n" + strings.TrimSpace(good) + "\r\n", "", 1},
		"a mark of the byte order":     {"\ufeffold.example" + later + good, "", 1},
		"a very long line":             {"old.example ssh-rsa " + strings.Repeat("A", 100_000) + "\n" + good, "", 1},
		"a long list of hosts":         {strings.Repeat("host.example,", 10_000) + "old.example " + someKey + "\n" + good, "", 1},
		"blanks before it":             {"  \told.example" + later + "\t" + good, "", 1},
		"a comment in Latin-1":         {"old.example ssh-rsa AAAA d\xe9p\xf4t\n# cl\xe9s\n" + good, "", 1},
		"any host":                     {"*" + later + good, "", 1},
		"all but this":                 {"*,!sftp.acme.example" + later + good, "", 1},
		"the only one by a pattern":    {"*.acme.example" + later + "old.example " + someKey + "\n", "line 1, which is about", 0},
		"the host on another port":     {"[sftp.acme.example]:22022" + later + good, "", 1},
		"a port of its own":            {"sftp.acme.example" + later + "[sftp.acme.example]:2222 " + someKey + "\n", "", 1},
		"nonsense":                     {"nonsense\n@what old.example " + someKey + "\n" + good, "", 2},
	} {
		addr := addr
		if strings.Contains(tt.text, "]:2222 ") {
			addr = "sftp.acme.example:2222"
		}
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
