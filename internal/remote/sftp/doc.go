// Package sftp is a folder of an SFTP server as a remote (SFTP version 3, as OpenSSH
// speaks it: draft-ietf-secsh-filexfer-02 and OpenSSH's PROTOCOL, section 4).
//
// What the libraries below do not do, and this package therefore does:
//
//   - x/crypto/ssh bounds nothing but the TCP connect, pkg/sftp nothing at all. Here one
//     deadline covers all of Open. Afterwards every read and write has a rolling deadline,
//     keep-alive requests make sure that there is something to read, and a watchdog ends
//     an operation during which the SFTP subsystem itself says nothing, since sshd goes on
//     answering keep-alives when only its subsystem hangs. A context that ends closes the
//     connection, the one way to interrupt a call of these libraries.
//   - The host key is verified before anything secret is sent. A server with several keys
//     shows one per connection: where keys are pinned, each is asked for in turn.
//   - pkg/sftp v1.13.12's WriteTo takes a short answer to a read for the end of the file
//     and returns half a file without an error (upstream #658). Downloads are therefore
//     pipelined ReadAt calls of one packet each, up to the stated size and one byte beyond.
//   - An authority in known_hosts signs keys of every type, where the library would ask for
//     its own type alone; and x/crypto's default algorithms hold some that it lists as
//     insecure itself: only the safe ones are offered here.
//   - A channel through a jump host has no deadlines: here it has.
//   - A connection that ends while a password or key is judged is told apart from other
//     network failures (remote.ErrLoginCut).
//   - Servers answer most refusals with a bare "failure". Where the reason matters, it is
//     looked for: the name exists, or the disk is full. What a server will not tell of a path
//     is looked for in its listing.
//
// Nothing is ever executed on the server, and no mode or time is set: many servers refuse
// that.
package sftp
