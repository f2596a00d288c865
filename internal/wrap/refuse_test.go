package wrap_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"lucca-exchange/internal/wrap"
)

// refused checks the kind of an error, and what it says.
func refused(t *testing.T, err, kind error, says string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want %v that says %q", err, kind, says)
	}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zipped makes an archive with entries of the same content.
func zipped(t testing.TB, content string, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		method := zip.Deflate
		if content == "" {
			method = zip.Store // a hundred thousand compressors take their time
		}
		e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if _, err := io.WriteString(e, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var (
	justGzip = wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}
	justZip  = wrap.UnwrapConfig{{Zip: &wrap.Unzip{}}}
)

func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 16<<20)
	bomb := gzipped(t, zeros)
	many := make([]string, 100_000)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	for _, tt := range []struct {
		name string
		in   wrap.UnwrapConfig
		file []byte
		caps wrap.Caps
		most int
	}{
		{"ratio of gzip", justGzip, bomb, wrap.Caps{}, 200 * len(bomb)},
		{"bytes of gzip", justGzip, bomb, wrap.Caps{MaxBytes: 5000, MaxRatio: 10_000}, 5000},
		{"gzip in gzip", wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}, {Gzip: &wrap.Gunzip{}}}, gzipped(t, bomb), wrap.Caps{}, 1 << 20},
		{"ratio of zip", justZip, zipped(t, string(zeros), "a.csv"), wrap.Caps{}, 200 * len(bomb)},
		{"zip in gzip", wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}, {Zip: &wrap.Unzip{}}}, gzipped(t, zipped(t, string(zeros), "a.csv")), wrap.Caps{}, 1 << 20},
		{"entries of zip", justZip, zipped(t, "", many...), wrap.Caps{}, 0},
		{"a few entries too many", justZip, zipped(t, "", many[:6]...), wrap.Caps{MaxEntries: 5}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.caps.TempDir = t.TempDir()
			got, _, err := open(t, unwrapper(t, tt.in), tt.file, "a", tt.caps)
			refused(t, err, wrap.ErrTooLarge, "larger than allowed")
			if len(got) > tt.most {
				t.Errorf("%d bytes came out, %d are allowed", len(got), tt.most)
			}
		})
	}
}

func TestNestedArchiveStaysPacked(t *testing.T) {
	t.Parallel()
	inner := zipped(t, "x", "b.csv")
	got, name, err := open(t, unwrapper(t, justZip), zipped(t, string(inner), "a.zip"), "c.zip", wrap.Caps{})
	if err != nil || name != "a.zip" || !bytes.Equal(got, inner) {
		t.Errorf("%q with %d bytes, %v", name, len(got), err)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	t.Parallel()
	csv := wrap.UnwrapConfig{{Zip: &wrap.Unzip{Entry: "*.csv"}}}
	for _, tt := range []struct {
		name string
		in   wrap.UnwrapConfig
		file []byte
		says string
	}{
		{"two files", justZip, zipped(t, "x", "a.csv", "b.csv"), "holds 2 files that match"},
		{"two matches", csv, zipped(t, "x", "a.csv", "d/b.csv"), "holds 2 files that match"},
		{"no match", csv, zipped(t, "x", "a.txt"), "none of the 1 entries"},
		{"empty", justZip, zipped(t, "x"), "none of the 0 entries"},
		{"only a folder", justZip, zipped(t, "", "d/"), "none of the 1 entries"},
		{"up", justZip, zipped(t, "x", "../a.csv"), "leads out of its folder"},
		{"up beside", csv, zipped(t, "x", "a.csv", "d/../../passwd"), "leads out of its folder"},
		{"absolute", justZip, zipped(t, "x", "/etc/passwd"), "leads out of its folder"},
		{"backslash", justZip, zipped(t, "x", `..\a.csv`), "leads out of its folder"},
		{"drive", justZip, zipped(t, "x", "c:a.csv"), "leads out of its folder"},
		{"line end", justZip, zipped(t, "x", "a\nb.csv"), "leads out of its folder"},
		{"not an archive", justZip, []byte("canary-7d1f;x\r\n"), "not a zip archive"},
		{"nothing", justZip, nil, "not a zip archive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := open(t, unwrapper(t, tt.in), tt.file, "a.zip", wrap.Caps{})
			refused(t, err, wrap.ErrFormat, tt.says)
		})
	}
}

func TestEntryIsFoundByItsName(t *testing.T) {
	t.Parallel()
	b := zipped(t, "x", "readme.txt", "d/", "d/users.csv", "users.xls")
	got, name, err := open(t, unwrapper(t, wrap.UnwrapConfig{{Zip: &wrap.Unzip{Entry: "*.csv"}}}), b, "a.zip", wrap.Caps{})
	if err != nil || name != "users.csv" || string(got) != "x" {
		t.Errorf("%q with %q, %v", name, got, err)
	}
}

// pgpMessage encrypts, and signs where there is a signer.
func pgpMessage(t *testing.T, to, signer *crypto.Key) []byte {
	t.Helper()
	b := crypto.PGP().Encryption().Recipient(to)
	if signer != nil {
		b = b.SigningKey(signer)
	}
	handle, err := b.New()
	if err != nil {
		t.Fatal(err)
	}
	m, err := handle.Encrypt([]byte("canary-7d1f"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Bytes()
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	us, partner, other := newPair(t, 0), newPair(t, 0), newPair(t, 0)
	u := unwrapper(t, wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(us.private), SignedBy: []string{partner.public}}}})
	for _, tt := range []struct {
		name   string
		file   []byte
		kind   error
		reason string
	}{
		{"none", pgpMessage(t, us.key, nil), wrap.ErrSignature, "is not signed"},
		{"by another", pgpMessage(t, us.key, other.key), wrap.ErrSignature, "not signed by a key in signed_by"},
		{"by ourselves", pgpMessage(t, us.key, us.key), wrap.ErrSignature, "not signed by a key in signed_by"},
		{"for another", pgpMessage(t, other.key, partner.key), wrap.ErrKey, "not encrypted for our key"},
		{"not encrypted", signedOnly(t, partner.key), wrap.ErrFormat, "is not encrypted"},
		{"plain text", []byte("canary-7d1f;x\r\n"), wrap.ErrFormat, "not an OpenPGP message"},
		{"nothing", nil, wrap.ErrFormat, "not an OpenPGP message"},
		{"a key", []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"), wrap.ErrFormat, "not an OpenPGP message"},
		{"endless headers", []byte("-----BEGIN PGP MESSAGE-----\n" + strings.Repeat("a: b\n", 10_000)), wrap.ErrFormat, "not an OpenPGP message"},
		{"header without a colon", []byte("-----BEGIN PGP MESSAGE-----\nab\n\nAAAA\n"), wrap.ErrFormat, "not an OpenPGP message"},
	} {
		_, _, err := open(t, u, tt.file, "a.gpg", wrap.Caps{})
		t.Run(tt.name, func(t *testing.T) { refused(t, err, tt.kind, tt.reason) })
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error repeats content: %v", err)
		}
	}
	if _, _, err := open(t, u, pgpMessage(t, us.key, partner.key), "a.gpg", wrap.Caps{}); err != nil {
		t.Errorf("signed by the partner: %v", err)
	}
}

func signedOnly(t *testing.T, key *crypto.Key) []byte {
	t.Helper()
	signer, err := crypto.PGP().Sign().SigningKey(key).New()
	if err != nil {
		t.Fatal(err)
	}
	b, err := signer.Sign([]byte("canary-7d1f"), crypto.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A key that ends while the daemon runs is found when the next file is due.
func TestKeysThatEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		us, partner := newPair(t, 0), newPair(t, time.Hour)
		out := wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{partner.public}, SignWith: file(us.private)}}}
		signs := wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{us.public}, SignWith: file(partner.private)}}}
		signedBy := wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(us.private), SignedBy: []string{partner.public}}}}
		decrypts := wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(partner.private)}}}
		sent, _ := seal(t, wrapper(t, out), sample(10), "a.csv")
		wrapper(t, signs)
		unwrapper(t, signedBy)
		time.Sleep(2 * time.Hour)
		_, err := wrap.New(out)
		refused(t, err, wrap.ErrKey, "wrap.openpgp.recipients[0]: ")
		refused(t, err, wrap.ErrKey, "has expired")
		_, err = wrap.New(signs)
		refused(t, err, wrap.ErrKey, "wrap.openpgp.sign_with: the key has expired")
		_, err = wrap.NewUnwrapper(signedBy)
		refused(t, err, wrap.ErrKey, "unwrap.openpgp.signed_by[0]: ")
		if _, _, err := open(t, unwrapper(t, decrypts), sent, "a.csv.gpg", wrap.Caps{}); err != nil {
			t.Errorf("what was sent before cannot be read: %v", err)
		}
	})
}

func TestAgeFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	u := unwrapper(t, wrap.UnwrapConfig{{Age: &wrap.AgeDecrypt{Identity: file(store(t, "id", id.String()))}}})
	foreign, _ := seal(t, wrapper(t, wrap.Config{{Age: &wrap.Age{Recipients: []string{other.Recipient().String()}}}}), sample(10), "a")
	for _, tt := range []struct {
		name string
		file []byte
		kind error
		says string
	}{
		{"for another", foreign, wrap.ErrKey, "not encrypted for our identity"},
		{"plain text", []byte("canary-7d1f;x\r\n"), wrap.ErrFormat, "not an age file"},
		{"almost", []byte("age-encryption.org/v1\n-> canary-7d1f\n"), wrap.ErrFormat, "not an age file"},
		{"one endless line", []byte("-----BEGIN AGE ENCRYPTED FILE-----\n" + strings.Repeat("canary-7d1f", 1<<20)), wrap.ErrFormat, "not an age file"},
		{"nothing", nil, wrap.ErrFormat, "not an age file"},
	} {
		_, _, err := open(t, u, tt.file, "a.age", wrap.Caps{})
		t.Run(tt.name, func(t *testing.T) { refused(t, err, tt.kind, tt.says) })
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error repeats content: %v", err)
		}
	}
}

// broken fails after so many bytes, in either direction.
type broken struct {
	left int
	err  error
}

func (b *broken) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.err
	}
	n := copy(p, sample(min(len(p), b.left)))
	b.left -= n
	return n, nil
}

func (b *broken) ReadAt(p []byte, _ int64) (int, error) { return 0, b.err }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, b.err
	}
	return len(p), nil
}

// An error of the disk is not taken for one of the file.
func TestErrorsOfTheMachineKeepTheirKind(t *testing.T) {
	t.Parallel()
	fault := errors.New("disk on fire")
	canceled, cancel := context.WithCancelCause(context.Background())
	cancel(fault)
	content := sample(200_000)
	for _, s := range everyKind(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w, u := wrapper(t, s.out), unwrapper(t, s.in)
			_, err := w.Wrap(t.Context(), io.Discard, &broken{left: 100_000, err: fault}, "a.csv")
			refused(t, err, fault, `wrap "a.csv"`)
			_, err = w.Wrap(t.Context(), &broken{left: 100, err: fault}, bytes.NewReader(content), "a.csv")
			refused(t, err, fault, `wrap "a.csv"`)
			_, err = w.Wrap(canceled, io.Discard, bytes.NewReader(content), "a.csv")
			refused(t, err, fault, `wrap "a.csv"`)

			b, name := seal(t, w, content, "a.csv")
			whole := wrap.File{Content: bytes.NewReader(b), Size: int64(len(b)), Name: name}
			caps := wrap.Caps{TempDir: t.TempDir()}
			_, err = u.Unwrap(t.Context(), &broken{left: 100, err: fault}, whole, caps)
			refused(t, err, fault, "unwrap ")
			_, err = u.Unwrap(t.Context(), io.Discard, wrap.File{Content: &broken{err: fault}, Size: 1000, Name: name}, caps)
			refused(t, err, fault, "unwrap ")
			_, err = u.Unwrap(canceled, io.Discard, whole, caps)
			refused(t, err, fault, "unwrap ")
		})
	}
}
