package pickup

import (
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/remote"
)

func TestADateInANameIsFound(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"users_20261128.csv": "2026-11-28 00:00:00", "20261128-users.csv": "2026-11-28 00:00:00", "users-2026-11-28.csv": "2026-11-28 00:00:00",
		"users_2026_11_28.csv": "2026-11-28 00:00:00", "users_28112026.csv": "2026-11-28 00:00:00", "users 28-11-2026.csv": "2026-11-28 00:00:00", "users.28.11.2026.csv": "2026-11-28 00:00:00",
		"users_20261128_0630.csv": "2026-11-28 06:30:00", "users_20261128-063015.csv": "2026-11-28 06:30:15", "users_20261128T063015Z.csv": "2026-11-28 06:30:15", "users_20261128063015.csv": "2026-11-28 06:30:15",
		"users_2026-11-28_06-30-15.csv": "2026-11-28 06:30:15", "users_20112026.csv": "2026-11-20 00:00:00", "users_20261128_9999.csv": "2026-11-28 00:00:00",
		"users_20261128.csv.rejected.csv": "2026-11-28 00:00:00",
		"users.csv":                       "", "users_1.csv": "", "users_20261328.csv": "", "users_12345678.csv": "", "users_2026112.csv": "", "users_19991231.csv": "",
	} {
		got := ""
		if at, ok := NamedAt(name); ok {
			got = at.Format(time.DateTime)
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", name, got, want)
		}
	}
}

func TestAFileIsOlderByTheDayOrTheMonthInItsName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, than, want string }{
		{"users_20261127.csv", "users_20261128.csv", "older"}, {"users_20261128.csv", "users_20261127.csv", "newer"}, {"users_20261128.csv", "users_28112026.csv", "newer"},
		{"users_202610.csv", "users_202611.csv", "older"}, {"users_11-2026.csv", "users_10-2026.csv", "newer"}, {"users_2026-09.csv", "users_102026.csv", "older"},
		{"users_202611.csv", "users_20261128.csv", ""}, {"users.csv", "users_202611.csv", ""}, {"users_1.csv", "users_2.csv", ""}, {"users_202613.csv", "users_202611.csv", ""},
		{"users_202611.csv", "users_20261201.csv", "older"}, {"users_20261128.csv", "users_202610.csv", "newer"}, {"users_20261101.csv", "users_202611.csv", ""}, {"users_202611.csv", "users_20261130.csv", ""},
		{"users_2026-W47.csv", "users_2026-W48.csv", "older"}, {"S47-2026.csv", "kw46_2026.csv", "newer"}, {"users_2026w47.csv", "users_20261115.csv", "newer"}, {"users_2026w47.csv", "users_20261122.csv", ""}, {"users_2026w54.csv", "users_20261122.csv", ""},
		{"users_2027-W01.csv", "users_20270103.csv", "newer"}, {"users_2027-W01.csv", "users_20270111.csv", "older"}, {"users_2026-W53.csv", "users_2027-W01.csv", "older"},
	} {
		older, known := Older(tt.name, tt.than)
		got := map[bool]string{true: "older", false: "newer"}[older]
		if !known {
			got = ""
		}
		if got != tt.want {
			t.Errorf("%s is %q than %s, want %q", tt.name, got, tt.than, tt.want)
		}
	}
}

func TestFilesAreTakenInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		files []remote.Entry
		want  []string
	}{
		{"by the dates", []remote.Entry{{Name: "u_20261128.csv", ModTime: at}, {Name: "u_20261127.csv", ModTime: at.Add(time.Hour)}}, []string{"u_20261127.csv", "u_20261128.csv"}},
		{"by the times of one day", []remote.Entry{{Name: "a_20261128.csv", ModTime: at.Add(time.Hour)}, {Name: "b_20261128.csv", ModTime: at}}, []string{"b_20261128.csv", "a_20261128.csv"}},
		{"by the months", []remote.Entry{{Name: "u_11-2026.csv", ModTime: at}, {Name: "u_10-2026.csv", ModTime: at.Add(time.Hour)}}, []string{"u_10-2026.csv", "u_11-2026.csv"}},
		{"a month beside days", []remote.Entry{{Name: "u_20261128.csv", ModTime: at}, {Name: "u_202610.csv", ModTime: at.Add(time.Hour)}, {Name: "u_20261202.csv", ModTime: at.Add(-time.Hour)}}, []string{"u_202610.csv", "u_20261128.csv", "u_20261202.csv"}},
		{"a month beside its days", []remote.Entry{{Name: "u_20261128.csv", ModTime: at.Add(time.Hour)}, {Name: "u_202611.csv", ModTime: at}, {Name: "u_20261030.csv", ModTime: at.Add(2 * time.Hour)}}, []string{"u_20261030.csv", "u_202611.csv", "u_20261128.csv"}},
		{"by the weeks", []remote.Entry{{Name: "u_S48-2026.csv", ModTime: at}, {Name: "u_S47-2026.csv", ModTime: at.Add(time.Hour)}}, []string{"u_S47-2026.csv", "u_S48-2026.csv"}},
		{"by time where one has no date", []remote.Entry{{Name: "u_20261128.csv", ModTime: at}, {Name: "u.csv", ModTime: at.Add(-time.Hour)}, {Name: "u_20261127.csv", ModTime: at.Add(time.Hour)}}, []string{"u.csv", "u_20261128.csv", "u_20261127.csv"}},
	} {
		inOrder(tt.files, func(e remote.Entry) remote.Entry { return e })
		var got []string
		for _, f := range tt.files {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
