package ftp_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

// TestCommandsGoAheadWhereThatIsKnown: a server that is known to bear it gets EPSV together with the
// question whether the name is free, others get it when the answer has come.
func TestCommandsGoAheadWhereThatIsKnown(t *testing.T) {
	t.Parallel()
	for greeting, want := range map[string]bool{"220 (vsFTPd 3.0.3)": true, "220---------- Welcome to Pure-FTPd [TLS] ----------\n220 Go": true, "220 Microsoft FTP Service": false} {
		server, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{"CONNECT": {Answer: greeting}}})
		if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, c)
		if err := s.Upload(t.Context(), "a.csv", strings.NewReader("abc"), 3); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("%s: upload = %v, want fs.ErrExist", greeting, err)
		}
		if e, err := s.Stat(t.Context(), "a.csv"); err != nil || e.Size != 3 {
			t.Errorf("%s: the answer in vain is taken for that of the next command: %+v, %v", greeting, e, err)
		}
		if sent := slices.Contains(server.Commands(), "EPSV"); sent != want {
			t.Errorf("%s: EPSV ahead: %t, want %t", greeting, sent, want)
		}
	}
}

// TestRenamedAwayWithoutAListing: a server that has stated the size of a file and refuses to after
// it was renamed need not list the folder for it.
func TestRenamedAwayWithoutAListing(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]remotetest.FTPOptions{"SIZE": {NoMLST: true}, "MLST": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c, _ := scripted(t, ftp.Plain, o)
			s := open(t, c)
			if err := s.Upload(t.Context(), "a.part", strings.NewReader("abc"), 3); err != nil {
				t.Fatal(err)
			}
			if err := s.Rename(t.Context(), "a.part", "a.csv"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Stat(t.Context(), "a.part"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat of the old name = %v, want fs.ErrNotExist", err)
			}
			if e, err := s.Stat(t.Context(), "a.csv"); err != nil || e.Size != 3 {
				t.Errorf("stat of the new name = %+v, %v", e, err)
			}
			if sent := server.Commands(); slices.Contains(sent, "LIST") || slices.Contains(sent, "MLSD") {
				t.Errorf("the folder was listed: %q", sent)
			}
		})
	}
}
