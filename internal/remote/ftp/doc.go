// Package ftp is a folder of an FTP server as a remote: over TLS, explicit (RFC 4217) or
// implicit, or without encryption where that is allowed in so many words. Commands are those
// of RFC 959, 2389 (FEAT), 2428 (EPSV) and 3659 (SIZE, MDTM, MLST, MLSD); transfers are
// binary and passive.
//
// What github.com/jlaffaye/ftp v0.2.4 does not do, and this package therefore does:
//
//   - It bounds nothing but the dial. Here every command has a deadline for its whole
//     answer, every read and write of a data connection a rolling one, and a context that
//     ends closes both connections, which is the one way to interrupt the library.
//   - TLS is set up here, for control and data connections alike, and the library is given
//     connections that are encrypted already. Each session has a TLS configuration of its
//     own with its own session cache and a ServerName, without which Go would never resume
//     the session on a data connection, as servers demand. TLS 1.2 comes first: ProFTPD 1.3.8
//     dies of session resumption in TLS 1.3. A data connection shakes hands at its first
//     byte, since servers accept it only after the command, and is closed politely after an
//     upload, since a close with unread data resets the connection and the server loses the
//     end of the file.
//   - It drops the lines of a listing that it does not understand, and the server's word that
//     a listing was cut. Here both are errors; an empty listing is compared with NLST.
//   - A source that fails during an upload would end the data connection like a whole file.
//     Here both connections are reset.
//   - It takes one reply code for success. Servers send others: whether a file arrived is
//     decided by its size.
//
// Its debug output, which would show the password, is never switched on. Data connections
// always go to the machine that the control connection goes to, whatever address a PASV
// answer names.
//
// FTP promises nothing about renaming over an existing file, so Replace is not supported, and
// Rename overwrites (vsftpd, ProFTPD, Pure-FTPd) or returns fs.ErrExist (IIS). It cannot create
// a file exclusively either: Upload asks for the name first, and a file that appears under
// it in between is overwritten. Names with a secret of their own, as temporary names have,
// do not meet.
package ftp
