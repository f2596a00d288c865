// Package starter writes a first configuration, with comments, from what only the
// administrator knows: the tenant, the partner and its server. What was not said yet is left
// empty, so that "check" names it; without a tenant it is one that works with the stand-in of
// the command sandbox.
package starter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"text/template"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// texts are the configurations with their comments: starter.yaml in English, and one for each
// other language.
//
//go:embed starter.yaml starter.fr.yaml starter.de.yaml
var texts embed.FS

// Answers are what a configuration is written from. Trial and Profile have to be there.
type Answers struct {
	// Tenant is the address of the Lucca tenant, as Tenant reads it; empty: that of Trial.
	Tenant string
	// APIKey may be empty: then its file is, and "check" says so.
	APIKey string
	// Trial is the stand-in that is used without a tenant.
	Trial Trial
	// Profile is the built-in partner; the flow and the remote have its name.
	Profile string
	// Server is the partner's; nil: a folder on this machine.
	Server *Server
	// HostKeys are the fingerprints of an SFTP server's keys, SHA256:….
	HostKeys []string
	// Password is of an FTP server; it may be empty as the key may.
	Password string
	// Language is that of messages, reports, the console and the comments; empty for English.
	Language message.Language
	// Home is where state, working files and the local folder lie; empty: beside the configuration.
	Home string
	// Owner is the account that the program will run as; nil: whoever writes.
	Owner *Owner
}

// Trial is a tenant that holds nothing but invented people, and its API key.
type Trial struct{ URL, Key string }

// Owner is an account of the system.
type Owner struct{ UID, GID int }

// Written is what Write made.
type Written struct {
	// Configuration and Key are paths: of the YAML file, and of the file of Lucca's API key.
	Configuration string `json:"configuration"`
	Key           string `json:"key"`
	// Flow is the name of the flow.
	Flow string `json:"flow"`
	// PublicKey is the line that the partner puts into authorized_keys; empty without an SFTP server.
	PublicKey string `json:"public_key,omitempty"`
	// Empty are the files that a secret is still to be put into.
	Empty []string `json:"empty,omitempty"`
}

// Write writes the configuration, the secrets and the folders that they need into dir. It
// overwrites nothing: run.ErrUsage names what is there.
func Write(dir string, a Answers) (Written, error) {
	w := Written{
		Configuration: filepath.Join(dir, "lucca-exchange.yaml"), Key: filepath.Join(dir, "secrets", "lucca-api-key"), Flow: a.Profile + "-nightly",
	}
	secrets := map[string]string{w.Key: a.APIKey}
	if a.Tenant == "" {
		secrets[w.Key] = a.Trial.Key
	}
	public := filepath.Join(dir, "secrets", "id_ed25519.pub")
	switch {
	case a.Server != nil && a.Server.Type == "sftp":
		private, line, err := newKeyPair()
		if err != nil {
			return Written{}, err
		}
		w.PublicKey = line
		secrets[filepath.Join(dir, "secrets", "id_ed25519")], secrets[public] = private, line
	case a.Server != nil:
		secrets[filepath.Join(dir, "secrets", a.Profile+"-password")] = a.Password
	}
	text, err := render(a)
	if err != nil {
		return Written{}, err
	}
	if err := free(append(keys(secrets), w.Configuration)); err != nil {
		return Written{}, err
	}
	folders := []string{filepath.Dir(w.Key)}
	if a.Server == nil {
		folders = append(folders, filepath.Join(home(dir, a.Home), "out", a.Profile))
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return Written{}, fmt.Errorf("make folder: %w", err)
		}
	}
	for _, path := range keys(secrets) {
		value := secrets[path]
		if value == "" {
			w.Empty = append(w.Empty, path)
		}
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			return Written{}, fmt.Errorf("write secret: %w", err)
		}
	}
	if err := os.WriteFile(w.Configuration, text, 0o600); err != nil {
		return Written{}, fmt.Errorf("write configuration: %w", err)
	}
	if err := a.Owner.admit(dir); err != nil {
		return Written{}, err
	}
	return w, a.Owner.give(append(append(folders, filepath.Join(home(dir, a.Home), "out")), append(keys(secrets), w.Configuration)...))
}

// admit lets the account read a folder, which stays its owner's: the configuration is of no use to a
// service that cannot reach it.
func (o *Owner) admit(dir string) error {
	if o == nil {
		return nil
	}
	info, err := os.Stat(dir)
	if err == nil && info.Mode()&0o005 != 0o005 {
		err = errors.Join(os.Chown(dir, -1, o.GID), os.Chmod(dir, info.Mode().Perm()|0o050))
	}
	if err != nil {
		return fmt.Errorf("let the service's account in: %w", err)
	}
	return nil
}

// give hands paths to the account.
func (o *Owner) give(paths []string) error {
	if o == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Lchown(path, o.UID, o.GID); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("give file to the service's account: %w", err)
		}
	}
	return nil
}

// home is the folder for what the program writes: beside the configuration unless said.
func home(dir, home string) string {
	if home == "" {
		return dir
	}
	return home
}

// free returns run.ErrUsage where one of the paths is there.
func free(paths []string) error {
	for _, path := range paths {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fault.Of(run.ErrUsage, "%s is already there, and nothing is overwritten", path)
		}
	}
	return nil
}

// render writes the YAML text.
func render(a Answers) ([]byte, error) {
	name := "starter.yaml"
	if a.Language != "" && a.Language != message.English {
		name = "starter." + string(a.Language) + ".yaml"
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"quote": strconv.Quote}).ParseFS(texts, name)
	if err != nil {
		return nil, fmt.Errorf("read starter: %w", err)
	}
	base := "."
	state := "./state"
	if a.Home != "" {
		base, state = a.Home, a.Home
	}
	v := map[string]any{
		"Trial": a.Tenant == "", "URL": a.Tenant, "State": state, "Out": base + "/out/" + a.Profile,
		"Partner": a.Profile, "Profile": a.Profile, "Language": a.Language, "Server": a.Server, "HostKeys": a.HostKeys,
	}
	if a.Tenant == "" {
		v["URL"] = a.Trial.URL
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return b.Bytes(), nil
}
