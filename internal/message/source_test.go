package message_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/message"
)

// silent are the paths of what is said to programs alone: protocols, documents of the API, metrics, the
// words that servers use, texts of a configuration, and what only tests use. What every other package
// says may reach a person: in findings, reasons, hints and faults of a request.
var silent = []string{
	"message/", "sandbox/", "remote/remotetest/", "state/statetest/", "web/browsertest/", "flowtest/", "notifytest/", "inspecttest/",
	"web/api/", "web/watch/", "step/trace_", "web/metrics.go", "web/hooks.go", "remote/words.go", "demo/demo.go",
}

// machine is what is no sentence in a literal: SQL, a list of columns, a regular expression, a header of HTTP.
var machine = regexp.MustCompile(`\b(SELECT|FROM|WHERE|DELETE|UPDATE|INSERT|UNION|ORDER BY|EXISTS|VALUES)\b|= \$|^[a-z_0-9]+(, [a-z_0-9]+){2,}$|\|.*\||'self'|'none'|max-age|[a-z] (=|<>|<|>) ('|[0-9])`)

// unspoken are the beginnings of those that only a log or a programmer reads.
var unspoken = []string{
	"plan: items hold only", "hire: a user has nothing", "use columns: unknown code", "decode ", "encode ", "write ", "read schema",
	"take records apart", "read secret of the webhook", "nd nt rt lt", "unzip size", "item ", "create employee", "action ", "no format", "notify people:",
	"not one of a plan", "property ", "text ", "sequence", "print JSON", "<", "read section", "answer a doubt", "from: ask for", "ask for the name", "explain: encode", "damaged hashes", "      # In doubt", "flows:", "    from:", "0 6", "Mon 2 Jan", "Mon 2006", "updated_at <", "finished_at <", "SQLite format", "\t", "lucca-exchange runs show ",
	"lucca-exchange audit", "marshal ", "{{.CommandPath}}", "useradd ", "--create-home", "systemctl ", "\\-", "link ID", "fill ID", "diff FLOW", "explain FLOW", "panic with", "pickup: {", "api_key: {", "webhook_token: {",
	"ssh: disconnect", "unexpected message type", "ssh-rsa signature", "SFTP over", "change your password", "nouveau mot", "un solo", "mot de passe", "username/password", "no acceptable auth", "connection not allowed",
	"%s runs show", "mended file", "keep mended", "look for marks", "read mark", "remove temporary", "lucca-exchange …",
	"motifs du rejet", "open the exporter of traces", "describe the origin of traces", "send the last traces", "the run failed",
}

// TestSentencesOfTheSourceAreInTheCatalogue counts what the program says in English from its
// source: each has its texts, and no text is of a sentence that nothing says any more.
func TestSentencesOfTheSourceAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	c := load(t)
	var catalogue strings.Builder
	for _, key := range c.Keys(message.English) {
		if strings.HasPrefix(key, "said.") || strings.HasPrefix(key, "mail.") {
			for _, form := range c.Forms(message.English, key) {
				catalogue.WriteString(parameter.ReplaceAllString(form, "\x00") + "\n")
			}
		}
	}
	all := fragments(t, "..", "../../cmd/lucca-exchange")
	for _, f := range all {
		if f.spoken && strings.Count(strings.TrimSpace(f.text), " ") >= 2 && !strings.Contains(catalogue.String(), f.text) {
			t.Errorf("%s: %q is told in English only: give its texts below said: in internal/message/{en,fr,de}.yaml, the English as it is here", f.file, f.text)
		}
	}
	source := make(map[string]bool)
	for _, f := range all {
		for _, atom := range atoms(f.text) {
			source[atom] = true
		}
	}
	for _, key := range c.Keys(message.English) {
		if !strings.HasPrefix(key, "said.") {
			continue
		}
		// The source has the form for several alone: that for one thing is made of it when it is shown.
		forms := c.Forms(message.English, key)
		form := forms[len(forms)-1]
		if piece := longestAtom(form); strings.Count(piece, " ") > 1 && !source[piece] && !foreign(key) && !composed(form) {
			t.Errorf("nothing says %q any more: take %s out of internal/message/{en,fr,de}.yaml, or say it as the source does", form, key)
		}
	}
}

// foreign tells texts of libraries and of the Go runtime.
func foreign(key string) bool {
	return strings.HasPrefix(key, "said.cli.") || strings.HasPrefix(key, "said.library.") || strings.HasPrefix(key, "said.profiles.")
}

// TestProfilesAreInTheCatalogue: each sentence of a partner's schema that people read has its texts,
// and no text is of a sentence that no schema says any more.
func TestProfilesAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	c := load(t)
	english := make(map[string]bool)
	for _, key := range c.Keys(message.English) {
		if strings.HasPrefix(key, "said.profiles.") {
			english[c.Forms(message.English, key)[0]] = false
		}
	}
	partners, err := filepath.Glob("../../schemas/*.json")
	if err != nil || len(partners) == 0 {
		t.Fatalf("schemas: %v, %v", partners, err)
	}
	for _, path := range partners {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Description string   `json:"description"`
			Missing     string   `json:"x-missing"`
			Unknown     []string `json:"x-unknown"`
		}
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Fatal(err)
		}
		if schema.Missing == "" {
			continue // not a partner's
		}
		for _, text := range append(strings.SplitAfter(schema.Description, ". "), append(strings.SplitAfter(schema.Missing, ". "), schema.Unknown...)...) {
			text = strings.TrimSpace(text)
			if _, known := english[text]; !known {
				t.Errorf("%s: %q is told in English only: give its texts below said: profiles: in internal/message/{en,fr,de}.yaml", path, text)
			}
			english[text] = true
		}
	}
	for text, said := range english {
		if !said {
			t.Errorf("no schema says %q any more: take it out of internal/message/{en,fr,de}.yaml", text)
		}
	}
}

// composed tells texts that the source puts together of a number, a word and the rest.
func composed(form string) bool {
	return strings.HasSuffix(form, "and are not listed")
}

// atoms are the shortest pieces of a sentence: what stands between signs, so that it is found
// whatever the source puts together.
func atoms(text string) []string {
	pieces := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(":;,.()\"`\n\x00", r) })
	for i := range pieces {
		pieces[i] = strings.TrimSpace(pieces[i])
	}
	return pieces
}

func longestAtom(form string) string {
	longest := ""
	for _, piece := range atoms(parameter.ReplaceAllString(form, "\x00")) {
		if len(piece) > len(longest) {
			longest = piece
		}
	}
	return longest
}

// fragment is a piece of a literal of the source, between its verbs.
type fragment struct {
	file, text string
	spoken     bool
}

// braces are a literal placeholder of a configuration, such as {file}.
var braces = regexp.MustCompile(`\{[a-z_]+\}`)

var verb = regexp.MustCompile(`%[-+#0-9.\[\]*]*[a-zA-Z]|\n|"|\x00`)

func fragments(t *testing.T, roots ...string) (all []fragment) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			slashed := filepath.ToSlash(path)
			heard := !slices.ContainsFunc(silent, func(s string) bool { return strings.Contains(slashed, s) })
			ast.Inspect(file, literals(func(text string) {
				text = strings.ReplaceAll(text, "%%", "%")
				text = braces.ReplaceAllString(text, "\x00") // as the catalogue's parameters are
				tells := heard && strings.IndexFunc(text, isLower) >= 0 && !machine.MatchString(text) &&
					!slices.ContainsFunc(unspoken, func(s string) bool { return strings.HasPrefix(text, s) })
				for _, piece := range verb.Split(text, -1) {
					if piece = strings.Trim(piece, " :;,()"); piece != "" {
						all = append(all, fragment{path, piece, tells && !slices.ContainsFunc(unspoken, func(s string) bool { return strings.HasPrefix(piece, s) })})
					}
				}
			}))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }

// literals visits the texts of a file but for what is logged, tags and imports.
func literals(visit func(string)) func(ast.Node) bool {
	return func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if n.Tag != nil {
				return false
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && (strings.HasSuffix(s.Sel.Name, "Context") || s.Sel.Name == "MustCompile") {
				return false
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				if text, err := strconv.Unquote(n.Value); err == nil {
					visit(text)
				}
			}
		}
		return true
	}
}
