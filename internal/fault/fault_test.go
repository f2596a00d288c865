package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"lucca-exchange/internal/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	kind := fmt.Errorf("no such thing: %w", fs.ErrNotExist)
	err := fault.Of(kind, "%d of %q", 3, "a")
	if !errors.Is(err, kind) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		t.Error("its kind is not known")
	}
	if got := err.Error(); got != `no such thing: file does not exist: 3 of "a"` {
		t.Errorf("got %q", got)
	}
}

func TestOfWhatLiesBeneath(t *testing.T) {
	t.Parallel()
	for text, err := range map[string]error{
		"permission denied: file \"a\": file does not exist": fault.Of(fs.ErrPermission, "file %q: %w", "a", fs.ErrNotExist),
		"permission denied: file does not exist":             fault.Wrap(fs.ErrPermission, fs.ErrNotExist),
		"a may not: file does not exist":                     fault.As(fs.ErrPermission, "%s may not: %w", "a", fs.ErrNotExist),
	} {
		if err.Error() != text || !errors.Is(err, fs.ErrPermission) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v, expected %s, and both errors", err, text)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	err := fault.Hint(fs.ErrNotExist, "run %s", "init")
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "file does not exist; run init" {
		t.Errorf("got %v", err)
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	if err := fault.As(fs.ErrNotExist, "nothing is in %s", "a"); !errors.Is(err, fs.ErrNotExist) || err.Error() != "nothing is in a" {
		t.Errorf("got %v", err)
	}
}
