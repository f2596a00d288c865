package sftp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
)

// knownHosts is what a known_hosts file says. A line that cannot be read, such as one with a type
// of key of a later year, is left out, as OpenSSH does, unless it is the only one about the
// server or revokes one of its keys: the library would refuse the whole file.
type knownHosts struct {
	*knownhosts.HostKeyDB
	// unread are the numbers of the lines that were left out.
	unread []int
}

// warning says what was left out; empty if nothing was.
func (k *knownHosts) warning() string {
	if k == nil || len(k.unread) == 0 {
		return ""
	}
	return fmt.Sprintf("known_hosts: line %s cannot be read and is left out", strings.Trim(fmt.Sprint(k.unread), "[]"))
}

// readKnownHosts reads a file for the server at addr, host:port.
func readKnownHosts(name, addr string) (*knownHosts, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read known_hosts: %w", err)
	}
	if whole, err := knownhosts.NewDB(name); err == nil {
		return &knownHosts{HostKeyDB: whole}, nil
	}
	lines := strings.Split(string(content), "\n")
	k := &knownHosts{}
	var about []string
	for i, line := range lines {
		marker, hosts, err := parseKnown(line)
		if err == nil {
			continue
		}
		k.unread = append(k.unread, i+1)
		lines[i] = ""
		here, e := concerns(hosts, addr)
		if e != nil || !here {
			continue // another server's, or nobody's
		}
		if marker == markerRevoked {
			return nil, fmt.Errorf("read known_hosts: line %d revokes a key of %s and cannot be read: %w", i+1, addr, err)
		}
		about = append(about, fmt.Sprintf("line %d, which is about %s, cannot be read: %v", i+1, addr, err))
	}
	if k.HostKeyDB, err = database(strings.Join(lines, "\n")); err != nil {
		return nil, fmt.Errorf("read known_hosts: %w", err)
	}
	if len(about) > 0 && len(k.HostKeys(addr)) == 0 {
		return nil, fmt.Errorf("read known_hosts: %s", about[0])
	}
	return k, nil
}

const markerRevoked = "@revoked"

// parseKnown tells whether the library can read a line, and whom it is about.
func parseKnown(line string) (marker, hosts string, err error) {
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
		return "", "", nil
	}
	if strings.HasPrefix(fields[0], "@") {
		marker, fields = fields[0], fields[1:]
	}
	if len(fields) < 3 {
		return marker, "", errors.New("it has too few fields")
	}
	hosts = fields[0]
	if marker != "" && marker != markerRevoked && marker != "@cert-authority" {
		return marker, hosts, fmt.Errorf("unknown marker %q", marker)
	}
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return marker, hosts, errors.New("its key is damaged")
	}
	key, err := ssh.ParsePublicKey(blob)
	switch {
	case err != nil:
		return marker, hosts, errors.New("its key is damaged, or of an unknown type")
	case key.Type() != fields[1]:
		return marker, hosts, fmt.Errorf("its key is of type %s", key.Type())
	}
	_, err = database(line)
	return marker, hosts, err
}

// someKey stands for a key that cannot be read.
const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// concerns tells whether the hosts of a line are about a server.
func concerns(hosts, addr string) (bool, error) {
	if hosts == "" {
		return false, nil
	}
	db, err := database(hosts + " " + someKey + "\n")
	if err != nil {
		return false, err
	}
	return len(db.HostKeys(addr)) > 0, nil
}

// database is what the library makes of a text. It reads files only.
func database(text string) (db *knownhosts.HostKeyDB, err error) {
	dir, err := os.MkdirTemp("", "known_hosts-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "known_hosts")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(f, text)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	db, err = knownhosts.NewDB(name)
	if err != nil {
		return nil, errors.New("it is not in the form of OpenSSH's known_hosts")
	}
	return db, nil
}
