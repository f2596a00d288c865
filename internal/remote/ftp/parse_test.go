package ftp

import (
	"testing"
	"time"

	"lucca-exchange/internal/remote"
)

// TestListingLines are lines of servers in the field, each in the form that its own clients read.
func TestListingLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	at := func(text string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct {
		text string
		want line
	}{
		{"-rw-r--r--   1 ftp      ftp          1234 Nov 28 09:07 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 ftp      ftp          1234 Dec 24 09:07 users.csv", line{"users.csv", file, 1234, at("2025-12-24 09:07")}},
		{"-rw-r--r--+  1 ftp ftp 1234 Jan  5  2025 users 2025.csv", line{"users 2025.csv", file, 1234, at("2025-01-05 00:00")}},
		{"-rw-r--r--   1 ACME\\Domain Users ACME\\Domain Admins 1234 Nov 28 09:07 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 svc ftp  Domain Users         1234 Nov 28 09:07 a  b.csv", line{"a  b.csv", file, 1234, at("2026-11-28 09:07")}},
		{"drwx------    2 1          daemon           4096 Nov 28 09:07 archive", line{"archive", folder, 4096, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 mark     2048       1234 Nov 28 09:07 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 1 mai 2048 Nov 28 09:07 users.csv", line{"users.csv", file, 2048, at("2026-11-28 09:07")}},
		{"-r--------   0 user group     65222236 Feb 24 00:39 users.csv", line{"users.csv", file, 65222236, at("2026-02-24 00:39")}},
		{"-rw-r--r--   1 ftp ftp 1234 2026-11-28 09:07 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 ftp ftp 1234 2026-11-28 09:07:31.000000000 +0100 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 ftp ftp 1234 28. Nov 09:07 users.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"-rw-r--r--   1 ftp ftp 1234 févr. 24 09:07 users.csv", line{"users.csv", file, 1234, at("2026-02-24 09:07")}},
		{"-rw-r--r--   1 ftp ftp 1234 f\xe9vr. 24 09:07 salari\xe9s.csv", line{"salari\xe9s.csv", file, 1234, at("2026-02-24 09:07")}},
		{"-rw-r--r--   1 ftp ftp 1234 24 août 2025 users.csv", line{"users.csv", file, 1234, at("2025-08-24 00:00")}},
		{"-rw-r--r--   1 ftp ftp 1234 Mär 24 09:07 users.csv", line{"users.csv", file, 1234, at("2026-03-24 09:07")}},
		{"-rw-r--r--   1 ftp ftp Nov 28 09:07 users.csv", line{"users.csv", file, -1, at("2026-11-28 09:07")}},
		{"lrwxrwxrwx   1 ftp ftp 9 Nov 28 09:07 latest.csv -> users.csv", line{"latest.csv", other, 9, at("2026-11-28 09:07")}},
		{"- [R----F--] supervisor            214059       Nov 28 09:07    users.csv", line{"   users.csv", file, 214059, at("2026-11-28 09:07")}},
		{"11-28-26  03:07PM                 1234 users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07")}},
		{"11-28-26  12:07AM                 1234 users.csv", line{"users.csv", file, 1234, at("2026-11-28 00:07")}},
		{"11-28-26  15:07                   1234 users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07")}},
		{"11-28-2026  15:07                 1234 users 1.csv", line{"users 1.csv", file, 1234, at("2026-11-28 15:07")}},
		{"2026-11-28  15:07                 1234 users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07")}},
		{"28.11.2026  15:07            1.234.567 users.csv", line{"users.csv", file, 1234567, at("2026-11-28 15:07")}},
		{"28-11-2026  15:07:31              1234 users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07")}},
		{"11-28-26  15:07       <DIR>          archive", line{"archive", folder, -1, at("2026-11-28 15:07")}},
		{"11-28-26  15:07       <JUNCTION>     elsewhere", line{"elsewhere", other, -1, at("2026-11-28 15:07")}},
		{"+i8388621.29609,m1795856820,r,s1234,\tusers.csv", line{"users.csv", file, 1234, at("2026-11-28 09:07")}},
		{"+i8388621.44468,m1795856820,/,\tarchive", line{"archive", folder, -1, at("2026-11-28 09:07")}},
		{"+r,\tusers.csv", line{"users.csv", file, -1, time.Time{}}},
		{"QSYS            77824 28/11/26 15:07:55 *DIR       archive/", line{"archive", folder, 77824, at("2026-11-28 15:07")}},
		{"ACME             1234 28/11/26 15:07:55 *STMF      users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07")}},
		{"ACME             1234 11/28/26 15:07:55 *STMF      users 1.csv", line{"users 1.csv", file, 1234, at("2026-11-28 15:07")}},
		{"ACME                                    *MEM       USERS.FILE/USERS.MBR", line{"USERS.MBR", file, -1, time.Time{}}},
		{"Type=file;Size=1234;Modify=20261128150700.123; users.csv", line{"users.csv", file, 1234, at("2026-11-28 15:07").Add(123 * time.Millisecond)}},
		{"size=1234;modify=20261128150700; users.csv", line{"users.csv", unknown, 1234, at("2026-11-28 15:07")}},
		{"type=file;modify=20261128150700; users.csv", line{"users.csv", file, -1, at("2026-11-28 15:07")}},
		{"type=OS.unix=slink:/etc;size=3; link.csv", line{"link.csv", other, 3, time.Time{}}},
		{"total 12", line{kind: skipped}},
		{"insgesamt 1.234", line{kind: skipped}},
	} {
		p := newParser([]string{tt.text}, now)
		if got, ok := p.parse(tt.text); !ok || got != tt.want {
			t.Errorf("%q\n is %+v, %t\nwant %+v", tt.text, got, ok, tt.want)
		}
	}
	for _, text := range []string{
		"users.csv 12 bytes", "-rw-r--r-- 1 a a 1 Nov 22 20 users.csv", "WRKP01 3390   2026/11/22  1   15  VB    255 27998  PS  USERS.CSV",
		"-rw-r--r-- 1 a a 1 Foo 22 09:07 users.csv", "45-45-26  15:07 1 users.csv",
	} {
		if got, ok := newParser(nil, now).parse(text); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// TestIBMiDatesAreReadTogether: one day after the twelfth tells how all are written.
func TestIBMiDatesAreReadTogether(t *testing.T) {
	t.Parallel()
	for second, want := range map[string]time.Month{"11/28/26": time.November, "28/11/26": time.March} {
		lines := []string{"ACME 1 11/03/26 15:07:55 *STMF a.csv", "ACME 1 " + second + " 15:07:55 *STMF b.csv"}
		if l, ok := newParser(lines, time.Now()).parse(lines[0]); !ok || l.time.Month() != want {
			t.Errorf("beside %s: %+v, want %s", second, l, want)
		}
	}
}

func TestPortsAndFolders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Entering Extended Passive Mode (|||1025|)": 1025, "Entering Extended Passive Mode |||1025|": 1025, "ok (!!!1025!)": 1025,
		"Entering": 0, "(|||99999|)": 0, "(|||0|)": 0,
	} {
		if got, ok := epsvPort(text); got != want && ok || ok != (want > 0) {
			t.Errorf("EPSV %q = %d, %t; want %d", text, got, ok, want)
		}
	}
	for text, want := range map[string]int{
		"Entering Passive Mode (127,0,0,1,4,1).": 1025, "Entering Passive Mode 127,0,0,1,4,1": 1025, "=127,0,0,1,4,1": 1025,
		"Entering Passive Mode ( 10, 0, 0, 1, 4, 1 )": 1025, "Entering Passive Mode (127,0,0,1,999,1)": 0, "Entering": 0,
	} {
		if got, ok := pasvPort(text); got != want && ok || ok != (want > 0) {
			t.Errorf("PASV %q = %d, %t; want %d", text, got, ok, want)
		}
	}
	for text, want := range map[string]string{
		`"/in" is current directory.`: "/in", `"/a ""b"" c" is it`: `/a "b" c`, "/in is the current directory": "/in",
		"Current directory is /in": "/in", `"C:\in" is it`: "", `"ACME" is current library`: "", "DISK:[IN]": "", "": "",
	} {
		if got := workingFolder(text); got != want {
			t.Errorf("PWD %q = %q, want %q", text, got, want)
		}
	}
}

// TestWords: what servers say in the field, and what it means here.
func TestWords(t *testing.T) {
	t.Parallel()
	for text, crowded := range map[string]bool{
		"Too many connections from your IP address":                                      true,
		"Sorry, the maximum number of clients (10) for this user are already connected.": true,
		"Sorry, max 2 users -- try again later":                                          true,
		"User acme cannot log in, connection limit reached":                              true,
		"There are too many connected users, please try later.":                          true,
		"Maximum login limit has been reached.":                                          true,
		"Trop de connexions simultanées":                                                 true,
		"Nombre maximal de connexions atteint":                                           true,
		"Zu viele gleichzeitige Verbindungen":                                            true,
		"Maximale Anzahl von Verbindungen erreicht":                                      true,
		"Demasiadas conexiones":                                                          true,
		"Troppi utenti collegati":                                                        true,
		"Muitas conexões deste endereço":                                                 true,
		"Te veel verbindingen":                                                           true,
		"Sorry, your system may only have 3 logins at a time":                            true,
		"Can't login: already 5 sessions open":                                           true,
		"Can't accept more than 10 users":                                                true,
		"No more connections allowed from your IP.":                                      true,
		"No connection slot available":                                                   true,
		"All slots are in use":                                                           true,
		"Connection refused: threshold exceeded":                                         true,
		"User acme has exceeded the number of allowed sessions":                          true,
		"License limit exceeded":                                                         true,
		"Please come back later":                                                         true,
		"Der Benutzer hat die maximal zulässige Anzahl an Verbindungen erreicht":         true,
		"Anzahl der Verbindungen überschritten":                                          true,
		"Benutzer ist bereits angemeldet":                                                true,
		"Der Server ist ausgelastet":                                                     true,
		"Keine freien Verbindungen":                                                      true,
		"Nombre de connexions dépassé":                                                   true,
		"Le nombre d'utilisateurs autorisés est atteint":                                 true,
		"Limite de sessions atteinte":                                                    true,
		"Serveur saturé":                                                                 true,
		"Utilisateur déjà connecté":                                                      true,
		"Plus de connexion disponible":                                                   true,
		"You have reached your session quota":                                            true,
		"Only one session per user":                                                      true,
		"All connections in use":                                                         true,
		"The server is at capacity":                                                      true,
		"Multiple logins are not allowed":                                                true,
		"Limite di sessioni raggiunto":                                                   true,
		"Se ha alcanzado el límite de conexiones":                                        true,
		"Login failed: too many connections from this IP":                                true,
		"Login failed, maximum number of concurrent sessions reached":                    true,
		"Échec : trop de connexions":                                                     true,
		"Anmeldung fehlgeschlagen: zu viele Verbindungen":                                true,
		"Login failed: too many password attempts, too many connections":                 false,
		"Connexion refusée : trop de tentatives de connexion":                            false,
		"Benutzer gesperrt, zu viele Verbindungen":                                       false,
		"Login incorrect.":                                                               false,
		"Not logged in":                                                                  false,
		"Too many failed login attempts, account locked":                                 false,
		"Trop de tentatives":                                                             false,
		"Zu viele Fehlversuche":                                                          false,
		"Login or password incorrect, connection limit":                                  false,
	} {
		if got := (reply{code: 530, text: text}).crowded(); got != crowded {
			t.Errorf("530 %q is crowded: %t", text, got)
		}
	}
	for r, busy := range map[reply]bool{
		{code: 550, text: "Le fichier est déjà ouvert"}:                                                                       true,
		{code: 550, text: "Le fichier est en cours d'écriture"}:                                                               true,
		{code: 550, text: "Datei ist in Gebrauch"}:                                                                            true,
		{code: 550, text: "Ein anderer Prozess hat die Datei geöffnet"}:                                                       true,
		{code: 550, text: "Antivirus scan pending"}:                                                                           true,
		{code: 550, text: "data set is allocated to another job"}:                                                             true,
		{code: 550, text: "The process cannot access the file because it is being used by another process."}:                  true,
		{code: 550, text: "users.csv: File is locked"}:                                                                        true,
		{code: 550, text: "Rename failed: sharing violation"}:                                                                 true,
		{code: 550, text: "The file is open by another user"}:                                                                 true,
		{code: 550, text: "File is being uploaded"}:                                                                           true,
		{code: 550, text: "Upload in progress"}:                                                                               true,
		{code: 550, text: "Could not obtain exclusive access"}:                                                                true,
		{code: 550, text: "Le fichier est ouvert par un autre utilisateur"}:                                                   true,
		{code: 550, text: "Datei ist geöffnet"}:                                                                               true,
		{code: 550, text: "Cannot open file"}:                                                                                 false,
		{code: 550, text: "Text file busy"}:                                                                                   true,
		{code: 451, text: "Resource temporarily unavailable"}:                                                                 true,
		{code: 550, text: "Le fichier est utilisé par un autre processus"}:                                                    true,
		{code: 550, text: "Der Prozess kann nicht auf die Datei zugreifen, da sie von einem anderen Prozess verwendet wird."}: true,
		{code: 450, text: "File unavailable"}:                                                                                 true,
		{code: 450, text: "users.csv: No such file"}:                                                                          false,
		{code: 450, text: "Permission denied"}:                                                                                false,
		{code: 550, text: "No such file or directory"}:                                                                        false,
		{code: 550, text: "Permission denied"}:                                                                                false,
		{code: 550, text: "Filename not allowed: blocked"}:                                                                    false,
		{code: 530, text: "Account locked"}:                                                                                   false,
	} {
		if got := r.busy(); got != busy {
			t.Errorf("%v is busy: %t", r, got)
		}
	}
	for text, empty := range map[string]bool{
		"No files found": true, "No members found.": true, "*: No such file or directory": true, "The system cannot find the file specified.": true,
		"Aucun fichier": true, "Keine Dateien gefunden": true, "Directory is empty": true, "0 files": true, "10 files, and no right to see them": false,
		"Permission denied": false, "No": false, "Access is denied; no such file": false, "File busy": false,
		"Unable to find any files": true, "No directory entries": true, "Zero files": true, "Il n'y a pas de fichier": true, "Ce dossier est vide": true,
		"Das Verzeichnis enthält keine Dateien": true, "Kein Eintrag": true, "No hay archivos": true, "Não há arquivos": true, "Geen bestanden": true,
		"Keine Rechte": false, "Kein Zugriff": false, "Aucun droit d'accès": false, "Ningún permiso": false, "You have no rights; no files": false,
	} {
		if got := (reply{code: 550, text: text}).says(remote.Nothing, remote.Denied, remote.InUse); got != empty {
			t.Errorf("550 %q means empty: %t", text, got)
		}
	}
}
