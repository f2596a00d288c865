package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// TestSlipsOfYAML that people make are told by their line, with a caret and what to do, and
// nothing else is said of the file; no value is shown.
func TestSlipsOfYAML(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, says, excerpt string }{
		"tab":                          {"lucca:\n\turl: s3cret\n", "2: not valid YAML: a tab stands in front of the line: YAML wants blanks", "→url: …\n^"},
		"tab in a list":                {"flows:\n  n:\n   \t- s3cret\n", "3: not valid YAML: a tab", "   →- …\n   ^"},
		"no-break indent":              {"lucca:\n\u00A0\u00A0url: s3cret\n", "2: not valid YAML: a no-break blank stands in front of the key", "·…\n^"},
		"no-break behind":              {"lucca:\n  url:\u202Fs3cret\n", "2: not valid YAML: a no-break blank stands behind the colon", "  …·…\n   ^"},
		"star":                         {"flows:\n  n:\n    schedule: * * * * *\n", "3: not valid YAML: a value that begins with * has to stand between quotes", "    schedule: *…\n              ^"},
		"pattern":                      {"flows:\n  n:\n    pattern: *.csv\n", "3: not valid YAML: a value that begins with *", "    pattern: *…\n             ^"},
		"percent":                      {"flows:\n  n:\n    file: %Y.csv\n", "3: not valid YAML: a value that begins with %", "    file: %…\n          ^"},
		"at":                           {"a: @s3cret\n", "1: not valid YAML: a value that begins with @", "a: @…\n   ^"},
		"colon in a value":             {"lucca:\n  api_key: s3cret: s3cret\n", "2: not valid YAML: a value with a colon and a blank in it has to stand between quotes", "  api_key: …:…\n            ^"},
		"indent":                       {"lucca:\n  url: s3cret\n   api_key: y\n", "3: not valid YAML: the line is indented otherwise", "   api_key: …\n   ^"},
		"quote without end":            {"lucca:\n  url: \"s3cret\nremotes: {}\n", "2: not valid YAML: the quote that begins here has no end in its line", "  url: \"…\n       ^"},
		"text behind quote":            {"lucca:\n  url: 's3cret' s3cret\n", "2: not valid YAML: text stands behind the end of the quote", "  url: '…\n       ^"},
		"brace":                        {"remotes:\n  p: {type: sftp, host: s3cret\nflows: {}\n", "2: not valid YAML: the { that begins here has no end", "  p: {…\n     ^"},
		"bracket":                      {"remotes:\n  p: [a, s3cret\nflows: {}\n", "2: not valid YAML: the [ that begins here has no end", "  p: […\n     ^"},
		"no colon":                     {"lucca:\n  url s3cret\n  api_key: y\n", "2: not valid YAML: a colon is missing behind the key", "  u…\n  ^"},
		"Latin-1":                      {"lucca:\n  url: s3cr\xe9t\n", "2: not valid YAML: a letter is not UTF-8 from here on: save the file as UTF-8", "  url: …?…\n        ^"},
		"two documents":                {"lucca: {}\n---\nflows: {}\n", "2: not valid YAML: there is a second document", "-…\n^"},
		"star in braces":               {"flows:\n  n: {from: p, file: *.csv}\n", "2: not valid YAML: a value that begins with * has to stand between quotes", "  n: …*…\n      ^"},
		"quote in braces":              {"remotes:\n  p: {type: dir, dir: \"s3cret}\nflows: {}\n", "2: not valid YAML: the quote that begins here has no end in its line", "  p: …\"…\n      ^"},
		"backslash":                    {"remotes:\n  p: {dir: \"C:\\Users\\s3cret\"}\n", "2: not valid YAML: a backslash between \" begins a sign of its own", "  p: …\\…\n      ^"},
		"backslash in line":            {"lucca:\n  url: \"C:\\Users\\s3cret\"\n", "2: not valid YAML: a backslash between \" begins a sign of its own", "  url: …\\…\n        ^"},
		"anchor":                       {"flows:\n  n:\n    file: &s3cret.csv\n", "3: not valid YAML: a value that begins with & has to stand between quotes", "    file: &…\n          ^"},
		"tag":                          {"flows:\n  n:\n    file: !s3cret.csv\n", "3: not valid YAML: a value that begins with ! has to stand between quotes", "    file: !…\n          ^"},
		"no blank behind":              {"flows:\n  n:\n    to:s3cret\n    file: a.csv\n", "3: not valid YAML: a blank is missing behind the colon", "    …:…\n     ^"},
		"no blank at dash":             {"notify:\n  -email: {to: s3cret}\n", "2: not valid YAML: an entry of a list begins with an ordinary dash and a blank", "  -email: …\n  ^"},
		"long dash":                    {"notify:\n  – email: {to: s3cret}\n", "2: not valid YAML: an entry of a list begins with an ordinary dash and a blank", "  –…\n  ^"},
		"merge conflict":               {"remotes:\n<<<<<<< HEAD\n  p: s3cret\n=======\n  p: y\n>>>>>>> b\n", "2: not valid YAML: git left two versions of the file here", "<…\n^"},
		"less indent":                  {"lucca:\n   url: s3cret\n  api_key: y\n", "3: not valid YAML: the line is indented otherwise", "  api_key: …\n  ^"},
		"below a value":                {"lucca: s3cret\n  api_key: y\n", "2: not valid YAML: the line is indented otherwise", "  api_key: …\n  ^"},
		"key among entries":            {"notify:\n  - email: {to: s3cret}\n  only: y\n", "3: not valid YAML: the line is indented otherwise", "  only: …\n  ^"},
		"key below entries":            {"notify:\n- email: s3cret\n only: y\n", "3: not valid YAML: the line is indented otherwise", " only: …\n ^"},
		"key after a list":             {"- email: s3cret\nlucca: y\n", "2: not valid YAML: the line is indented otherwise", "lucca: …\n^"},
		"bracket too many":             {"flows:\n  n:\n    to: p\n    days: [s3cret]]\n", "4: not valid YAML: it cannot be read from here on", "    days: […\n          ^"},
		"control character":            {"lucca:\n  url: s3\x01cret\n", "2: not valid YAML: a sign that cannot be seen stands here: delete it", "  url: …?…\n        ^"},
		"fault in the second document": {"lucca: {}\n---\nflows: [s3cret\n", "3: not valid YAML: the [ that begins here has no end", "flows: […\n       ^"},
		"quote with text behind":       {"lucca:\n  url: \"s3cret\" s3cret\n", "2: not valid YAML: text stands behind the end of the quote", "  url: \"…\n       ^"},
		"quote that ends in \\":        {"lucca:\n  url: \"s3cret\\\n", "2: not valid YAML: the quote that begins here has no end in its line", "  url: \"…\n       ^"},
		"lines of Windows":             {"lucca:\r\n  url: *s3cret\r\n", "2: not valid YAML: a value that begins with *", "  url: *…\n       ^"},
		"second document further down": {"lucca: {}\nflows: {}\n---\nlucca: {}\n", "3: not valid YAML: there is a second document", "-…\n^"},
		"key of two words":             {"lucca:\n  my url: s3cret: x\n", "2: not valid YAML: it cannot be read from here on", "  m…\n  ^"},
		// What is right in front of the slip is not taken for it.
		"after comments":          {"# - *: s3cret \uFFFD\nlucca: # {*.csv}\n  # a: *b\n\n  url: *s3cret\n", "5: not valid YAML: a value that begins with *", "  url: *…\n       ^"},
		"after a quote":           {"lucca:\n  url: 's3cret' # 'x\n  \"my key\": 's3cret'\n  api_key: *s3cret\n", "4: not valid YAML: a value that begins with *", "  api_key: *…\n           ^"},
		"after a quote in a list": {"notify: [\n  \"s3cret\",\n  *s3cret]\n", "3: not valid YAML: a value that begins with *", "  *…\n  ^"},
		"after braces":            {"remotes:\n  p: {\n    type: dir,\n    dir: s3cret }\n  q: *s3cret\n", "5: not valid YAML: a value that begins with *", "  q: *…\n     ^"},
		"after a comment":         {"flows:\n  n: {from: p} # {*.csv}\n  m: {file: *.csv}\n", "3: not valid YAML: a value that begins with *", "  m: …*…\n      ^"},
		"after a text":            {"lucca: |\n  s3cret\n\n  \u00A0url: * x\n  \t- b\nflows: *s3cret\n", "6: not valid YAML: a value that begins with *", "flows: *…\n       ^"},
		"indent after a text":     {"lucca:\n  url: |\n    s3cret\n      # deeper: x\n\n  api_key: y\n   state: z\n", "7: not valid YAML: the line is indented otherwise", "   state: …\n   ^"},
		"indent after braces":     {"remotes:\n  p: {type: dir,\n        dir: s3cret}\n  q: x\n   r: y\n", "5: not valid YAML: the line is indented otherwise", "   r: …\n   ^"},
		"indent after a dash":     {"notify:\n  -\n    email: s3cret\n     only: y\n", "4: not valid YAML: the line is indented otherwise", "     only: …\n     ^"},
		"below a text":            {"lucca:\n  url: |\n    * s3cret\n    b: c: d\n  x: *y\n", "5: not valid YAML: a value that begins with *", "  x: *…\n     ^"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := faultsOf(t, tt.text)
			if len(faults) != 1 {
				t.Fatalf("%d faults, want the one cause: %v", len(faults), faults)
			}
			said := faults[0].String()
			if _, text, _ := strings.Cut(said, ".yaml:"); !strings.HasPrefix(text, tt.says) {
				t.Errorf("it says %q, want %q", text, tt.says)
			}
			if got := strings.ReplaceAll(faults[0].Excerpt, "\n    ", "\n"); got != "    "+tt.excerpt {
				t.Errorf("excerpt\n%s\nwant\n%s", got, "    "+tt.excerpt)
			}
			if strings.Contains(said+faults[0].Excerpt, "s3cr") {
				t.Errorf("a value is shown: %s\n%s", said, faults[0].Excerpt)
			}
		})
	}
}

// TestSlipsThatAreYAML are doubted beside what follows from them.
func TestSlipsThatAreYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"lucca:\n  url: “https://acme.ilucca.net”\n":                                `2: warning: the quote “ is part of the value: straight ones (") are quotes to YAML`,
		"lucca: {url: “https://acme.ilucca.net”}\n":                                 `1: warning: the quote “ is part of the value: straight ones (") are quotes to YAML`,
		"flows: {n: {export: {profile: skillup}, to: x, file: \"n_%Y%m%d.csv\"}}\n": "1: flows.n.file: warning: % signs are not filled in: want {date}, as 20261122",
		"lucca: {url: \"https://x.example\", api_key:canary-key}\n":                 `1: lucca.api_key: want a blank after "api_key:"`,
		"lucca: {url: \"https://x.example\", apikey:canary-key}\n":                  `1: lucca.apikey: want a blank after "apikey:"`,
		"lucca: {note: a#b, url: “https://acme.ilucca.net”}\n":                      `1: warning: the quote “ is part of the value`,
		"lucca: {note: it's, url: “https://acme.ilucca.net”}\n":                     `1: warning: the quote “ is part of the value`,
		"lucca:\n  url:https://acme.ilucca.net\n":                                   "2: lucca: want a group of keys, not text: is there no blank behind the colon?",
	} {
		if faults := faultsOf(t, text); !strings.Contains(faults.Error(), want) || strings.Contains(faults.Error(), "canary") {
			t.Errorf("%q is not in, or a secret is\n%v", want, faults)
		}
	}
}

// TestQuotesThatAreText are not doubted: in a comment, between quotes, or within a word.
func TestQuotesThatAreText(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"# key: “x”", "x: 'y' # see: “x”", `x: "key: “x”"`, "x: 'it''s: “x”'", "x: y“x”", "x: \"a\\\": “x”\""} {
		if faults := faultsOf(t, line+"\n"); strings.Contains(faults.Error(), "quote") {
			t.Errorf("%s: %v", line, faults)
		}
	}
}

func faultsOf(t *testing.T, text string) config.Faults {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, faults := config.Load(path, app.Registry())
	return faults
}
