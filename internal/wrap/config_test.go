package wrap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/wrap"
)

// flow is the part of a flow that the package is for.
type flow struct {
	Wrap   wrap.Config       `yaml:"wrap"`
	Unwrap wrap.UnwrapConfig `yaml:"unwrap"`
}

// faults decodes a flow and returns all that is said of it, one a line.
func faults(t *testing.T, dir, text string) string {
	t.Helper()
	var f flow
	if err := yaml.Load([]byte(text), &f, yaml.WithKnownFields()); err != nil {
		return err.Error()
	}
	var out strings.Builder
	report := func(key, message string) {
		fmt.Fprintln(&out, key+": "+strings.ReplaceAll(message, dir+"/", ""))
	}
	f.Wrap.Under(dir).Validate(report)
	f.Unwrap.Under(dir).Validate(report)
	return out.String()
}

// keyFolder is a folder with keys of every kind, right and wrong.
func keyFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, b []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	take := func(name, path string) {
		t.Helper()
		b, err := os.ReadFile(path)
		write(name, b, err)
	}
	us, partner := newPair(t, 0), newPair(t, 0)
	take("our-key.asc", us.lock(t))
	take("our-public.asc", us.public)
	take("open-key.asc", us.private)
	take("partner.asc", partner.public)
	binary, err := partner.key.GetPublicKey()
	write("partner.gpg", binary, err)
	private, err := partner.key.Serialize()
	write("private.gpg", private, err)
	armored, err := os.ReadFile(partner.public)
	write("two-blocks.asc", append(armored, armored...), err)
	write("damaged.asc", armored[:len(armored)/2], nil)
	ours, err := us.key.GetPublicKey()
	write("ring.gpg", append(ours, binary...), err)
	old, err := crypto.PGP().KeyGeneration().AddUserId("old", "old@example").GenerationTime(1_500_000_000).Lifetime(1000).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	take("expired.asc", pairOf(t, old).public)
	take("expired-key.asc", pairOf(t, old).private)
	write("pw", []byte(passphrase+"\n"), nil)
	write("wrong-pw", []byte("hunter2"), nil)
	write("id", []byte("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"), nil)
	write("to", []byte("# partner\nage1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm\n"), nil)
	return dir
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	dir := keyFolder(t)
	for _, tt := range []struct{ name, text, want string }{
		{"one step", "wrap: gzip\nunwrap: zip", ""},
		{"one step with options", "wrap: {zip: {suffix: .ZIP}}\nunwrap: {zip: {entry: 'users_*.csv'}}", ""},
		{"a list in short", "wrap: [gzip, zip: ]\nunwrap: [zip, gzip]", ""},
		{"a list in long", "wrap:\n  - gzip:\n  - age:\n      recipients_file: ./to\n      armor: true\n", ""},
		{"an alias", "wrap: [&a {gzip: {}}, *a]", ""},
		{"openpgp in full", "wrap: {openpgp: {recipients: [./partner.asc, ring.gpg], sign_with: {file: ./our-key.asc}, passphrase: {file: pw}, armor: true, suffix: .pgp}}", ""},
		{"openpgp the other way", "unwrap: {openpgp: {private_key: {file: ./our-key.asc}, passphrase: {file: pw}, signed_by: [./partner.gpg]}}", ""},
		{"a key without a passphrase", "unwrap: {openpgp: {private_key: {file: ./open-key.asc}}}", ""},
		{"age the other way", "unwrap: {age: {identity: {file: id}}}", ""},
		{
			"the wrong files", "wrap: {openpgp: {recipients: [partner.txt, open-key.asc, private.gpg, two-blocks.asc, damaged.asc, pw, .]}}",
			`wrap.openpgp.recipients[0]: "partner.txt": no such file or directory
wrap.openpgp.recipients[1]: "open-key.asc": this is a private key: want a public OpenPGP key, as gpg --armor --export KEY writes it
wrap.openpgp.recipients[2]: "private.gpg": this is a private key: want a public OpenPGP key, as gpg --armor --export KEY writes it
wrap.openpgp.recipients[3]: "two-blocks.asc": holds 2 blocks: want a file for each
wrap.openpgp.recipients[4]: "damaged.asc": the key is damaged: want a public OpenPGP key, as gpg --armor --export KEY writes it
wrap.openpgp.recipients[5]: "pw": want a public OpenPGP key, as gpg --armor --export KEY writes it
wrap.openpgp.recipients[6]: "` + dir + `" is not a regular file
`,
		},
		{
			"no recipient", "wrap: [openpgp, age]",
			"wrap[0].openpgp.recipients: missing: want the file with the partner's public key\n" +
				"wrap[1].age.recipients: missing: want the partner's public key, which begins with age1\n",
		},
		{
			"signing with a public key", "wrap: {openpgp: {recipients: [partner.asc], sign_with: {file: our-public.asc}}}",
			"wrap.openpgp.sign_with: want an armored private OpenPGP key, as gpg --armor --export-secret-keys KEY writes it\n",
		},
		{
			"signing with an expired key", "wrap: {openpgp: {recipients: [partner.asc], sign_with: {file: expired-key.asc}}}",
			"wrap.openpgp.sign_with: the key has expired or is revoked: make a new one, and send its public part to the partner\n",
		},
		{
			"the wrong passphrase", "wrap: {openpgp: {recipients: [partner.asc], sign_with: {file: our-key.asc}, passphrase: {file: wrong-pw}}}",
			"wrap.openpgp.passphrase: does not open the private key\n",
		},
		{
			"no passphrase", "unwrap: {openpgp: {private_key: {file: our-key.asc}}}",
			"unwrap.openpgp.passphrase: missing: the private key is protected by one\n",
		},
		{
			"a passphrase for nothing", "wrap: {openpgp: {recipients: [partner.asc], passphrase: {file: pw}}}",
			"wrap.openpgp.passphrase: there is no sign_with that it would open\n",
		},
		{
			"no private key", "unwrap: [{openpgp: {signed_by: [expired.asc]}}, {age: {identity: {file: to}}}, age]",
			`unwrap[0].openpgp.private_key: missing: want {env: NAME} or {file: PATH}
unwrap[0].openpgp.signed_by[0]: "expired.asc": key EXPIRED has expired: ask the partner for the renewed one
unwrap[1].age.identity: want our private key as age-keygen writes it: a line that begins with AGE-SECRET-KEY-
unwrap[2].age.identity: missing: want {env: NAME} or {file: PATH}
`,
		},
		{
			"no public key", "wrap: {age: {recipients_file: id}}",
			"wrap.age.recipients_file: this is a private key: want the partner's public one, which begins with age1\n",
		},
		{
			"a pattern with a folder", "unwrap: [{zip: {entry: d/*.csv}}, {zip: {entry: '['}}]",
			"unwrap[0].zip.entry: want the name of a file without its folder, in which * and ? may stand for any text, like *.csv\n" +
				"unwrap[1].zip.entry: want the name of a file without its folder, in which * and ? may stand for any text, like *.csv\n",
		},
		{
			"no kind, two kinds", "wrap: [{}, {gzip: , zip: }]\nunwrap: {gzip: , age: {identity: {file: id}}}",
			"wrap[0]: want one of gzip, zip, openpgp and age; for several, a list in the order in which they are done\n" +
				"wrap[1]: want one of gzip, zip, openpgp and age; for several, a list in the order in which they are done\n" +
				"unwrap: want one of gzip, zip, openpgp and age; for several, a list with the outermost first\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := faults(t, dir, tt.text)
			if _, rest, ok := strings.Cut(got, ": key "); ok {
				id, _, _ := strings.Cut(rest, " ")
				got = strings.ReplaceAll(got, id, "EXPIRED")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got, "hunter2") || strings.Contains(got, passphrase) {
				t.Error("a secret is repeated")
			}
		})
	}
}

func TestUnknownKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"wrap: gz", "wrap: {gzip: {level: 9}}", "wrap: [zip, {openpgp: {recipient: [a]}}]", "wrap: [[gzip]]", "wrap: {gzip: 9}",
		"unwrap: {gzip: {suffix: .gz}}", "unwrap: [age: {identity: secret}]", "unwrap: {pgp: {}}",
	} {
		var f flow
		if err := yaml.Load([]byte(text), &f, yaml.WithKnownFields()); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}

// FuzzConfig checks that no text makes more than faults.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("wrap: [gzip, {age: {recipients: [age1]}}]\nunwrap: {zip: {entry: a}}"))
	f.Add([]byte("wrap: [&a {gzip: }, *a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c flow
		if yaml.Load(b, &c, yaml.WithKnownFields()) == nil {
			c.Wrap.Validate(func(string, string) {})
			c.Unwrap.Validate(func(string, string) {})
		}
	})
}
