package flow

import (
	"errors"
	"net"
	"strings"
	"syscall"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote"
)

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
	{syscall.ECONNREFUSED, "nothing answers at that port: check the host and port of the remote; the server may be down too"},
	{remote.ErrTemporary, "the server or the network is down: try again later"},
	{delivery.ErrNoFolder, "check the remote's dir: the folder must exist"},
	{syscall.ENOSPC, "make room on this machine's disk, in spool and state"},
}

// Sentence is an error as one sentence with the remedy, where there is one to name.
func Sentence(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if unknown, ok := errors.AsType[*net.DNSError](err); ok && unknown.IsNotFound {
		return text + ": no host has this name, check how it is written"
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			if h.hint == "" || strings.Contains(text, h.hint) {
				return text
			}
			return text + ": " + h.hint
		}
	}
	return text
}
