package daemon

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetStart takes the pages of the program's code that only starting has used out of its resident
// set. They are clean and of a file: what is used again comes back by itself. A system that tells
// nothing of them, or wants to keep them, may.
func forgetStart() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		// 00400000-01b26000 r-xp 00000000 fe:00 9979935  /usr/bin/lucca-exchange (proc_pid_maps(5)). Data
		// that is read alone may have been written to before: only code is as in the file for certain.
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "r-xp" || f[5] != program {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		start, failed := strconv.ParseUint(from, 16, 64)
		end, err := strconv.ParseUint(to, 16, 64)
		if failed == nil && err == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED)
		}
	}
}
