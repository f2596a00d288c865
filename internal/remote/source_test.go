package remote_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"lucca-exchange/internal/remote"
)

func TestExactlyEndsOnlyAtTheDeclaredSize(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	for _, tt := range []struct {
		name string
		src  io.Reader
		size int64
		want error
	}{
		{"empty", strings.NewReader(""), 0, nil},
		{"as declared", strings.NewReader("abcdef"), 6, nil},
		{"as declared, end with the last byte", iotest.DataErrReader(strings.NewReader("abcdef")), 6, nil},
		{"one byte at a time", iotest.OneByteReader(strings.NewReader("abcdef")), 6, nil},
		{"short", strings.NewReader("abcde"), 6, remote.ErrSource},
		{"long", strings.NewReader("abcdefg"), 6, remote.ErrSource},
		{"not empty as declared", strings.NewReader("a"), 0, remote.ErrSource},
		{"fails", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 6, broken},
		{"fails at its end", io.MultiReader(strings.NewReader("abcdef"), iotest.ErrReader(broken)), 6, broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := io.ReadAll(remote.Exactly(tt.src, tt.size))
			if tt.want == nil {
				if err != nil || int64(len(got)) != tt.size {
					t.Fatalf("read %d bytes, %v; want %d", len(got), err, tt.size)
				}
				return
			}
			if !errors.Is(err, remote.ErrSource) || !errors.Is(err, tt.want) {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
			if int64(len(got)) > tt.size {
				t.Errorf("read %d bytes of a source that may hold %d", len(got), tt.size)
			}
		})
	}
}
