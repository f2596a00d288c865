// Package secret keeps passwords and keys out of configuration files, logs and errors.
//
// The configuration holds only a Ref, which says where the secret is; Resolve reads
// it into a Value, which prints as [redacted] everywhere. It is a leaf package so that
// every adapter's own Config can hold a Ref.
package secret

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lucca-exchange/internal/fault"
)

// maxBytes bounds a secret file: the largest real one is a private key of some KiB.
const maxBytes = 64 << 10

// ErrUnreadable is wrapped by every error of Resolve: the reference is right in form,
// but there is no usable secret behind it.
var ErrUnreadable = errors.New("secret cannot be read")

// Ref says where a secret is: in an environment variable or in a file. Exactly one of
// the two is set.
type Ref struct {
	Env  string `yaml:"env,omitempty" json:"env,omitempty" jsonschema:"description=name of the environment variable that holds the secret"`
	File string `yaml:"file,omitempty" json:"file,omitempty" jsonschema:"description=path of a file that only its owner can read; a relative path starts at the configuration file"`
}

// IsZero reports whether the reference was left out of the configuration.
func (r Ref) IsZero() bool { return r == Ref{} }

// Validate returns a fault when the reference names no source, or two.
func (r Ref) Validate() error {
	switch {
	case r.IsZero():
		return errors.New("missing: want {env: NAME} or {file: PATH}")
	case r.Env != "" && r.File != "":
		return errors.New("want {env: NAME} or {file: PATH}, not both")
	}
	return nil
}

// Under returns the reference with a relative file resolved against dir.
func (r Ref) Under(dir string) Ref {
	r.File = Under(dir, r.File)
	return r
}

// Under resolves the path of a file that a configuration in dir names, if it names one.
func Under(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// Resolve reads the secret. One trailing line end is dropped, since editors add it.
// A file that its group or others can read is refused: whoever can log in to the
// machine could read it too. All errors wrap ErrUnreadable.
func (r Ref) Resolve() (Value, error) {
	if err := r.Validate(); err != nil {
		return Value{}, fault.Wrap(ErrUnreadable, err)
	}
	if r.Env != "" {
		v, ok := os.LookupEnv(r.Env)
		if !ok || v == "" {
			return Value{}, fault.Of(ErrUnreadable, "%s is not set", r.variable())
		}
		return NewValue(v), nil
	}
	return readFile(r.File)
}

// envName is what variables are called; a secret that somebody wrote in its place is hardly ever
// like that.
var envName = regexp.MustCompile(`^[A-Z]+(_[A-Z0-9]+)+$|^[A-Z]{1,12}$`)

// variable names the environment variable, unless what stands there may be the secret itself.
func (r Ref) variable() string {
	if envName.MatchString(r.Env) {
		return "environment variable " + r.Env
	}
	return "the environment variable that stands here (want a name like SFTP_PASSWORD; it is not repeated, since it may be the secret itself)"
}

// fileName is what files of secrets are called that may be named when they are missing.
var fileName = regexp.MustCompile(`^[a-z._-]{1,40}$|\.[a-z]{2,5}$`)

// public reports whether a file begins like a public key or a certificate, which others may read.
func public(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var begin [64]byte
	n, _ := io.ReadFull(f, begin[:]) // what can be read of it decides
	return publicKey.Match(begin[:n])
}

var publicKey = regexp.MustCompile(`^(?:ssh-|ecdsa-sha2-|sk-|-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY|CERTIFICATE|PGP PUBLIC KEY BLOCK)|---- BEGIN SSH2 PUBLIC KEY)`)

func readFile(path string) (Value, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !fileName.MatchString(filepath.Base(path)) {
		return Value{}, fault.Of(ErrUnreadable, "there is no such file in %q (its name is not repeated, since it may be the secret itself)", filepath.Dir(path))
	}
	if err != nil {
		return Value{}, fault.Of(ErrUnreadable, "file %q: %w", path, reason(err))
	}
	if !info.Mode().IsRegular() {
		return Value{}, fault.Of(ErrUnreadable, "%q is not a regular file", path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 && !credential(path, perm) {
		if public(path) {
			return Value{}, fault.Of(ErrUnreadable, "%q is a public key or a certificate: name the file of the private key", path)
		}
		return Value{}, fault.Of(ErrUnreadable, "others can read %q (mode %04o): run chmod 600 on it", path, perm)
	}
	if info.Size() > maxBytes {
		return Value{}, fault.Of(ErrUnreadable, "%q holds more than %d bytes", path, maxBytes)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Value{}, fault.Of(ErrUnreadable, "file %q: %w", path, reason(err))
	}
	s := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if s == "" {
		return Value{}, fault.Of(ErrUnreadable, "file %q is empty", path)
	}
	return NewValue(s), nil
}

// credential reports whether the file is one that systemd handed to this unit
// (LoadCredential=): it lies in a folder that only the unit can enter, and shows the mask of
// its access list as the rights of a group.
func credential(path string, perm fs.FileMode) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	return dir != "" && filepath.Dir(filepath.Clean(path)) == filepath.Clean(dir) && perm&0o007 == 0
}

// reason strips the path that *fs.PathError repeats.
func reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// redacted is what every printed form of a Value shows.
const redacted = "[redacted]"

// Value is a secret in memory. Only Reveal gives it away.
type Value struct{ s string }

// NewValue wraps a secret.
func NewValue(s string) Value { return Value{s: s} }

// Reveal returns the secret itself: call it where it goes on the wire and nowhere else.
func (v Value) Reveal() string { return v.s }

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.s == "" }

// String hides the secret.
func (Value) String() string { return redacted }

// GoString hides the secret from %#v.
func (Value) GoString() string { return redacted }

// LogValue hides the secret from slog.
func (Value) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the secret from JSON and YAML.
func (Value) MarshalText() ([]byte, error) { return []byte(redacted), nil }
