package wrap_test

import (
	"bytes"
	_ "embed"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"lucca-exchange/internal/wrap"
)

// canary stands for content that no error may repeat.
const canary = "canary-7d1f"

// fuzzUnwrap checks that whatever comes in, no more than the caps allow comes out, and that
// errors are of a kind and do not repeat what is in the file.
func fuzzUnwrap(f *testing.F, s setting) {
	f.Helper()
	u, w := unwrapper(f, s.in), wrapper(f, s.out)
	for _, content := range []string{"", canary + ";x\r\n", strings.Repeat(canary+"\n", 500)} {
		b, _ := seal(f, w, []byte(content), "a.csv")
		f.Add(b)
	}
	f.Add([]byte(canary))
	caps := wrap.Caps{MaxBytes: 1 << 16, MaxEntries: 10, TempDir: f.TempDir()}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _, err := open(t, u, b, "a", caps)
		if len(got) > 1<<16 {
			t.Errorf("%d bytes came out", len(got))
		}
		if err != nil && (!ours(err) || strings.Contains(err.Error(), canary)) {
			t.Errorf("error: %v", err)
		}
		again, _, errAgain := open(t, u, b, "a", caps)
		if (err == nil) != (errAgain == nil) || !bytes.Equal(got, again) {
			t.Error("the same file, twice, gives something else")
		}
	})
}

// fuzzKey and fuzzIdentity are always the same, so that what the fuzzer finds in one
// process opens in another.
//
//go:embed testdata/fuzz-key.asc
var fuzzKey string

const fuzzIdentity = "AGE-SECRET-KEY-16867AY0UT96DAUNLFMFTCAYDCTTDYV6Y8DWM3MSC0AJW4GF53EQQAZ9HTF"

func FuzzUnwrapGzip(f *testing.F) {
	fuzzUnwrap(f, setting{out: wrap.Config{{Gzip: &wrap.Gzip{}}}, in: justGzip})
}

func FuzzUnwrapZip(f *testing.F) {
	fuzzUnwrap(f, setting{out: wrap.Config{{Zip: &wrap.Zip{}}}, in: justZip})
}

func FuzzUnwrapOpenPGP(f *testing.F) { fuzzOpenPGP(f, false) }

func FuzzUnwrapOpenPGPArmored(f *testing.F) { fuzzOpenPGP(f, true) }

func fuzzOpenPGP(f *testing.F, armor bool) {
	f.Helper()
	key, err := crypto.NewKeyFromArmored(fuzzKey)
	if err != nil {
		f.Fatal(err)
	}
	p := pairOf(f, key)
	fuzzUnwrap(f, setting{
		out: wrap.Config{{OpenPGP: &wrap.OpenPGP{Recipients: []string{p.public}, SignWith: file(p.private), Armor: armor}}},
		in:  wrap.UnwrapConfig{{OpenPGP: &wrap.Decrypt{PrivateKey: file(p.private), SignedBy: []string{p.public}}}},
	})
}

func FuzzUnwrapAge(f *testing.F) { fuzzAge(f, false) }

func FuzzUnwrapAgeArmored(f *testing.F) { fuzzAge(f, true) }

func fuzzAge(f *testing.F, armor bool) {
	f.Helper()
	id, err := age.ParseX25519Identity(fuzzIdentity)
	if err != nil {
		f.Fatal(err)
	}
	fuzzUnwrap(f, setting{
		out: wrap.Config{{Age: &wrap.Age{Recipients: []string{id.Recipient().String()}, Armor: armor}}},
		in:  wrap.UnwrapConfig{{Age: &wrap.AgeDecrypt{Identity: file(store(f, "id", fuzzIdentity))}}},
	})
}
