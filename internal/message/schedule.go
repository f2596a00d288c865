package message

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The lines of crontab(5) that a text says better than they do themselves.
var (
	byClock  = regexp.MustCompile(`^(\d{1,2}) (\d{1,2}(?:,\d{1,2})*) (\*|\d{1,2}) \* (\*|\d|\d-\d)$`)
	byMinute = regexp.MustCompile(`^\*/(\d{1,2}) \* \* \* \*$`)
	byHour   = regexp.MustCompile(`^(\d{1,2}) \* \* \* \*$`)
)

// Schedule tells when a line of crontab(5), or one of its @names, is due, such as "every day at 06:00".
// A line that a text would not say better is returned as it is.
func Schedule(p Printer, line string) string {
	line = strings.Join(strings.Fields(line), " ")
	if full, named := map[string]string{
		"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
	}[line]; named {
		line = full
	}
	if m := byMinute.FindStringSubmatch(line); m != nil {
		if n, _ := strconv.Atoi(m[1]); n != 1 { // of digits only
			return p.Text("schedule.minutes", "n", n)
		}
		return p.Text("schedule.minute")
	}
	if m := byHour.FindStringSubmatch(line); m != nil {
		return p.Text("schedule.hourly", "minute", twoDigits(m[1]))
	}
	m := byClock.FindStringSubmatch(line)
	if m == nil || m[3] != "*" && m[4] != "*" {
		return line
	}
	var times []string
	for _, hour := range strings.Split(m[2], ",") {
		times = append(times, twoDigits(hour)+":"+twoDigits(m[1]))
	}
	at := listed(p, times)
	days := strings.Fields(p.Text("schedule.weekdays"))
	day := func(digit byte) string { return days[(digit-'0')%7] }
	switch {
	case m[3] != "*":
		return p.Text("schedule.monthly", "day", m[3], "time", at)
	case m[4] == "*":
		return p.Text("schedule.daily", "time", at)
	case strings.ContainsAny(m[4], "89"):
		return line
	case len(m[4]) == 1:
		return p.Text("schedule.weekly", "day", day(m[4][0]), "time", at)
	default:
		return p.Text("schedule.between", "from", day(m[4][0]), "to", day(m[4][2]), "time", at)
	}
}

// listed puts the last of several behind "and".
func listed(p Printer, texts []string) string {
	last := len(texts) - 1
	if last < 1 {
		return strings.Join(texts, "")
	}
	return p.Text("schedule.and", "some", strings.Join(texts[:last], ", "), "last", texts[last])
}

func twoDigits(number string) string {
	n, _ := strconv.Atoi(number) // of digits only
	return fmt.Sprintf("%02d", n)
}
