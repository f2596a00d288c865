package pickup_test

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/remotetest"
)

// ftpHabits are what servers do that others bear.
func ftpHabits() map[string]remotetest.FTPOptions {
	type quirks = remotetest.FTPQuirks
	all := map[string]remotetest.FTPOptions{}
	for name, q := range map[string]quirks{
		"success by other codes":   {Says: map[string]string{"CWD": "200 Done", "DELE": "200 Done", "MKD": "250 Done", "RNFR": "250 Go on", "RNTO": "200 Done"}},
		"success in many lines":    {Says: map[string]string{"CWD": "250-Welcome\n250-250 is not the end\n 250 nor this\n250 Entered", "RNTO": "250-Moved\n250 Done"}},
		"125 in place of 150":      {Begins: "125 Transfer starting"},
		"150 twice":                {Begins: "150 Opening\n150 Here it comes"},
		"150 in many lines":        {Begins: "150-Accepted\n150-226 is not said yet\n150 Connecting"},
		"150 is not said":          {Begins: "-"},
		"226 before the data":      {EndsFirst: true},
		"226 before, and no 150":   {EndsFirst: true, Begins: "-"},
		"data stays open":          {KeepsData: true},
		"EPSV with other signs":    {EPSVForm: "229 Extended (!!!%d!)"},
		"EPSV without parentheses": {EPSVForm: "229 Extended |||%d|"},
		"EPSV in many lines":       {EPSVForm: "229-Extended\n229 Entering (|||%d|)"},
		"hung up and 226 in many":  {HangsUp: true, Begins: "150-a\n150 b"},
		"facts on one line":        {Says: map[string]string{"MLST": "250 %s"}},
		"facts without a blank":    {Says: map[string]string{"MLST": "250-Here\n%s\n250 End"}},
		"facts, then more":         {Says: map[string]string{"MLST": "250-Here\n %s\n\n250-quota 3%%\n250 End"}},
	} {
		all[name] = remotetest.FTPOptions{Quirks: q}
	}
	line := func(format string) func(fs.FileInfo) string {
		return func(info fs.FileInfo) string {
			kind, months := "-rw-r--r--", map[string]string{"fr": "févr.", "de": "Mär", "dm": "12 Jan"}
			if info.IsDir() {
				kind = "drwxr-xr-x"
			}
			return strings.NewReplacer("KIND", kind, "K", kind[:1], "SIZE", strconv.FormatInt(info.Size(), 10), "NAME", info.Name(),
				"FR", months["fr"], "DE", months["de"]).Replace(format)
		}
	}
	for name, format := range map[string]string{
		"ls with SELinux":        "KIND. 1 ftp ftp SIZE Jan 12  2026 NAME",
		"ls without a group":     "KIND 1 ftp SIZE Jan 12  2026 NAME",
		"ls with the day first":  "KIND 1 ftp ftp SIZE 12 Jan  2026 NAME",
		"ls in the ISO way":      "KIND 1 ftp ftp SIZE 2026-01-12 10:00 NAME",
		"ls in the long ISO way": "KIND 1 ftp ftp SIZE 2026-01-12 10:00:00.000000000 +0100 NAME",
		"ls in French":           "KIND 1 ftp ftp SIZE 12 FR 10:00 NAME",
		"ls in German":           "KIND 1 ftp ftp SIZE DE 12 10:00 NAME",
		"ls with numbers":        "KIND    1 0        0            SIZE Jan 12 10:00 NAME",
		"NetWare":                "K [RWCEAFMS] acme SIZE Jan 12 10:00 NAME",
	} {
		all[name] = remotetest.FTPOptions{NoMLST: true, Quirks: quirks{Line: line(format)}}
		all[name+", no SIZE"] = remotetest.FTPOptions{NoMLST: true, Quirks: quirks{Line: line(format)}, Script: map[string]remotetest.FTPScript{"SIZE": {Answer: "502 What?"}, "MDTM": {Answer: "502 What?"}}}
	}
	for name, script := range map[string]map[string]remotetest.FTPScript{
		"120 before the greeting":   {"CONNECT": {Answer: "120 Ready in a moment\n220 Ready"}},
		"a greeting of many lines":  {"CONNECT": {Answer: "220-Hello\n\n220-530 is not meant\n   421 nor this\n220 Ready"}},
		"features without blanks":   {"FEAT": {Answer: "211-Features\nMLST type*;size*;modify*;\nSIZE\nMDTM\nEPSV\n211 End"}},
		"features in small letters": {"FEAT": {Answer: "211-features\n mlst type*;size*;modify*;\n size\n mdtm\n211 end"}},
		"no features, on one line":  {"FEAT": {Answer: "211 No features"}},
		"PWD is refused":            {"PWD": {Answer: "550 Permission denied"}},
		"PWD of another system":     {"PWD": {Answer: "257 \"C:\\in\" is current"}},
		"MDTM is refused":           {"MDTM": {Answer: "550 No"}},
		"MDTM of the year 19126":    {"MDTM": {Answer: "213 191260112100000"}},
		"MDTM with a fraction":      {"MDTM": {Answer: "213 20260112100000.123"}},
		"a long farewell":           {"RETR": {After: "226-Quota: 3 of 100\n226-200 files left\n226 Done"}, "STOR": {After: "226-Quota: 3 of 100\n226 Done"}},
		"the end by 225":            {"RETR": {After: "225 Open"}, "STOR": {After: "225 Open"}},
		"timed out right after":     {"RETR": {After: "226 Done\n421 Timeout", EndAfter: false}},
	} {
		noMLST := strings.HasPrefix(name, "MDTM")
		all[name] = remotetest.FTPOptions{NoMLST: noMLST, Script: script}
	}
	return all
}

// TestHabitsOfFTPServers: each file is taken whole, once, and put away.
func TestHabitsOfFTPServers(t *testing.T) {
	t.Parallel()
	for name, o := range ftpHabits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fromFTP(t, o, 20*time.Second)
			s.plant("users.csv", "one")
			s.age("users.csv", time.Now().Add(-time.Hour))
			taken := s.take()
			if got, err := os.ReadFile(taken.Path); err != nil || string(got) != "one" {
				t.Errorf("taken %q, %v", got, err)
			}
			s.settle(taken, pickup.Processed)
			s.want(map[string]string{"processed/users.csv": "one"})
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}
