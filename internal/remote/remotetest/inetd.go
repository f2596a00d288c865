package remotetest

import (
	"context"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// inetd listens on a free port of 127.0.0.1 until the test ends, and runs command for each
// connection, with the connection as its standard input and output. The port is ours from
// the start, and no daemon can outlive the test.
func inetd(t testing.TB, command func(context.Context) *exec.Cmd) *net.TCPAddr {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("listening on %v", listener.Addr())
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				running.Go(func() { serve(command(ctx), tcp) })
			}
		}
	})
	t.Cleanup(func() {
		stop()
		_ = listener.Close() // only a second close fails
		running.Wait()
	})
	return addr
}

func serve(cmd *exec.Cmd, conn *net.TCPConn) {
	socket, err := conn.File()
	_ = conn.Close() // the server has its own copy
	if err != nil {
		return
	}
	cmd.Stdin, cmd.Stdout = socket, socket
	// A server that forks ends with all its children.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Start()
	_ = socket.Close() // the child holds it
	if err == nil {
		_ = cmd.Wait() // how a client left is the client's business
	}
}
