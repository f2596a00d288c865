package sftp

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

func newWire(input []byte) *wire {
	return &wire{src: bytes.NewReader(input), progress: func() {}, idle: time.Minute, now: time.Now}
}

// FuzzWire: whatever a server sends, there is an end and no more than came comes out, but for the
// sizes that are filled in.
func FuzzWire(f *testing.F) {
	f.Add(frame([]byte{packetName}, []byte{0, 0, 0, 1, 0, 0, 0, 0}))
	f.Add(frame([]byte{packetData}, []byte{0, 0, 0, 1, 0, 0, 0, 0}))
	f.Add(frame([]byte{packetName}, append([]byte{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0, 0, 0, 0}, 0, 0, 0, 0)))
	f.Add(frame([]byte{packetAttrs}, []byte{0, 0, 0, 1, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}))
	f.Add([]byte("Welcome to ACME\r\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		out, _ := io.ReadAll(newWire(input))
		if len(out) > 4*len(input)+64 {
			t.Errorf("%d bytes became %d", len(input), len(out))
		}
	})
}

func TestWireTellsTheEnds(t *testing.T) {
	t.Parallel()
	for name, packet := range map[string][]byte{
		"no names": frame([]byte{packetName}, []byte{0, 0, 0, 7, 0, 0, 0, 0}),
		"no data":  frame([]byte{packetData}, []byte{0, 0, 0, 7, 0, 0, 0, 0}),
	} {
		got, err := io.ReadAll(newWire(packet))
		want := ended([]byte{0, 0, 0, 7})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, %v, want %x", name, got, err, want)
		}
	}
}

func TestListingThatDoesNotGoOn(t *testing.T) {
	t.Parallel()
	w := newWire(nil)
	at := time.Now()
	w.now = func() time.Time { return at }
	if err := w.measure(1, 10); err != nil {
		t.Error(err)
	}
	at = at.Add(patience*w.idle + time.Second)
	if err := w.measure(1, 10); err == nil {
		t.Error("a listing may take for ever")
	}
	w.begin()
	if err := w.measure(1, 10); err != nil {
		t.Errorf("the next listing: %v", err)
	}
}

// TestWireEndsATrickle: a file that comes by a byte a second is given up after some minutes, and one
// that takes as long at a fair pace is not.
func TestWireEndsATrickle(t *testing.T) {
	t.Parallel()
	for piece, want := range map[int]error{1: errSlowFile, 32 << 10: nil} {
		packet := frame([]byte{packetData}, append([]byte{0, 0, 0, 7, 0, 0, 0, 1}, make([]byte, piece)...))
		w := newWire(bytes.Repeat(packet, 1000))
		now := time.Now()
		w.now = func() time.Time { now = now.Add(time.Second); return now }
		var err error
		for range 1000 {
			if _, err = io.ReadFull(w, make([]byte, len(packet))); err != nil { // as the library reads
				break
			}
		}
		if !errors.Is(err, want) {
			t.Errorf("pieces of %d bytes: error = %v, want %v", piece, err, want)
		}
	}
}
