package ftp_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

func TestListings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, verb, data string
		want             string // names, folders with a slash; "error" is a refusal of the whole
		unusable         int
	}{
		{"ls -l", "LIST", "total 8\r\n" +
			"drwxr-xr-x    2 1000     1000         4096 Nov 22 13:29 archive\r\n" +
			"-rw-r--r--    1 1000     1000           12 Nov 22 13:29 users 2026.csv\r\n" +
			"lrwxrwxrwx    1 1000     1000           12 Jan 05  2025 latest.csv -> /etc/passwd\r\n",
			"archive/ latest.csv/ users 2026.csv", 0},
		{"in French, with an ACL", "LIST", "total 8\n-rw-r--r--+   1 a  b  12 Nov 22 13:29 users.csv\n", "users.csv", 0},
		{"devices", "LIST", "brw-r--r-- 1 a a 8, 1 Nov 22 13:29 disk\r\nprw-r--r-- 1 a a 0 Nov 22 13:29 pipe\r\nsrwxr-xr-x 1 a a 0 Nov 22 13:29 socket\r\n" +
			"-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\n", "pipe/ socket/ users.csv", 0},
		{"dots", "LIST", "drwxr-xr-x 2 a a 4096 Nov 22 13:29 .\r\ndrwxr-xr-x 2 a a 4096 Nov 22 13:29 ..\r\n-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\n", "users.csv", 0},
		{"hostile names", "LIST", "-rw-r--r-- 1 a a 1 Nov 22 13:29 a\nb.csv\r\n" +
			"-rw-r--r-- 1 a a 1 Nov 22 13:29 x\n-rw-r--r-- 1 a a 1 Nov 22 13:29 phantom.csv\r\n" +
			"-rw-r--r-- 1 a a 1 Nov 22 13:29 ../../etc/passwd\r\n-rw-r--r-- 1 a a 1 Nov 22 13:29 " + strings.Repeat("x", 4096) + "\r\n" +
			"-rw-r--r-- 1 a a 1 Nov 22 13:29 nul\x00.csv\r\n-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\n", "users.csv", 5},
		{"one unknown line", "LIST", "-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\nusers2.csv 12 bytes\r\n", "error", 0},
		{"a mainframe", "LIST", "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nWRKP01 3390   2026/11/22  1   15  VB    255 27998  PS  USERS.CSV\r\n", "error", 0},
		{"no year", "LIST", "-rw-r--r-- 1 a a 1 Nov 22 20 users.csv\r\n", "error", 0},
		{"line without end", "LIST", strings.Repeat("x", 70_000), "error", 0},
		{"MLSD", "MLSD", "Type=cdir;Modify=20260101000000; /in\r\ntype=pdir; ..\r\n" +
			"Type=file;Size=12;Modify=20260101000000.123; users.csv\r\ntype=OS.unix=slink:/etc/passwd;size=3; link.csv\r\ntype=dir; archive\r\n",
			"archive/ link.csv/ users.csv", 0},
		{"MLSD with hostile names", "MLSD", "type=file;size=1; ../x\r\ntype=file;size=1; a\nb\r\ntype=file;size=1; users.csv\r\n", "users.csv", 2},
		{"MLSD that is LIST", "MLSD", "-rw-r--r-- 1 a a 1 Nov 22 13:29 users.csv\r\n", "error", 0},
		{"MLSD with a bad size", "MLSD", "type=file;size=many; users.csv\r\n", "users.csv", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: tt.verb == "LIST", Script: script{tt.verb: {Data: tt.data}}})
			entries, err := open(t, c).List(t.Context(), "")
			if tt.want == "error" {
				if err == nil || errors.Is(err, remote.ErrBadName) || entries != nil {
					t.Errorf("listed %+v, %v; want an error alone", entries, err)
				}
				return
			}
			if says := fmt.Sprintf(" %d entries left out", tt.unusable); tt.unusable > 0 && (!errors.Is(err, remote.ErrBadName) || !strings.Contains(err.Error(), says)) {
				t.Errorf("error = %v, want ErrBadName for %d", err, tt.unusable)
			} else if tt.unusable == 0 && err != nil {
				t.Fatal(err)
			}
			if got := names(entries); got != tt.want {
				t.Errorf("listed %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTimesToCome: a day without a year is past, one with a year is what it says.
func TestTimesToCome(t *testing.T) {
	t.Parallel()
	soon := time.Now().UTC().AddDate(0, 0, 3)
	for form, want := range map[string]time.Time{
		"Jan _2 15:04": soon.AddDate(-1, 0, 0), "Jan _2  2006": soon,
	} {
		_, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: script{
			"LIST": {Data: "-rw-r--r-- 1 a a 1 " + soon.Format(form) + " users.csv\r\n"},
		}})
		entries, err := open(t, c).List(t.Context(), "")
		if err != nil || len(entries) != 1 || entries[0].ModTime.Sub(want).Abs() > 48*time.Hour {
			t.Errorf("%s: listed %+v, %v; want about %s", form, entries, err, want)
		}
	}
}

func names(entries []remote.Entry) string {
	var got []string
	for _, e := range entries {
		if !e.Regular {
			e.Name += "/"
		}
		got = append(got, e.Name)
	}
	slices.Sort(got)
	return strings.Join(got, " ")
}

func TestListingThatIsCut(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"LIST", "MLSD"} {
		_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: verb == "LIST", Script: script{
			verb: {After: "226-Options: -l\n226 Output truncated to 2000 matches"},
		}})
		plant(t, folder, "users.csv", "x")
		_, err := open(t, c).List(t.Context(), "")
		wantError(t, err, errPermanent)
		_, err = open(t, c).Stat(t.Context(), "none.csv")
		wantError(t, err, errPermanent)
	}
	for _, noMLSD := range []bool{false, true} {
		server := remotetest.PureFTPD(t, "-L", "5:1")
		dir, folder := server.Folder(t, "inbox")
		c := reach(t, server, ftp.Explicit)
		c.Dir, c.DisableMLSD = dir, noMLSD
		for i := range 10 {
			plant(t, folder, fmt.Sprintf("users-%d.csv", i), "x")
		}
		_, err := open(t, c).List(t.Context(), "")
		wantError(t, err, errPermanent)
	}
}

func TestEmptyListing(t *testing.T) {
	t.Parallel()
	empty := remotetest.FTPScript{Data: "\r\n"}
	for name, tt := range map[string]struct {
		script script
		want   string
	}{
		"NLST names a file":     {script{"MLSD": empty}, "error"},
		"a file came between":   {script{"MLSD": {Data: "\r\n", Times: 1}}, "users.csv"},
		"NLST is not known":     {script{"MLSD": empty, "NLST": {Answer: "502 What?"}}, ""},
		"NLST finds nothing":    {script{"MLSD": empty, "NLST": {Answer: "450 No files found"}}, ""},
		"NLST finds no file":    {script{"MLSD": empty, "NLST": {Answer: "550 No files found"}}, ""},
		"NLST names the folder": {script{"MLSD": empty, "NLST": {Data: ".\r\n..\r\n"}}, ""},
		"NLST is cut off":       {script{"MLSD": empty, "NLST": {Answer: "421 Closing"}}, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: tt.script})
			plant(t, folder, "users.csv", "x")
			entries, err := open(t, c).List(t.Context(), "")
			if tt.want == "error" != (err != nil) || tt.want != "error" && names(entries) != tt.want {
				t.Errorf("listed %q, %v; want %q", names(entries), err, tt.want)
			}
		})
	}
}

// TestNothingIsSentForAnEmptyFolder: the answer says that all went well, and no data connection is
// ever taken. It does not take an idle timeout to find out.
func TestNothingIsSentForAnEmptyFolder(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]ftp.Mode{"plain": ftp.Plain, "explicit": ftp.Explicit, "implicit": ftp.Implicit} {
		for _, answer := range []string{"226 Transfer complete", "250 No files", "200 Nothing"} {
			t.Run(name+" "+answer[:3], func(t *testing.T) {
				t.Parallel()
				_, c, _ := scripted(t, mode, remotetest.FTPOptions{Script: script{"MLSD": {Answer: answer}, "NLST": {Answer: answer}}})
				c.IdleTimeout = time.Hour
				entries, err := open(t, c).List(t.Context(), "")
				if err != nil || len(entries) > 0 {
					t.Errorf("listed %q, %v", names(entries), err)
				}
			})
		}
	}
}

// TestListingThatIsLeftOpen: the server has said that it has sent it all, and does not end the
// connection. It does not take an idle timeout to find out.
func TestListingThatIsLeftOpen(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]ftp.Mode{"plain": ftp.Plain, "explicit": ftp.Explicit} {
		for what, noMLST := range map[string]bool{"MLSD": false, "LIST": true} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				_, c, folder := scripted(t, mode, remotetest.FTPOptions{NoMLST: noMLST, Quirks: remotetest.FTPQuirks{KeepsListing: true}})
				c.IdleTimeout = 8 * time.Second
				plant(t, folder, "a.csv", "abc")
				s := open(t, c)
				for range 2 {
					if entries, err := s.List(t.Context(), ""); err != nil || len(entries) != 1 {
						t.Errorf("listed %q, %v", names(entries), err)
					}
				}
			})
		}
	}
}

// TestMLSDThatIsOfferedAndFails: LIST is there too.
func TestMLSDThatIsOfferedAndFails(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"500 What?", "502 What?", "504 What?"} {
		server, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: script{"MLSD": {Answer: answer}}})
		plant(t, folder, "users.csv", "x")
		s := open(t, c)
		for range 2 {
			if entries, err := s.List(t.Context(), ""); err != nil || names(entries) != "users.csv" {
				t.Errorf("listed %q, %v", names(entries), err)
			}
		}
		if n := strings.Count(strings.Join(server.Commands(), " "), "MLSD"); n != 1 {
			t.Errorf("MLSD was tried %d times", n)
		}
	}
}

// TestListingsOfOtherSystems: what no parser knows is asked for name by name, and a file is found.
func TestListingsOfOtherSystems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, list string }{
		"OS/2": {"users.csv", "                 0           DIR   11-28-26  08:31  archive\r\n" +
			"                 3      A          11-28-26  15:07  users.csv\r\n"},
		"VMS":                {"USERS.CSV;3", "\r\nDirectory DISK$USER:[IN]\r\n\r\nUSERS.CSV;3            1/9    28-NOV-2026 09:07:31  [ACME]  (RWED,RWED,RE,)\r\n\r\nTotal of 1 file, 1/9 blocks\r\n"},
		"VMS, on two lines":  {"A_LONG_NAME_OF_USERS.CSV;1", "Directory DKA0:[IN]\r\n\r\nA_LONG_NAME_OF_USERS.CSV;1\r\n                        1/9    28-NOV-2026 09:07 [ACME] (RWED,RWED,RE,)\r\n"},
		"z/OS, data sets":    {"ACME.USERS", "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nWRKP01 3390   2026/11/28  1   15  VB    255 27998  PS  ACME.USERS\r\n"},
		"z/OS, not mounted":  {"ACME.USERS", "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nMigrated                                                ACME.USERS\r\n"},
		"z/OS, members":      {"USERS", " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\nUSERS     01.03 2026/11/28 2026/11/28 15:07     3     3     0 ACME\r\n"},
		"HP NonStop":         {"USERS", "File         Code             EOF  Last Modification    Owner  RWEP\r\nUSERS         101               3  28-Nov-26 15:07:55   1, 1   \"nunu\"\r\n"},
		"Stratus VOS":        {"users.csv", "Files: 1  Blocks: 1\r\n\r\n w      1  seq   26-11-28 15:07:55  users.csv\r\n"},
		"MacOS, of old":      {"users.csv", "-------r--         0  3  3 Nov 28  2026 users.csv\r\n"},
		"names and no more":  {"users.csv", "users.csv\r\n"},
		"with a blank below": {"users 1.csv", "users 1.csv   3 bytes\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: script{"LIST": {Data: tt.list}}})
			plant(t, folder, tt.file, "one")
			entries, err := open(t, c).List(t.Context(), "")
			if i := slices.IndexFunc(entries, func(e remote.Entry) bool { return e.Name == tt.file && e.Regular && e.Size == 3 }); err != nil || i < 0 {
				t.Errorf("listed %+v, %v", entries, err)
			}
		})
	}
}

// TestForeignDataAddress: a server, or whoever speaks for it, cannot make us connect to a
// third machine.
func TestForeignDataAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"10,0,0,1", "192,0,2,7", "0,0,0,0", "127,0,0,9"} {
		_, c, folder := scripted(t, ftp.Plain, remotetest.FTPOptions{PASV: address})
		c.DisableEPSV = true
		plant(t, folder, "users.csv", "x")
		if entries, err := open(t, c).List(t.Context(), ""); err != nil || names(entries) != "users.csv" {
			t.Errorf("%s: listed %q, %v", address, names(entries), err)
		}
	}
}

func TestPASVWhereEPSVIsNotKnown(t *testing.T) {
	t.Parallel()
	server, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{"EPSV": {Answer: "500 What?"}}})
	plant(t, folder, "users.csv", "x")
	s := open(t, c)
	for range 2 {
		if _, err := s.List(t.Context(), ""); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(strings.Join(server.Commands(), " "), "EPSV"); n != 1 {
		t.Errorf("EPSV was tried %d times", n)
	}
}

// TestSpecialFiles: what is no file is never read.
func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	for name, start := range realServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t)
			dir, folder := server.Folder(t, "inbox")
			c.Dir = dir
			plant(t, folder, "users.csv", "x")
			if err := errors.Join(
				syscall.Mkfifo(filepath.Join(folder, "pipe.csv"), 0o644),
				os.Symlink("/etc/passwd", filepath.Join(folder, "link.csv")),
				os.Mkdir(filepath.Join(folder, "folder.csv"), 0o755),
			); err != nil {
				t.Fatal(err)
			}
			s := open(t, c)
			entries, err := s.List(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				// ProFTPD's MLSD calls a pipe a file.
				if e.Regular && e.Name != "users.csv" && (e.Name != "pipe.csv" || !strings.HasPrefix(name, "ProFTPD")) {
					t.Errorf("listed as a file: %+v", e)
				}
			}
			for _, special := range []string{"pipe.csv", "link.csv", "folder.csv"} {
				var got strings.Builder
				if _, err := open(t, c).Download(t.Context(), special, &got); err == nil || got.Len() > 0 {
					t.Errorf("%s downloads as %d bytes, %v", special, got.Len(), err)
				}
			}
		})
	}
}

// TestPASVWhereThePortOfEPSVIsBlocked: the session is lost, but not the next one.
func TestPASVWhereThePortOfEPSVIsBlocked(t *testing.T) {
	t.Parallel()
	server, c, _ := scripted(t, ftp.Plain, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{
		"EPSV": {Answer: "229 Entering Extended Passive Mode (|||1|)"},
	}})
	r := ftp.New(c)
	for _, want := range []error{remote.ErrTemporary, nil} {
		s, err := r.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(t.Context(), ""); !errors.Is(err, want) {
			t.Errorf("list: %v, want %v", err, want)
		}
		_ = s.Close()
	}
	if !slices.Contains(server.Commands(), "PASV") {
		t.Errorf("the server was asked %q", server.Commands())
	}
}
