#!/bin/sh
# install-ftp-servers.sh [FOLDER]: puts vsftpd, ProFTPD and Pure-FTPd side by side under
# FOLDER, /opt/lucca-exchange-ftp-servers if left out, for the tests of internal/remote/ftp.
# As root, on Debian or Ubuntu. Does nothing where all three are there.
#
# The three packages conflict with each other, so that apt cannot install them together:
# they are downloaded and unpacked, and apt installs the libraries that they need. No
# daemon is started and nothing of them is left in the system's own folders.
set -eu

folder=${1:-/opt/lucca-exchange-ftp-servers}
packages='vsftpd proftpd-core proftpd-mod-crypto pure-ftpd'

complete() {
	[ -x "$folder/vsftpd/usr/sbin/vsftpd" ] &&
		[ -x "$folder/proftpd/usr/sbin/proftpd" ] &&
		[ -e "$folder/proftpd/usr/lib/proftpd/mod_tls.so" ] &&
		[ -x "$folder/pure-ftpd/usr/sbin/pure-ftpd" ]
}

# libraries prints the packages that the programs and modules under $1 depend on, other
# than the servers' own.
libraries() {
	for deb in "$1"/*.deb; do
		dpkg-deb --field "$deb" Depends
	done | tr ',' '\n' | sed -e 's/|.*//' -e 's/(.*)//' -e 's/:any//' -e 's/[[:space:]]//g' |
		grep '^lib' | grep -v '^libpam-' | sort -u
}

complete && exit 0
[ "$(id -u)" = 0 ] || { echo "install-ftp-servers.sh: must run as root" >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
ours=
cleanup() {
	rm -rf "$work"
	[ -z "$ours" ] || rm -f "$policy"
}
trap cleanup EXIT

if [ ! -e "$policy" ]; then
	ours=yes
	printf '#!/bin/sh\nexit 101\n' >"$policy" # no package may start a daemon
	chmod 755 "$policy"
fi

# apt downloads as the user _apt.
chmod 755 "$work"
mkdir -m 777 "$work/deb"
cd "$work/deb"
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get download -qq $packages
# shellcheck disable=SC2046 # a list of words
apt-get install -y -qq --no-install-recommends openssl libpam-modules $(libraries "$work/deb") >/dev/null

mkdir -p "$folder"
for deb in "$work"/deb/*.deb; do
	case ${deb##*/} in
	vsftpd_*) server=vsftpd ;;
	proftpd-*) server=proftpd ;;
	pure-ftpd_*) server=pure-ftpd ;;
	*) continue ;;
	esac
	mkdir -p "$folder/$server"
	dpkg -x "$deb" "$folder/$server"
done

complete || { echo "install-ftp-servers.sh: a server is missing under $folder" >&2; exit 1; }
