// Package starter writes a first configuration, with comments and a placeholder for each
// thing that only the administrator knows.
package starter

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lucca-exchange/internal/run"
)

//go:embed starter.yaml
var configurationText []byte

// keyText is what init writes where the API key belongs.
const keyText = "replace this line with the API key of your Lucca tenant\n"

// Write writes a commented first configuration into dir, with a placeholder where the API
// key belongs and the local folder that its flow writes to, and returns the paths it
// wrote. It overwrites nothing.
func Write(dir string) (configuration, key string, err error) {
	configuration = filepath.Join(dir, "lucca-exchange.yaml")
	key = filepath.Join(dir, "secrets", "lucca-api-key")
	for _, path := range []string{configuration, key} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return "", "", fmt.Errorf("%w: %s is already there, and nothing is overwritten", run.ErrUsage, path)
		}
	}
	for _, folder := range []string{filepath.Dir(key), filepath.Join(dir, "out", "skillup")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", "", fmt.Errorf("make folder: %w", err)
		}
	}
	if err := os.WriteFile(key, []byte(keyText), 0o600); err != nil {
		return "", "", fmt.Errorf("write placeholder of the API key: %w", err)
	}
	if err := os.WriteFile(configuration, configurationText, 0o600); err != nil {
		return "", "", fmt.Errorf("write configuration: %w", err)
	}
	return configuration, key, nil
}
