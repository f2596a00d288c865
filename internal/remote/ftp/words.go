package ftp

import (
	"regexp"
	"slices"

	"lucca-exchange/internal/remote"
)

// nothingFirst is what some servers answer to an empty folder, with what else it may be behind it,
// as in "No files found or invalid directory or permission problem". The folder was entered.
var nothingFirst = regexp.MustCompile(`^no (files?|entries|items)( were| was)? found\b`)

// says tells whether the server's words are of one kind and of none of the others.
func (r reply) says(kind remote.Phrases, others ...remote.Phrases) bool {
	return kind.In(r.text) && !slices.ContainsFunc(others, func(other remote.Phrases) bool { return other.In(r.text) })
}

// crowded tells whether the server refuses because too many use it.
func (r reply) crowded() bool { return r.code >= 400 && remote.Crowded(r.text) }

// busy tells whether the server refuses because somebody else uses the file. 450 says that and
// nothing else (RFC 959, section 4.2), but for servers that say it of a missing file.
func (r reply) busy() bool {
	switch r.code {
	case codeBusy:
		return !r.says(remote.Nothing) && !r.says(remote.Denied)
	case codeLocalError, codeUnavailable, codeUnavailable + 1, codeBadName:
		return r.says(remote.InUse)
	}
	return false
}
