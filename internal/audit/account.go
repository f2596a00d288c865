package audit

import (
	"cmp"
	"os"
	"os/user"
	"strconv"
	"strings"
	"unicode"
)

// Account is who runs a command, and what else is known of the way. Who counts for a rule that
// wants two people, and so it is what somebody cannot choose: the account that logged in, as
// Linux keeps it through sudo and su where PAM tells it (loginuid, audit(7)), or else the real
// user of the process. What sudo says of it in the environment, which anybody can set, is
// noted as said.
func Account() (who, from string) {
	uid := strconv.Itoa(os.Getuid())
	who, from = accountName(uid), "cli"
	if login := loginUID(); login != "" && login != uid {
		from, who = from+" as "+who, accountName(login)
	}
	if said := os.Getenv("SUDO_USER"); said != "" && said != who {
		from += ", SUDO_USER " + saidName(said)
	}
	return who, from
}

func accountName(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return "uid " + uid
}

// noLogin is the loginuid of a process that nobody logged in for: (uid_t) -1.
const noLogin = "4294967295"

// loginUID is empty where it is not known.
func loginUID() string {
	b, err := os.ReadFile("/proc/self/loginuid")
	if err != nil {
		return "" // not Linux, or a kernel without audit
	}
	uid := strings.TrimSpace(string(b))
	if _, err := strconv.ParseUint(uid, 10, 32); err != nil || uid == noLogin {
		return ""
	}
	return uid
}

// saidName is a name that anybody may have set, as far as it is printed.
func saidName(name string) string {
	const most = 64
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	return cmp.Or(clean[:min(len(clean), most)], "?")
}
