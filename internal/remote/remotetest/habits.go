package remotetest

import (
	"io/fs"
	"strconv"
	"strings"
)

// HabitsOfSFTP are SFTP servers, by what they do that other clients bear: a file is delivered to each
// of them and picked up from each.
func HabitsOfSFTP() map[string]SFTPScript {
	all := map[string]SFTPScript{}
	for name, h := range map[string]SFTPHabits{
		"it speaks version 6":             {Version: 6},
		"it speaks version 2":             {Version: 2},
		"it offers posix-rename, refused": {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 8},
		"the same, without a reason":      {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 4},
		"the same, for want of a right":   {Extensions: []string{"posix-rename@openssh.com"}, RefusesBy: 3},
		"it offers statvfs and limits":    {Extensions: []string{"statvfs@openssh.com", "limits@openssh.com"}, RefusesBy: 8},
		"handles are binary and long":     {Handle: "\x00\xff" + strings.Repeat("\x01", 200)},
		"a status has no text":            {BareStatus: true},
		"attributes of a vendor":          {Extended: true},
		"names with ./":                   {NamePrefix: "./"},
		"names with a path":               {NamePrefix: "/some/where/"},
		"a listing of one at a time":      {EntriesAtOnce: 1},
		"each name is listed twice":       {NamesTwice: true},
		"a listing of bare names":         {BareNames: true},
		"short reads":                     {ShortReads: 1},
		"LSTAT is not known":              {NoLstat: true},
		"LSTAT and STAT are not known":    {NoStat: true},
		"no folder may be made":           {MkdirDenied: true},
		"renames replace":                 {RenamesOver: true},
		"the session ends with each file": {EndsWithEachFile: true},
		"one handle at a time":            {OneHandle: true},
		"files are locked when opened":    {Locked: SFTPOpen, LockedWhen: 7},
		"files are locked when moved":     {Locked: SFTPRename, LockedWhen: 7},
	} {
		all[name] = SFTPScript{SFTPHabits: h}
	}
	return all
}

// HabitsOfFTP are FTP servers, by what they do that other clients bear: a file is delivered to each of
// them, but for those that say nothing before they take one, and picked up from each.
func HabitsOfFTP() map[string]FTPOptions {
	all := make(map[string]FTPOptions)
	for name, q := range ftpAnswers() {
		all[name] = FTPOptions{Quirks: q}
	}
	for name, format := range ftpListings() {
		q := FTPQuirks{Line: listed(format)}
		all[name] = FTPOptions{NoMLST: true, Quirks: q}
		all[name+", no SIZE"] = FTPOptions{NoMLST: true, Quirks: q, Script: map[string]FTPScript{"SIZE": {Answer: "502 What?"}, "MDTM": {Answer: "502 What?"}}}
	}
	for name, script := range ftpScripts() {
		all[name] = FTPOptions{NoMLST: strings.HasPrefix(name, "MDTM"), Script: script}
	}
	return all
}

// ftpAnswers are the ways to answer and to transfer.
func ftpAnswers() map[string]FTPQuirks {
	return map[string]FTPQuirks{
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
	}
}

// ftpListings are the ways to list a file, where KIND, SIZE, NAME and a month stand for its own.
func ftpListings() map[string]string {
	return map[string]string{
		"ls with SELinux":        "KIND. 1 ftp ftp SIZE Jan 12  2026 NAME",
		"ls without a group":     "KIND 1 ftp SIZE Jan 12  2026 NAME",
		"ls with the day first":  "KIND 1 ftp ftp SIZE 12 Jan  2026 NAME",
		"ls in the ISO way":      "KIND 1 ftp ftp SIZE 2026-01-12 10:00 NAME",
		"ls in the long ISO way": "KIND 1 ftp ftp SIZE 2026-01-12 10:00:00.000000000 +0100 NAME",
		"ls in French":           "KIND 1 ftp ftp SIZE 12 FR 10:00 NAME",
		"ls in German":           "KIND 1 ftp ftp SIZE DE 12 10:00 NAME",
		"ls with numbers":        "KIND    1 0        0            SIZE Jan 12 10:00 NAME",
		"NetWare":                "K [RWCEAFMS] acme SIZE Jan 12 10:00 NAME",
	}
}

// listed writes a line of a listing.
func listed(format string) func(fs.FileInfo) string {
	return func(info fs.FileInfo) string {
		kind := "-rw-r--r--"
		if info.IsDir() {
			kind = "drwxr-xr-x"
		}
		return strings.NewReplacer("KIND", kind, "K", kind[:1], "SIZE", strconv.FormatInt(info.Size(), 10), "NAME", info.Name(), "FR", "févr.", "DE", "Mär").Replace(format)
	}
}

// ftpScripts are the answers to single commands.
func ftpScripts() map[string]map[string]FTPScript {
	return map[string]map[string]FTPScript{
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
		"TYPE is not known":         {"TYPE": {Answer: "500 What?"}},
		"FEAT is not known":         {"FEAT": {Answer: "500 What?"}},
		"FEAT wants a login":        {"FEAT": {Answer: "530 Please login with USER and PASS"}},
		"FEAT is not implemented":   {"FEAT": {Answer: "502 No"}},
		"PWD is not known":          {"PWD": {Answer: "502 No"}},
		"EPSV is refused by 501":    {"EPSV": {Answer: "501 No"}},
		"EPSV is refused by 425":    {"EPSV": {Answer: "425 Cannot open passive connection"}},
		"EPSV is refused by 550":    {"EPSV": {Answer: "550 No"}},
		"MLST is offered, no more":  {"MLST": {Answer: "502 No"}},
		"MLST answers 501":          {"MLST": {Answer: "501 No"}},
		"SIZE wants TYPE I":         {"SIZE": {Answer: "550 SIZE not allowed in ASCII mode"}},
		"SIZE is refused":           {"SIZE": {Answer: "550 Permission denied"}},
		"SIZE answers by 200":       {"SIZE": {Answer: "200 What?"}},
		"OPTS is refused by 550":    {"OPTS": {Answer: "550 No"}},
		"timed out right after":     {"RETR": {After: "226 Done\n421 Timeout", EndAfter: false}},
	}
}
