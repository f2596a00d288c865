package remote

import "path"

// Levels returns a folder and all above it, the highest first.
func Levels(dir string) []string {
	dir = path.Clean(dir)
	var all []string
	for i := 1; i <= len(dir); i++ {
		if i == len(dir) || dir[i] == '/' {
			all = append(all, dir[:i])
		}
	}
	if dir == "." || dir == "/" {
		return nil
	}
	return all
}
