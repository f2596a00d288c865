package mail

import (
	"strings"
	"testing"
)

func TestMachineThatMakesNoSender(t *testing.T) {
	t.Parallel()
	_, err := open(Config{To: []string{"a@b.example"}, SMTP: SMTP{Host: "h"}}, "my machine")
	if err == nil || !strings.Contains(err.Error(), "from: missing") {
		t.Errorf("got %v", err)
	}
}
