package wrap_test

import (
	"bytes"
	"strings"
	"testing"

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

func find(f *testing.F, name string) setting {
	f.Helper()
	for _, s := range everyKind(f) {
		if s.name == name {
			return s
		}
	}
	f.Fatal("no such setting")
	return setting{}
}

func FuzzUnwrapGzip(f *testing.F)       { fuzzUnwrap(f, find(f, "gzip")) }
func FuzzUnwrapZip(f *testing.F)        { fuzzUnwrap(f, find(f, "zip")) }
func FuzzUnwrapOpenPGP(f *testing.F)    { fuzzUnwrap(f, find(f, "openpgp")) }
func FuzzUnwrapArmor(f *testing.F)      { fuzzUnwrap(f, find(f, "openpgp armored")) }
func FuzzUnwrapAge(f *testing.F)        { fuzzUnwrap(f, find(f, "age")) }
func FuzzUnwrapAgeArmored(f *testing.F) { fuzzUnwrap(f, find(f, "age armored")) }
