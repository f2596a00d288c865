// Package remotetest checks that a remote keeps the contract of remote.Session, over its
// real protocol, and holds what such tests need: a proxy that breaks connections on
// purpose, HTTP and SOCKS5 proxies, the machine's own OpenSSH server, the FTP servers that
// .ci/install-ftp-servers.sh unpacks, and an FTP server that misbehaves as it is told.
package remotetest
