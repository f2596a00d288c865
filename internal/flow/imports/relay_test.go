package imports

import "testing"

// TestTheNameOfAFileInAnArchiveReplacesNothing: what is handed on is called as the file that
// matched the pattern, whatever its sender calls what is within.
func TestTheNameOfAFileInAnArchiveReplacesNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		steps int
		want  string
	}{
		{"users_1.csv", 0, "users_1.csv"}, {"users_1.zip", 0, "users_1.zip"}, {"users_1.zip", 1, "users_1.csv"},
		{"users_1.csv.gz", 1, "users_1.csv"}, {"users_1.csv.zip.gpg", 2, "users_1.csv"}, {"users_1.csv.GPG", 1, "users_1.csv"},
		{".zip", 1, ".zip"}, {"users_1", 1, "users_1.csv"}, {"users_1", 0, "users_1"},
		{"users_1.XLSX", 0, "users_1.csv"}, {"users_1.xls.gz", 1, "users_1.csv"}, {"users_1.txt", 0, "users_1.txt"},
	} {
		if got := csvName(innermost(tt.name, tt.steps)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
