package delivery_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
)

// newFTPDelay starts what makes a round trip to an FTP server without encryption take twice
// delay, on its data connections too, and returns its address.
func newFTPDelay(t testing.TB, target string, delay time.Duration) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	d := &ftpDelay{t: t, target: target, delay: delay}
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { d.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // only a second close fails
		running.Wait()
	})
	front := remotetest.NewProxy(t, listener.Addr().String())
	front.Break(remotetest.Fault{Delay: delay})
	return front.Addr()
}

// ftpDelay puts delaying proxies in the place of the ports that the server names.
type ftpDelay struct {
	t      testing.TB
	target string
	delay  time.Duration
}

func (d *ftpDelay) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", d.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var commands sync.WaitGroup
	commands.Go(func() {
		_, _ = io.Copy(server, client) // how it ends is no matter
		_ = server.Close()
	})
	answers := bufio.NewReader(server)
	for {
		line, err := answers.ReadString('\n')
		if err != nil {
			break
		}
		if _, err := io.WriteString(client, d.redirect(line)); err != nil {
			break
		}
	}
	_ = client.Close()
	commands.Wait()
}

var (
	epsvPort = regexp.MustCompile(`^229 .*\|\|\|(\d+)\|`)
	pasvPort = regexp.MustCompile(`^227 .*,(\d+),(\d+)\)`)
)

// redirect puts the port of a proxy in the place of the one that an answer names.
func (d *ftpDelay) redirect(line string) string {
	port := 0
	if m := epsvPort.FindStringSubmatch(line); m != nil {
		port, _ = strconv.Atoi(m[1]) // digits
	} else if m := pasvPort.FindStringSubmatch(line); m != nil {
		high, _ := strconv.Atoi(m[1])
		low, _ := strconv.Atoi(m[2])
		port = high<<8 + low
	}
	if port == 0 {
		return line
	}
	proxy := remotetest.NewProxy(d.t, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	proxy.Break(remotetest.Fault{Delay: d.delay})
	_, text, _ := net.SplitHostPort(proxy.Addr())
	front, _ := strconv.Atoi(text)
	if strings.HasPrefix(line, "229") {
		return fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)\r\n", front)
	}
	return fmt.Sprintf("227 Entering Passive Mode (127,0,0,1,%d,%d).\r\n", front>>8, front&255)
}
