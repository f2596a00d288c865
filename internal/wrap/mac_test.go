package wrap_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"testing"

	"lucca-exchange/internal/wrap"
)

// archiveOf is a zip archive with these entries, each with its name for content.
func archiveOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = entry.Write([]byte(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArchivesAsMacsAndWindowsMakeThem takes the one file that somebody packed (case 54).
func TestArchivesAsMacsAndWindowsMakeThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		entries []string
		want    string
	}{
		{"Finder's own files", []string{"users.csv", "__MACOSX/._users.csv", ".DS_Store"}, "users.csv"},
		{"in a folder", []string{"d/.DS_Store", "d/users.csv", "__MACOSX/d/._users.csv", "d/._users.csv"}, "d/users.csv"},
		{"capitals", []string{"USERS.CSV"}, "USERS.CSV"},
		{"the exact one before one in capitals", []string{"USERS.CSV", "users.csv"}, "users.csv"},
		{".NET Framework's folders", []string{`export\users.csv`}, `export\users.csv`},
		{"Windows' own files", []string{"users.csv", "Thumbs.db", "desktop.ini"}, "users.csv"},
		{"two files", []string{"a.csv", "b.csv"}, ""},
		{"two in capitals", []string{"A.CSV", "B.CSV"}, ""},
		{"a way out with the other slash", []string{`..\users.csv`}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, name, err := open(t, unwrapper(t, wrap.UnwrapConfig{{Zip: &wrap.Unzip{Entry: "*.csv"}}}), archiveOf(t, tt.entries...), "a.zip", wrap.Caps{})
			if tt.want == "" && !errors.Is(err, wrap.ErrFormat) || tt.want != "" && (err != nil || string(got) != tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
			if tt.want != "" && name != "users.csv" && name != "USERS.CSV" {
				t.Errorf("its name is %q", name)
			}
		})
	}
}
