package sftp

import (
	"io"
	"slices"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// rsaSigner proves an RSA key by signatures of one algorithm, whatever the server says that it
// takes. The library signs with SHA-1 where a server does not say anything, or offers nothing.
type rsaSigner struct {
	ssh.AlgorithmSigner
	// algorithm is of the signature, such as rsa-sha2-512; name is the same for a key and
	// another for a certificate.
	algorithm, name string
	used            *atomic.Bool
}

var _ ssh.MultiAlgorithmSigner = rsaSigner{}

// Algorithms implements ssh.MultiAlgorithmSigner.
func (s rsaSigner) Algorithms() []string { return []string{s.algorithm} }

// PublicKey implements ssh.Signer.
func (s rsaSigner) PublicKey() ssh.PublicKey {
	return &rsaKey{PublicKey: s.AlgorithmSigner.PublicKey(), name: s.name}
}

// Sign implements ssh.Signer.
func (s rsaSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, s.algorithm)
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (s rsaSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	s.used.Store(true)
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
}

// rsaKey calls itself by the name of the signature until it is sent, since the library derives
// from that name what it asks the server for. Afterwards it has its own name, since some servers
// put that into their answer.
type rsaKey struct {
	ssh.PublicKey
	name string
	sent bool
}

// Type implements ssh.PublicKey.
func (k *rsaKey) Type() string {
	if k.sent {
		return k.PublicKey.Type()
	}
	return k.name
}

// Marshal implements ssh.PublicKey.
func (k *rsaKey) Marshal() []byte {
	k.sent = true
	return k.PublicKey.Marshal()
}

// certified are the names of the signatures where a certificate is shown.
var certified = map[string]string{
	ssh.KeyAlgoRSASHA512: ssh.CertAlgoRSASHA512v01,
	ssh.KeyAlgoRSASHA256: ssh.CertAlgoRSASHA256v01,
	ssh.KeyAlgoRSA:       ssh.CertAlgoRSAv01,
}

// signing returns the keys in the order in which they are shown: each first as it signs best, RSA
// keys then again with what may be the only one that an older server takes.
func (l *login) signing(keys []ssh.Signer) []ssh.Signer {
	algorithms := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	if slices.Contains(l.signatures, ssh.KeyAlgoRSA) {
		algorithms = append(algorithms, ssh.KeyAlgoRSA)
	}
	var all []ssh.Signer
	for i, algorithm := range algorithms {
		for _, key := range keys {
			signer, rsa := l.rsa(key, algorithm)
			switch {
			case rsa:
				l.rsaShown = true
				all = append(all, signer)
			case i == 0:
				all = append(all, key)
			}
		}
	}
	return all
}

// rsa makes an RSA key one that signs by one algorithm.
func (l *login) rsa(key ssh.Signer, algorithm string) (ssh.Signer, bool) {
	name := algorithm
	switch key.PublicKey().Type() {
	case ssh.KeyAlgoRSA:
	case ssh.CertAlgoRSAv01:
		name = certified[algorithm]
	default:
		return key, false
	}
	signer, ok := key.(ssh.AlgorithmSigner)
	used := new(atomic.Bool)
	if algorithm == ssh.KeyAlgoRSA {
		used = &l.sha1
	}
	return rsaSigner{AlgorithmSigner: signer, algorithm: algorithm, name: name, used: used}, ok
}
