package wrap_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/wrap"
)

// program finds a program of the machine. Without it the test is skipped, except where the
// environment variable CI is "true": there it fails.
func program(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install the package %s: %v", name, debianPackage, err)
	}
	t.Skipf("%s is missing: install the package %s: %v", name, debianPackage, err)
	return ""
}

// run runs a program and returns its output.
func run(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// gnupg is a partner who uses GnuPG, in a home of its own.
type gnupg struct {
	t                      *testing.T
	path, home, passphrase string
}

// newGnuPG protects the keys that are made with a passphrase, or not: opening them again
// and again takes its time.
func newGnuPG(t *testing.T, passphrase string) gnupg {
	t.Helper()
	path := program(t, "gpg", "gnupg")
	// The agent's socket must have a short path.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	// As few rounds as there can be: the agent would measure how many the machine can do.
	if err := os.WriteFile(filepath.Join(home, "gpg-agent.conf"), []byte("s2k-count 1024\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := gnupg{t: t, path: path, home: home, passphrase: passphrase}
	t.Cleanup(func() {
		if out, err := exec.Command("gpgconf", "--homedir", home, "--kill", "all").CombinedOutput(); err != nil {
			t.Errorf("stop the agent: %v: %s", err, out)
		}
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g gnupg) run(stdin []byte, args ...string) []byte {
	g.t.Helper()
	return run(g.t, stdin, g.path, append([]string{"--homedir", g.home, "--batch", "--quiet", "--no-tty", "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", g.passphrase}, args...)...)
}

func (g gnupg) importKey(path string) {
	g.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		g.t.Fatal(err)
	}
	g.run(b, "--import")
}

// newKey makes a key as gpg's own default or as an older one would, and returns the file
// of its public part.
func (g gnupg) newKey(user, algorithm string) string {
	g.t.Helper()
	g.run(nil, "--quick-generate-key", user, algorithm, "default", "1y")
	if strings.HasPrefix(algorithm, "rsa") {
		g.run(nil, "--quick-add-key", g.fingerprint(), algorithm, "encrypt")
	}
	return store(g.t, "gpg.asc", string(g.run(nil, "--armor", "--export", user)))
}

func TestGnuPGReadsWhatWeWrite(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"default", "rsa2048", "future-default"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			g, us := newGnuPG(t, ""), newPair(t, 0)
			theirs := g.newKey("partner@example", algorithm)
			g.importKey(us.public)
			content := sample(300_000)
			for _, armor := range []bool{false, true} {
				b, name := seal(t, wrapper(t, wrap.Config{{OpenPGP: &wrap.OpenPGP{
					Recipients: []string{theirs}, SignWith: file(us.lock(t)), Passphrase: file(store(t, "pw", passphrase)), Armor: armor,
				}}}), content, "a.csv")
				path := store(t, name, string(b))
				status := filepath.Join(t.TempDir(), "status")
				got := g.run(nil, "--status-file", status, "--decrypt", path)
				if !bytes.Equal(got, content) {
					t.Errorf("gpg reads %d bytes of %d", len(got), len(content))
				}
				says, err := os.ReadFile(status)
				if err != nil || !bytes.Contains(says, []byte("GOODSIG")) || !bytes.Contains(says, []byte("DECRYPTION_OKAY")) || !bytes.Contains(says, []byte("GOODMDC")) {
					t.Errorf("gpg says %s %v", says, err)
				}
			}
		})
	}
}

func TestWeReadWhatGnuPGWrites(t *testing.T) {
	t.Parallel()
	g, us := newGnuPG(t, ""), newPair(t, 0)
	theirs := g.newKey("partner@example", "default")
	g.importKey(us.public)
	ours := us.key.GetFingerprint()
	u := unwrapper(t, wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(us.lock(t)), Passphrase: file(store(t, "pw", passphrase)), SignedBy: []string{theirs}}}})
	content := sample(300_000)
	for name, args := range map[string][]string{
		"as it is":     nil,
		"armored":      {"--armor"},
		"uncompressed": {"--compress-algo", "none"},
		"bzip2":        {"--compress-algo", "bzip2"},
		"text":         {"--textmode"},
		"hidden":       {"--throw-keyids"},
		"old cipher":   {"--cipher-algo", "AES128"},
	} {
		b := g.run(content, append(args, "--sign", "--encrypt", "--recipient", ours)...)
		got, inner, err := open(t, u, b, "a.csv.gpg", wrap.Caps{})
		if err != nil || !bytes.Equal(got, content) || inner != "a.csv" {
			t.Errorf("%s: %d bytes called %q: %v", name, len(got), inner, err)
		}
	}
}

// Keys as gpg exports them, among them one whose main part stays at home.
func TestKeysOfGnuPG(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t, passphrase)
	g.newKey("us@example", "future-default")
	g.run(nil, "--quick-add-key", g.fingerprint(), "ed25519", "sign")
	public := store(t, "public.asc", string(g.run(nil, "--armor", "--export", "us@example")))
	binary := store(t, "public.gpg", string(g.run(nil, "--export", "us@example")))
	for name, option := range map[string]string{"whole": "--export-secret-keys", "parts": "--export-secret-subkeys"} {
		private := store(t, name, string(g.run(nil, "--armor", option, "us@example")))
		pw := file(store(t, "pw", passphrase))
		b, _ := seal(t, wrapper(t, wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{binary}, SignWith: file(private), Passphrase: pw}}}), sample(1000), "a.csv")
		u := unwrapper(t, wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(private), Passphrase: pw, SignedBy: []string{public}}}})
		if got, _, err := open(t, u, b, "a.csv.gpg", wrap.Caps{}); err != nil || !bytes.Equal(got, sample(1000)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func (g gnupg) fingerprint() string {
	g.t.Helper()
	for line := range strings.Lines(string(g.run(nil, "--with-colons", "--list-keys"))) {
		if rest, ok := strings.CutPrefix(line, "fpr:"); ok {
			return strings.Trim(rest, ":\n")
		}
	}
	g.t.Fatal("gpg lists no key")
	return ""
}

func TestGzipProgram(t *testing.T) {
	t.Parallel()
	path := program(t, "gzip", "gzip")
	content := sample(100_000)
	b, _ := seal(t, wrapper(t, wrap.Config{{Gzip: &wrap.Gzip{}}}), content, "a.csv")
	if got := run(t, b, path, "-dc"); !bytes.Equal(got, content) {
		t.Error("gzip reads something else")
	}
	got, inner, err := open(t, unwrapper(t, wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}), run(t, content, path, "-9c"), "A.CSV.GZ", wrap.Caps{})
	if err != nil || !bytes.Equal(got, content) || inner != "A.CSV" {
		t.Errorf("%d bytes called %q: %v", len(got), inner, err)
	}
}

func TestZipPrograms(t *testing.T) {
	t.Parallel()
	zip, unzip := program(t, "zip", "zip"), program(t, "unzip", "unzip")
	content := sample(100_000)
	b, name := seal(t, wrapper(t, wrap.Config{{Zip: &wrap.Zip{}}}), content, "salariés.csv")
	path := store(t, name, string(b))
	run(t, nil, unzip, "-tq", path)
	if got := run(t, nil, unzip, "-p", path); !bytes.Equal(got, content) {
		t.Error("unzip reads something else")
	}
	for what, args := range map[string][]string{
		"deflated": {"-q"}, "stored": {"-q", "-0"}, "with its folder": {"-qr"}, "zip64": {"-q", "-fz"},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "export"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "export", "a.csv"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		archive := filepath.Join(dir, "a.zip")
		cmd := exec.CommandContext(t.Context(), zip, append(args, archive, "export/a.csv", "export")...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", what, err, out)
		}
		b, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		got, inner, err := open(t, unwrapper(t, wrap.UnwrapConfig{{Zip: &wrap.Unzip{Entry: "*.csv"}}}), b, "a.zip", wrap.Caps{})
		if err != nil || !bytes.Equal(got, content) || inner != "a.csv" {
			t.Errorf("%s: %d bytes called %q: %v", what, len(got), inner, err)
		}
	}
	t.Run("password", func(t *testing.T) {
		t.Parallel()
		archive := filepath.Join(t.TempDir(), "a.zip")
		run(t, nil, zip, "-q", "-j", "-P", "hunter2", archive, path)
		b, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = open(t, unwrapper(t, wrap.UnwrapConfig{{Zip: &wrap.Unzip{}}}), b, "a.zip", wrap.Caps{})
		refused(t, err, wrap.ErrFormat, "protected by a password")
	})
}

func TestAgeProgram(t *testing.T) {
	t.Parallel()
	program(t, "age", "age")
	keygen := program(t, "age-keygen", "age")
	private := store(t, "id", string(run(t, nil, keygen)))
	public := strings.TrimSpace(string(run(t, nil, keygen, "-y", private)))
	content := sample(100_000)
	u := unwrapper(t, wrap.UnwrapConfig{{Age: &wrap.AgeDecrypt{Identity: file(private)}}})
	for _, armor := range []bool{false, true} {
		b, _ := seal(t, wrapper(t, wrap.Config{{Age: &wrap.Age{Recipients: []string{public}, Armor: armor}}}), content, "a.csv")
		if got := run(t, b, "age", "-d", "-i", private); !bytes.Equal(got, content) {
			t.Error("age reads something else")
		}
		args := []string{"-r", public}
		if armor {
			args = append(args, "-a")
		}
		if got, _, err := open(t, u, run(t, content, "age", args...), "a.csv.age", wrap.Caps{}); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: %v", len(got), err)
		}
	}
}
