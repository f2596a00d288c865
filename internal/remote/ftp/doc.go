// Package ftp is a folder of an FTP server as a remote: over TLS, explicit (RFC 4217) or
// implicit, or without encryption where that is allowed in so many words. Commands are those
// of RFC 959, 2389 (FEAT), 2428 (EPSV) and 3659 (SIZE, MDTM, MLST, MLSD); transfers are
// binary and passive.
//
// The session is held by github.com/jlaffaye/ftp: it reads the greeting, logs in, asks for the features,
// sets the session up, opens data connections, lists, stores, retrieves, renames and asks. What servers
// in the field do beyond what it bears is mended below it, on the connections that it is given:
//
//   - control (control.go, mend.go) reads each answer of the server in whatever form it comes, with a
//     deadline for the whole of it, and hands it on in the one form that the library reads; the
//     library's errors are replaced by the answer as it was. The answer that ends a transfer may take
//     minutes: servers scan what they got.
//   - data (data.go) has a rolling deadline for each read and write, shakes hands at its first byte, since
//     servers accept TLS only after the command, and is closed politely after an upload, since a close with
//     unread data resets the connection and the server loses the end of the file. It is dialed while the
//     server hears the command.
//   - pipeline (pipeline.go) sends ahead what will be asked next, to servers that are known to bear it.
//   - listing (listing.go, parse.go) reads the lines that the library would drop or misread, within bounds.
//
// Ours are also AUTH TLS and the handshake, since the library puts its TLS above the connection that it
// is given, where answers could not be mended, and OPTS UTF8, which the library sends at the login or
// never. Both may go when it has a hook for answers and for commands of one's own.
//
// Above the library, client is the talk with one server, place the folder in which it resolves names,
// lister and inquiry find out what is in there, and session is what callers see.
//
// What else is done for servers as they are:
//
//   - A context that ends closes both connections.
//   - Each session has a TLS configuration of its own with its own session cache and a
//     ServerName, without which Go would never resume the session on a data connection, as
//     servers demand. TLS 1.2 comes first: ProFTPD 1.3.8 dies of session resumption in TLS 1.3.
//   - Codes of success vary, and come twice, or with the end of the session, which is then opened
//     again: whether a file arrived is decided by its size. A source that fails resets both
//     connections, since the server would take their end for that of the file.
//   - A listing in a form that is not known is completed by NLST, or refused: a line that was not
//     understood may be the file that everybody waits for. So is one that the server has cut. What
//     it leaves out is asked for, name by name. One that is empty is compared with NLST.
//   - What a code leaves open is read from the words beside it, in several languages: whether too
//     many are connected, a file is in use, a folder is empty (words.go).
//   - Names that are not UTF-8 are read as Windows-1252 and sent back as the bytes they came in.
//
// Data connections always go to the machine that the control connection goes to, whatever address
// a PASV answer names.
//
// FTP promises nothing about renaming over an existing file, so Replace is not supported, and
// Rename overwrites (vsftpd, ProFTPD, Pure-FTPd) or returns fs.ErrExist (IIS). It cannot create
// a file exclusively either: Upload asks for the name first, and a file that appears under
// it in between is overwritten. Names with a secret of their own, as temporary names have,
// do not meet.
package ftp
