package ftp

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestSlowLine: what is silent is a server that takes nothing, and not a line on which one piece of a file
// takes longer than the idle timeout.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	w := &wire{Conn: near, idle: 200 * time.Millisecond}
	go func() {
		piece := make([]byte, 10)
		for range 20 {
			time.Sleep(w.idle / 10)
			_, _ = io.ReadFull(far, piece) // the writer tells
		}
	}()
	if n, err := w.Write(make([]byte, 200)); n != 200 || err != nil {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
	if n, err := w.Write(make([]byte, 200)); n > 0 || !isTimeout(err) {
		t.Errorf("wrote %d bytes to nobody, %v", n, err)
	}
}
