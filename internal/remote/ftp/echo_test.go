package ftp_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// TestTheServerSaysThePasswordBack: no error and no peer repeats it, whatever command it answers.
func TestTheServerSaysThePasswordBack(t *testing.T) {
	t.Parallel()
	const said = "550 acme logged in with canary-77e1"
	for _, verb := range []string{"CONNECT", "USER", "PASS", "FEAT", "TYPE", "CWD", "SIZE", "EPSV", "STOR", "MLSD", "MLST", "RNFR", "DELE", "MKD"} {
		_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{verb: {Answer: said}}})
		s, err := ftp.New(c).Open(t.Context())
		if err != nil {
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v", verb, err)
			}
			continue
		}
		if strings.Contains(s.Peer().Banner, "canary") {
			t.Errorf("%s: banner %q", verb, s.Peer().Banner)
		}
		for what, op := range operations() {
			if err := op(t.Context(), s); err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %s: %v", verb, what, err)
			}
		}
		_ = s.Close() // how it ends is no matter
	}
}
