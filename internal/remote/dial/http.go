package dial

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// maxHead bounds a proxy's answer.
const maxHead = 16 << 10

// tunnel asks an HTTP proxy for connections.
type tunnel struct {
	proxy string
	login *proxy.Auth // nil without a login
}

func (t tunnel) dial(ctx context.Context, network, target string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, t.proxy)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes who waits
	err = t.connect(conn, target)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close() // the error is what counts
		return nil, err
	}
	return conn, nil
}

func (t tunnel) connect(conn net.Conn, target string) error {
	var ask bytes.Buffer
	fmt.Fprintf(&ask, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target)
	if t.login != nil {
		login := base64.StdEncoding.EncodeToString([]byte(t.login.User + ":" + t.login.Password))
		fmt.Fprintf(&ask, "Proxy-Authorization: Basic %s\r\n", login)
	}
	ask.WriteString("\r\n")
	if _, err := conn.Write(ask.Bytes()); err != nil {
		return err
	}
	head, err := readHead(conn)
	if err != nil {
		return fmt.Errorf("read its answer: %w", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return errors.New("read its answer: not HTTP")
	}
	_ = answer.Body.Close() // an answer to CONNECT has none that counts
	return verdict(answer.StatusCode)
}

// readHead reads up to the empty line and not one byte more: what follows is the target's,
// and an FTP or SSH server speaks first.
func readHead(conn net.Conn) ([]byte, error) {
	head := make([]byte, 0, 256)
	var next [1]byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) == maxHead {
			return nil, fmt.Errorf("longer than %d bytes", maxHead)
		}
		n, err := conn.Read(next[:])
		head = append(head, next[:n]...)
		if err != nil {
			return nil, err
		}
	}
	return head, nil
}

// verdict is what a proxy's status means for the target.
func verdict(status int) error {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusProxyAuthRequired, status == http.StatusUnauthorized:
		return fault.Of(remote.ErrAuth, "the proxy answers %s: check proxy_user and proxy_password", text)
	case status == http.StatusForbidden, status == http.StatusMethodNotAllowed:
		return fault.Of(remote.ErrPermission, "the proxy answers %s: ask its operator to allow the target", text)
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return fault.Of(remote.ErrTemporary, "it answers %s", text)
	}
	return fmt.Errorf("it answers %s", text)
}
