package wrap_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/wrap"
)

// pair is a key, as files that only their owner can read.
type pair struct {
	key             *crypto.Key
	public, private string
}

// passphrase opens every locked key of these tests.
const passphrase = "correct horse"

// store writes a file for the test.
func store(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newPair makes an OpenPGP key that ends after lifetime; 0 means never.
func newPair(t testing.TB, lifetime time.Duration) pair {
	t.Helper()
	builder := crypto.PGP().KeyGeneration().AddUserId("Partner", "files@partner.example")
	if lifetime > 0 {
		builder = builder.Lifetime(int32(lifetime / time.Second))
	}
	key, err := builder.New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, key)
}

func pairOf(t testing.TB, key *crypto.Key) pair {
	t.Helper()
	public, err := key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return pair{key: key, public: store(t, "public.asc", public), private: store(t, "private.asc", private)}
}

// lock returns the file of the private key under the passphrase.
func (p pair) lock(t testing.TB) string {
	t.Helper()
	locked, err := crypto.PGP().LockKey(p.key, []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	text, err := locked.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return store(t, "locked.asc", text)
}

func file(path string) secret.Ref { return secret.Ref{File: path} }

// setting is a wrapping, and what undoes it.
type setting struct {
	name   string
	out    wrap.Config
	in     wrap.UnwrapConfig
	suffix string
}

// everyKind returns a setting of each kind, and some chains.
func everyKind(t testing.TB) []setting {
	t.Helper()
	us, partner := newPair(t, 0), newPair(t, 0)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	gz := wrap.Step{Gzip: &wrap.Gzip{}}
	gunzip := wrap.UnwrapStep{Gzip: &wrap.Gunzip{}}
	zip := wrap.Step{Zip: &wrap.Zip{}}
	unzip := wrap.UnwrapStep{Zip: &wrap.Unzip{}}
	pgp := func(armor bool) wrap.Step {
		return wrap.Step{OpenPGP: &wrap.OpenPGP{
			Recipients: []string{partner.public}, SignWith: file(us.lock(t)), Passphrase: file(store(t, "pw", passphrase+"\n")), Armor: armor,
		}}
	}
	decrypt := wrap.UnwrapStep{OpenPGP: &wrap.Decrypt{
		PrivateKey: file(partner.lock(t)), Passphrase: file(store(t, "pw", passphrase)), SignedBy: []string{newPair(t, 0).public, us.public},
	}}
	ageTo := func(armor bool) wrap.Step {
		return wrap.Step{Age: &wrap.Age{Recipients: []string{id.Recipient().String()}, Armor: armor}}
	}
	ageFrom := wrap.UnwrapStep{Age: &wrap.AgeDecrypt{Identity: file(store(t, "id", "# made for a test\n"+id.String()+"\n"))}}
	return []setting{
		{"gzip", wrap.Config{gz}, wrap.UnwrapConfig{gunzip}, ".gz"},
		{"zip", wrap.Config{zip}, wrap.UnwrapConfig{unzip}, ".zip"},
		{"openpgp", wrap.Config{pgp(false)}, wrap.UnwrapConfig{decrypt}, ".gpg"},
		{"openpgp armored", wrap.Config{pgp(true)}, wrap.UnwrapConfig{decrypt}, ".asc"},
		{
			"openpgp unsigned", wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{us.public, partner.public}}}},
			wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(partner.private)}}}, ".gpg",
		},
		{"age", wrap.Config{ageTo(false)}, wrap.UnwrapConfig{ageFrom}, ".age"},
		{"age armored", wrap.Config{ageTo(true)}, wrap.UnwrapConfig{ageFrom}, ".age"},
		{
			"age hybrid from a file", wrap.Config{{Age: &wrap.Age{RecipientsFile: store(t, "to", hybrid.Recipient().String()+"\n")}}},
			wrap.UnwrapConfig{{Age: &wrap.AgeDecrypt{Identity: file(store(t, "pq", hybrid.String()))}}}, ".age",
		},
		{"gzip in openpgp", wrap.Config{gz, pgp(false)}, wrap.UnwrapConfig{decrypt, gunzip}, ".gz.gpg"},
		{"zip in age", wrap.Config{zip, ageTo(false)}, wrap.UnwrapConfig{ageFrom, unzip}, ".zip.age"},
		{"age in openpgp in gzip", wrap.Config{ageTo(true), pgp(true), gz}, wrap.UnwrapConfig{gunzip, decrypt, ageFrom}, ".age.asc.gz"},
		{"nothing", nil, nil, ""},
	}
}

// sample is text that compresses like a file of employees.
func sample(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < n {
		for range 12 {
			b.WriteByte(byte('a' + random.IntN(26)))
		}
		b.WriteString(";Jean;Martin;2026-11-22\r\n")
	}
	return b.Bytes()[:n]
}

func wrapper(t testing.TB, c wrap.Config) *wrap.Wrapper {
	t.Helper()
	w, err := wrap.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func seal(t testing.TB, w *wrap.Wrapper, content []byte, name string) ([]byte, string) {
	t.Helper()
	var out bytes.Buffer
	wrapped, err := w.Wrap(t.Context(), &out, bytes.NewReader(content), name)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), wrapped
}

func unwrapper(t testing.TB, c wrap.UnwrapConfig) *wrap.Unwrapper {
	t.Helper()
	u, err := wrap.NewUnwrapper(c)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func open(t testing.TB, u *wrap.Unwrapper, b []byte, name string, caps wrap.Caps) ([]byte, string, error) {
	t.Helper()
	var out bytes.Buffer
	inner, err := u.Unwrap(t.Context(), &out, wrap.File{Content: bytes.NewReader(b), Size: int64(len(b)), Name: name}, caps)
	return out.Bytes(), inner, err
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, s := range everyKind(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w, u := wrapper(t, s.out), unwrapper(t, s.in)
			for _, size := range []int{0, 1, 511, 64 << 10, 64<<10 + 1, 300_000} {
				content := sample(size)
				b, name := seal(t, w, content, "users_20261122.csv")
				if want := "users_20261122.csv" + s.suffix; name != want || s.out.Name("users_20261122.csv") != want {
					t.Errorf("the wrapped file is called %q, want %q", name, want)
				}
				got, inner, err := open(t, u, b, name, wrap.Caps{TempDir: t.TempDir()})
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				if !bytes.Equal(got, content) || inner != "users_20261122.csv" {
					t.Errorf("%d bytes came back as %d called %q", size, len(got), inner)
				}
			}
		})
	}
}

func TestSuffixCanBeChosenOrLeftOut(t *testing.T) {
	t.Parallel()
	none, own := "", ".csv.pgp"
	for suffix, want := range map[*string]string{nil: "a.csv.gz", &none: "a.csv", &own: "a.csv.csv.pgp"} {
		if _, name := seal(t, wrapper(t, wrap.Config{{Gzip: &wrap.Gzip{Suffix: suffix}}}), nil, "a.csv"); name != want {
			t.Errorf("got %q, want %q", name, want)
		}
	}
}

func TestSameContentGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, s := range everyKind(t) {
		w := wrapper(t, s.out)
		first, _ := seal(t, w, sample(5000), "a.csv")
		second, _ := seal(t, w, sample(5000), "a.csv")
		deterministic := s.name == "gzip" || s.name == "zip" || s.name == "nothing"
		if bytes.Equal(first, second) != deterministic {
			t.Errorf("%s: twice the same bytes is %v, want %v", s.name, !deterministic, deterministic)
		}
	}
}

// Damage never goes unnoticed: the content comes back as it was, or there is an error of
// the file's. Bytes that mean nothing, such as the time in a gzip header, may change.
func TestDamage(t *testing.T) {
	t.Parallel()
	content := sample(3000)
	for _, s := range everyKind(t)[:11] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			u := unwrapper(t, s.in)
			b, name := seal(t, wrapper(t, s.out), content, "a.csv")
			check := func(what string, at int, damaged []byte, mustFail bool) {
				got, _, err := open(t, u, damaged, name, wrap.Caps{TempDir: t.TempDir()})
				switch {
				case err == nil && (mustFail || !bytes.Equal(got, content)):
					t.Errorf("%s at %d of %d: no error", what, at, len(b))
				case err != nil && !ours(err):
					t.Errorf("%s at %d of %d: error of no kind: %v", what, at, len(b), err)
				}
			}
			armored := strings.Contains(s.name, "armored")
			for n := 0; n < len(b); n += 1 + len(b)/80 {
				// Of armor, only the last line may be missing: it holds no data.
				check("cut", n, b[:n], !armored || n < len(b)-40)
				flipped := bytes.Clone(b)
				flipped[n] ^= 1 << (n % 8)
				check("flip", n, flipped, false)
			}
			check("appended", len(b), append(bytes.Clone(b), "x;y\r\n"...), true)
			check("appended zeros", len(b), append(bytes.Clone(b), make([]byte, 512)...), true)
			if s.name != "gzip" { // RFC 1952 allows it: the contents follow each other
				check("doubled", len(b), append(bytes.Clone(b), b...), true)
			}
			check("prefixed", 0, append([]byte("x;y\r\n"), b...), true)
		})
	}
}

// ours tells the errors that are about the file.
func ours(err error) bool {
	for _, sentinel := range []error{wrap.ErrFormat, wrap.ErrKey, wrap.ErrSignature, wrap.ErrTooLarge} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}
