package partner

import (
	"os"
	"path/filepath"
	"testing"
)

func TestShortReaderAnswersHalf(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	if n, err := (shortReader{&download{File: f}}).ReadAt(make([]byte, 100), 0); n != 50 || err != nil {
		t.Errorf("ReadAt of 100 bytes = %d, %v; want 50", n, err)
	}
	if n, err := (shortReader{&download{File: f}}).ReadAt(make([]byte, 1), 999); n != 1 || err != nil {
		t.Errorf("ReadAt of the last byte = %d, %v; want 1", n, err)
	}
}
