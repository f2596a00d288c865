package sftp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Algorithms are names, in SSH's own spelling, that a server needs beside those that are
// held to be safe. Without them nothing that the SSH library calls insecure is offered.
type Algorithms struct {
	KeyExchanges []string `yaml:"key_exchanges,omitempty" json:"key_exchanges,omitempty" jsonschema:"description=such as diffie-hellman-group14-sha1"`
	Ciphers      []string `yaml:"ciphers,omitempty" json:"ciphers,omitempty" jsonschema:"description=such as aes128-cbc"`
	MACs         []string `yaml:"macs,omitempty" json:"macs,omitempty" jsonschema:"description=such as hmac-sha1-96"`
	HostKeys     []string `yaml:"host_keys,omitempty" json:"host_keys,omitempty" jsonschema:"description=such as ssh-rsa"`
	// Signatures are those of our own RSA keys; rsa-sha2-512 and rsa-sha2-256 are always tried.
	Signatures []string `yaml:"signatures,omitempty" json:"signatures,omitempty" jsonschema:"description=of our own RSA key: ssh-rsa (SHA-1) for servers that take no other"`
}

func (a Algorithms) validate(report func(key, message string)) {
	safe, insecure := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	for _, kind := range []struct {
		key                    string
		names, safe, insecures []string
	}{
		{"key_exchanges", a.KeyExchanges, safe.KeyExchanges, insecure.KeyExchanges},
		{"ciphers", a.Ciphers, safe.Ciphers, insecure.Ciphers},
		{"macs", a.MACs, safe.MACs, insecure.MACs},
		{"host_keys", a.HostKeys, safe.HostKeys, insecure.HostKeys},
		{"signatures", a.Signatures, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}, []string{ssh.KeyAlgoRSA}},
	} {
		for i, name := range kind.names {
			if !slices.Contains(kind.safe, name) && !slices.Contains(kind.insecures, name) {
				report(kind.key+"["+strconv.Itoa(i)+"]", fmt.Sprintf("unknown: beside the safe ones, which are always offered, there are %s", strings.Join(kind.insecures, ", ")))
			}
		}
	}
}

// offer sets what is offered to the server, the safe ones first. The library's own
// defaults hold some insecure ones. Host keys are the verifier's business.
func (a Algorithms) offer(config *ssh.ClientConfig) {
	safe := ssh.SupportedAlgorithms()
	config.KeyExchanges = with(safe.KeyExchanges, a.KeyExchanges)
	config.Ciphers = with(safe.Ciphers, a.Ciphers)
	config.MACs = with(safe.MACs, a.MACs)
}

// with appends the names that are not there yet.
func with(names, more []string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// negotiated describes what a connection uses, and which of it is insecure.
func negotiated(client *ssh.Client) (security string, insecure []string) {
	conn, ok := client.Conn.(ssh.AlgorithmsConnMetadata)
	if !ok {
		return "", nil
	}
	used, weak := conn.Algorithms(), ssh.InsecureAlgorithms()
	names := []string{used.KeyExchange, used.HostKey, used.Write.Cipher, used.Write.MAC}
	for i, list := range [][]string{weak.KeyExchanges, weak.HostKeys, weak.Ciphers, weak.MACs} {
		if slices.Contains(list, names[i]) {
			insecure = append(insecure, names[i])
		}
	}
	// Some ciphers have their own authentication and no MAC.
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	return strings.Join(names, ", "), insecure
}
