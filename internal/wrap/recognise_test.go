package wrap_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"lucca-exchange/internal/wrap"
)

func TestAWrappingIsKnownByItsFirstBytes(t *testing.T) {
	t.Parallel()
	archive := func(names ...string) string {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, name := range names {
			if _, err := w.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for name, tt := range map[string]struct{ in, want string }{
		"gzip": {"\x1f\x8b\x08\x00", "gzip"}, "zip": {archive("users.csv"), "zip"}, "a workbook": {archive("[Content_Types].xml", "xl/workbook.xml"), ""}, "ODS": {archive("mimetype"), ""},
		"age": {"age-encryption.org/v1\n-> X25519", "age"}, "armored age": {"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl", "age"},
		"armored OpenPGP": {"-----BEGIN PGP MESSAGE-----\n\nhQ", "openpgp"}, "OpenPGP": {"\x85\x01\x0c\x03\x01", "openpgp"}, "OpenPGP in the new form": {"\xc1\x5e\x03\x01", "openpgp"},
		"a text": {"login;mail\r\n", ""}, "a letter of latin-1": {"\xc1ge;Nom\r\n", ""}, "a byte-order mark": {"\xef\xbb\xbflogin", ""}, "nothing": {"", ""}, "part of an archive": {"PK\x03\x04", "zip"},
	} {
		if got := wrap.Recognise(bytes.NewReader([]byte(tt.in)), int64(len(tt.in))); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
