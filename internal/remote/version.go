package remote

import (
	"context"
	"errors"
	"path"
	"regexp"
	"strings"
)

// version is what servers that keep every version of a file add to its name: a semicolon, as VMS
// has it, or a dot, and a number.
var version = regexp.MustCompile(`^[;.]\d{1,5}$`)

// Versioned looks for a file that the server has under its name with a version added, and returns
// its path; empty when there is none. It is for a name that nobody else has.
func Versioned(ctx context.Context, s Session, place string) (string, error) {
	folder, name, err := SplitPath(place)
	if err != nil {
		return "", err
	}
	entries, err := s.List(ctx, folder)
	if _, left := errors.AsType[LeftOutError](err); err != nil && !left {
		return "", err
	}
	for _, e := range entries {
		if end, ours := strings.CutPrefix(e.Name, name); ours && version.MatchString(end) {
			return path.Join(folder, e.Name), nil
		}
	}
	return "", nil
}

// Unversioned is a name without the version of VMS at its end. A dot and a number may be anybody's.
func Unversioned(name string) string {
	i := strings.LastIndexByte(name, ';')
	if i < 0 || !version.MatchString(name[i:]) {
		return name
	}
	return name[:i]
}

// WithoutVersion is a name without either kind of version at its end, or nothing where it has none:
// then a dot and a number are what they are elsewhere, too.
func WithoutVersion(name string) string {
	i := strings.LastIndexAny(name, ";.")
	if i <= 0 || !version.MatchString(name[i:]) {
		return ""
	}
	return name[:i]
}
