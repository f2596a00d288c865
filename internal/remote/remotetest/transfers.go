package remotetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"lucca-exchange/internal/remote"
)

func roundTrip(t *testing.T, b *bench) {
	const packet = 32 << 10
	for i, size := range []int{0, 1, packet - 1, packet, packet + 1, 2*packet + 7, 5<<20 + 3} {
		name := "file-" + strconv.Itoa(i) + ".csv"
		want := noise(size)
		b.must("upload", b.Upload(t.Context(), name, bytes.NewReader(want), int64(size)))
		b.want(name, string(want))
		var got bytes.Buffer
		n, err := b.Download(t.Context(), name, &got)
		b.must("download", err)
		if n != int64(size) || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("downloaded %d of %d bytes, equal: %t", n, size, bytes.Equal(got.Bytes(), want))
		}
		entry, err := b.Stat(t.Context(), name)
		b.must("stat", err)
		if entry.Size != int64(size) {
			t.Errorf("stat says %d bytes, want %d", entry.Size, size)
		}
	}
	name := "Salariés d'été & co, 100% (v2) [final] #1.csv"
	b.must("upload", b.Upload(t.Context(), name, strings.NewReader("x"), 1))
	b.want(name, "x")
}

func uploadExisting(t *testing.T, b *bench) {
	b.plant("taken.csv", "old")
	err := b.Upload(t.Context(), "taken.csv", strings.NewReader("newer"), 5)
	b.wantError("upload", err, fs.ErrExist)
	b.want("taken.csv", "old")
	b.must("upload after a refused one", b.Upload(t.Context(), "free.csv", strings.NewReader("new"), 3))
}

func badSources(t *testing.T, b *bench) {
	broken := errors.New("spool gone")
	data := noise(1 << 20)
	for _, tt := range []struct {
		name string
		src  io.Reader
		want error
	}{
		{"short.csv", bytes.NewReader(data[:len(data)-1]), remote.ErrSource},
		{"empty.csv", strings.NewReader(""), remote.ErrSource},
		{"long.csv", io.MultiReader(bytes.NewReader(data), strings.NewReader("x")), remote.ErrSource},
		{"broken.csv", io.MultiReader(bytes.NewReader(data[:300_000]), iotest.ErrReader(broken)), broken},
	} {
		s := b.open()
		b.wantError(tt.name, s.Upload(t.Context(), tt.name, tt.src, int64(len(data))), tt.want)
	}
}

func downloadFolder(t *testing.T, b *bench) {
	b.plantFolder("users.csv")
	if n, err := b.Download(t.Context(), "users.csv", io.Discard); err == nil {
		t.Errorf("a folder downloads as %d bytes", n)
	}
}

// stopWriter fails, or does something once, after n bytes.
type stopWriter struct {
	left int
	stop func() error
}

func (w *stopWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		if err := w.stop(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func badDestination(t *testing.T, b *bench) {
	full := errors.New("spool full")
	b.plant("big.csv", string(noise(3<<20)))
	_, err := b.Download(t.Context(), "big.csv", &stopWriter{left: 1 << 20, stop: func() error { return full }})
	b.wantError("download", err, full)
}

var errStopped = errors.New("stopped by the test")

func canceled(t *testing.T, b *bench) {
	b.plant("a.csv", "a")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	_, openErr := b.Remote.Open(ctx)
	b.wantError("open", openErr, errStopped)
	_, listErr := b.open().List(ctx, "")
	_, statErr := b.open().Stat(ctx, "a.csv")
	_, downloadErr := b.open().Download(ctx, "a.csv", io.Discard)
	for what, err := range map[string]error{
		"list": listErr, "stat": statErr, "download": downloadErr,
		"upload":  b.open().Upload(ctx, "b.csv", strings.NewReader("x"), 1),
		"rename":  b.open().Rename(ctx, "a.csv", "c.csv"),
		"replace": b.open().Replace(ctx, "a.csv", "c.csv"),
		"remove":  b.open().Remove(ctx, "a.csv"),
		"move":    b.open().Rename(ctx, "a.csv", "sub/a.csv"),
		"folder":  b.open().MakeFolder(ctx, "sub"),
	} {
		b.wantError(what, err, errStopped)
	}
	b.want("a.csv", "a")
}

func cancelUpload(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	data := noise(8 << 20)
	src := io.TeeReader(bytes.NewReader(data), &stopWriter{left: 2 << 20, stop: func() error { cancel(errStopped); return nil }})
	b.wantError("upload", b.Upload(ctx, "a.csv", src, int64(len(data))), errStopped)
	if len(b.content("a.csv")) == len(data) {
		t.Error("the upload went on to its end")
	}
}

func cancelDownload(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	b.plant("big.csv", string(noise(8<<20)))
	dst := &stopWriter{left: 1 << 20, stop: func() error { cancel(errStopped); return nil }}
	n, err := b.Download(ctx, "big.csv", dst)
	b.wantError("download", err, errStopped)
	if n == 8<<20 {
		t.Error("the download went on to its end")
	}
}
