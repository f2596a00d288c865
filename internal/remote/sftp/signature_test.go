package sftp

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestSignaturesOfRSAKeys: SHA-2 is always tried, and SHA-1 where it is listed.
func TestSignaturesOfRSAKeys(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, listed := range [][]string{nil, {ssh.KeyAlgoRSA}} {
		l := &login{signatures: listed}
		var got []string
		for _, s := range l.signing([]ssh.Signer{signer}) {
			public := s.PublicKey()
			got = append(got, public.Type())
			if public.Marshal(); public.Type() != ssh.KeyAlgoRSA {
				t.Errorf("a key that was sent is called %s", public.Type())
			}
		}
		want := append([]string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}, listed...)
		if !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	}
}

func TestFarewells(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		offered bool
		passing bool
	}{
		{`ssh: handshake failed: ssh: disconnect, reason 12: "Too many connections"`, true, true},
		{`ssh: disconnect, reason 7: "Service not available"`, true, true},
		{`ssh: disconnect, reason 11: "Server is being shut down for maintenance"`, true, true},
		{`ssh: disconnect, reason 2: "Too many sessions for acme"`, true, true},
		{`ssh: disconnect, reason 2: "Too many authentication failures"`, true, false},
		{`ssh: disconnect, reason 2: "bad packet"`, true, false},
		{`ssh: disconnect, reason 2: ""`, false, true},
	} {
		said, ok := goodbye(errors.New(tt.text))
		if !ok || said.passing(tt.offered) != tt.passing {
			t.Errorf("%s: %+v, %t", tt.text, said, ok)
		}
	}
	if _, ok := goodbye(errors.New("EOF")); ok {
		t.Error("an end without a word is a farewell")
	}
}
