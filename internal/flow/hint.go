package flow

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote"
)

// proxyHints are those of a remote behind a proxy: what is wrong is not the remote's.
var proxyHints = []struct {
	is   error
	hint string
}{
	{remote.ErrAuth, ""}, // says which keys
	{remote.ErrPermission, ""},
	{syscall.ECONNREFUSED, "nothing answers at the proxy's port: check the proxy of the remote; it may be down too"},
	{remote.ErrTemporary, "the proxy does not reach the remote: check the host and port of the remote, or ask the proxy's operator"},
}

// hints say what a person does about a fault, first match first. Errors that already say
// so have none.
var hints = []struct {
	is   error
	hint string
}{
	{lucca.ErrUnauthorized, "it may be wrong, or deleted in Lucca"},
	{lucca.ErrForbidden, ""}, // says which right
	{lucca.ErrClient, "the secret may have been replaced, or the client deleted in Lucca"},
	{lucca.ErrScope, ""}, // says which scope
	{lucca.ErrNoKey, ""},
	{lucca.ErrRateLimited, "another integration uses the same tenant: lower lucca.requests_per_minute, or run at another time"},
	{lucca.ErrProxy, "check HTTPS_PROXY and NO_PROXY in the environment of the service, or ask the proxy's operator to allow the address"},
	{lucca.ErrUnavailable, "run again later"},
	{lucca.ErrChanged, "the employees changed while they were read: run again"},
	{lucca.ErrMalformed, "check lucca.url; if it is right, Lucca's answer is at fault: run again later"},
	{lucca.ErrNotFound, "check lucca.url"},
	{remote.ErrHostKey, "do not go on before the partner has confirmed its key; lucca-exchange hostkey prints what the server shows"},
	{remote.ErrCertificate, "do not go on before the partner has confirmed its certificate"},
	{remote.ErrAuth, "check the user and the key or password of the remote; it is not tried again, so that the account is not locked"},
	{remote.ErrLoginCut, "check the user and the key or password of the remote; it is not tried again, so that the account is not locked"},
	{remote.ErrNoSpace, "ask the partner to make room"},
	{remote.ErrPermission, "ask the partner for the right to write in the remote's dir"},
	{syscall.ECONNREFUSED, "nothing answers at that port: check the host and the port; the server may be down too"},
	{remote.ErrTemporary, "the server or the network is down: try again later"},
	{delivery.ErrNoFolder, "check the remote's dir: the folder must exist"},
	{syscall.ENOSPC, "make room on this machine's disk, in spool and state"},
}

// Sentence is an error as one sentence with the remedy, where there is one to name.
func Sentence(err error) string {
	text := once(strings.ReplaceAll(err.Error(), "\n", "; "))
	if hint := hintOf(err); !strings.Contains(text, hint) {
		return text + ": " + hint
	}
	return text
}

// verbs are those of the system's own errors, which name a path.
var verbs = []string{"open", "read", "write", "stat", "create", "remove", "mkdir", "readdirent"}

// once says once what was tried where the system says it again of the path: "read file: read x: is a directory".
func once(text string) string {
	parts := strings.Split(text, ": ")
	for i := len(parts) - 2; i >= 0; i-- {
		tried, _, _ := strings.Cut(parts[i], " ")
		again, path, named := strings.Cut(parts[i+1], " ")
		if named && tried == again && !strings.Contains(path, " ") && slices.Contains(verbs, tried) {
			parts = slices.Delete(parts, i, i+1)
		}
	}
	return strings.Join(parts, ": ")
}

func hintOf(err error) string {
	known := hints
	unknown, noName := errors.AsType[*net.DNSError](err)
	noName = noName && unknown.IsNotFound
	switch proxy := errors.Is(err, remote.ErrProxy); {
	case noName && proxy:
		return "no host has this name, check the proxy of the remote"
	case noName:
		return "no host has this name, check how it is written"
	case proxy && errors.Is(err, io.EOF):
		return "it ended the connection: check whether it is a proxy of that kind (http:// or socks5://), and its port"
	case proxy:
		known = proxyHints
	}
	for _, h := range known {
		if errors.Is(err, h.is) {
			return h.hint
		}
	}
	return ""
}
