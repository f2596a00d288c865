package remotetest

import (
	"io/fs"
	"net"
	stdpath "path"
	"time"
)

// FTPQuirks are habits of FTP servers in the field, each of which made some client lose a file,
// refuse a server or wait for ever. The zero value has none.
type FTPQuirks struct {
	// NoPassword is the command that lets everybody in: USER answers 232, PASS answers 202.
	NoPassword string
	// BarePASV leaves out the parentheses in an answer to PASV.
	BarePASV bool
	// Facts are those that MLSD and MLST state, of type, size and modify; nil are all.
	Facts []string
	// Line renders a line of LIST.
	Line func(fs.FileInfo) string
	// Empty is the answer to the listing of an empty folder.
	Empty string
	// EndsTwice says 226 twice; HangsUp ends the session after it; Resets resets the data
	// connection after the last byte of a file.
	EndsTwice, HangsUp, Resets bool
	// SizeLate is how long SIZE says 0 of an uploaded file, SizeMore how many bytes it says too
	// many.
	SizeLate time.Duration
	SizeMore int64
	// Busy is how long an uploaded file cannot be renamed because it is in use.
	Busy time.Duration
	// RenameLate is how long after its answer a rename takes place; RenameLies: it never does.
	RenameLate time.Duration
	RenameLies bool
	// TakesOnClose moves each file out of the folder once it was uploaded.
	TakesOnClose bool
	// GoneAfterRead takes each file away once it was downloaded.
	GoneAfterRead bool
	// MoveVersions is added to the name of a file that is renamed.
	MoveVersions string
	// Flat puts what is renamed into another folder into its own, under the last part of the path.
	Flat bool
	// Walls let nobody enter a folder below /in.
	Walls bool
	// Fact renders the name of a fact, such as in capitals; Extra is put before the facts.
	Fact  func(string) string
	Extra string
	// FactsMore is how many bytes MLSD and MLST state too many.
	FactsMore int64
	// Says is what the server answers, by command, where it has done as it was told.
	Says map[string]string
	// Begins is what is said before the data in place of 150; "-" is nothing. EndsFirst: 226 comes
	// before the data.
	Begins    string
	EndsFirst bool
	// KeepsData leaves the data connection of a download open after all was sent, KeepsListing that of
	// a listing.
	KeepsData, KeepsListing bool
	// EPSVForm renders the answer to EPSV.
	EPSVForm string
	// OneAtATime loses what comes together with a command.
	OneAtATime bool
	// No is the answer to a name that is not there, Exists that to one that is; 550 where they are left
	// out.
	No, Exists string
	// Drip is how long passes after each byte of data that is sent.
	Drip time.Duration
	// AnswersLate is how long after the data a file comes into being, and the answer with it.
	AnswersLate time.Duration
}

// keepsOpen tells whether the data connection of a command stays open.
func (q FTPQuirks) keepsOpen(verb string) bool {
	return q.KeepsData && verb == "RETR" || q.KeepsListing && (verb == "LIST" || verb == "MLSD" || verb == "NLST")
}

// done ends a transfer as the server does.
func (c *ftpSession) done(verb, name string, raw net.Conn) {
	q, s := c.server.options.Quirks, c.server
	if verb == "STOR" {
		s.mu.Lock()
		s.stored[name] = time.Now()
		s.mu.Unlock()
		if q.TakesOnClose {
			_ = s.root.Rename(name, "taken") // the test sees it
		}
		if q.AnswersLate > 0 {
			_ = raw.Close() // the client is not to wait for it
			hidden := name + ".scan"
			_ = s.root.Rename(name, hidden) // the same
			time.Sleep(q.AnswersLate)
			_ = s.root.Rename(hidden, name)
		}
	}
	if verb == "RETR" && q.GoneAfterRead {
		_ = s.root.Remove(name) // the test sees it
	}
	c.say("226 Done")
	if q.EndsTwice {
		c.say("226 Done")
	}
	c.over = q.HangsUp
}

// since returns how long ago a file was uploaded.
func (s *ScriptedFTP) since(name string) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	when, ok := s.stored[name]
	return time.Since(when), ok
}

func (c *ftpSession) statedSize(name string, size int64) int64 {
	q := c.server.options.Quirks
	if ago, ok := c.server.since(name); ok {
		if ago < q.SizeLate {
			return 0
		}
		size += q.SizeMore
	}
	return size
}

// refuses tells whether there is a file that a rename does not replace.
func (c *ftpSession) refuses(to string) bool {
	_, err := c.server.root.Lstat(to)
	return err == nil && c.server.options.Refuses
}

// renameOddly does what a quirk does in place of a rename, and tells whether there is one.
func (c *ftpSession) renameOddly(to string) bool {
	q, from := c.server.options.Quirks, c.from
	ago, ok := c.server.since(from)
	switch {
	case q.RenameLies:
		c.say("250 Renamed")
	case q.RenameLate > 0 && !c.refuses(to):
		c.say("250 Renamed")
		c.server.running.Go(func() {
			time.Sleep(q.RenameLate)
			_ = c.server.root.Rename(from, to) // the test sees it
		})
	case q.MoveVersions != "" || q.Flat:
		if q.Flat {
			to = stdpath.Join(stdpath.Dir(from), stdpath.Base(to))
		}
		c.answer(c.server.root.Rename(from, to+q.MoveVersions), "250 Renamed")
	case ok && ago < q.Busy:
		c.say("550 The process cannot access the file because it is being used by another process.")
	default:
		return false
	}
	return true
}
