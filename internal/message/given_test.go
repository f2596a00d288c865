package message_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"lucca-exchange/internal/message"
)

// TestEveryTextIsGivenItsParameters counts from the source and from the console's pages what each text is
// given: one that lacks a parameter would show its name in braces, and one without a text its key.
func TestEveryTextIsGivenItsParameters(t *testing.T) {
	t.Parallel()
	c := load(t)
	seen := 0
	check := func(where, key string, given []string) {
		seen++
		if !slices.Contains(c.Keys(message.English), key) {
			t.Errorf("%s: there is no text %q: add it to internal/message/{en,fr,de}.yaml", where, key)
			return
		}
		for _, l := range message.Languages() {
			for _, form := range c.Forms(l, key) {
				for _, name := range parameters(form) {
					if !slices.Contains(given, strings.Trim(name, "{}")) {
						t.Errorf("%s: %s in %s needs %s, which is not given", where, key, l, name)
					}
				}
			}
		}
	}
	calls(t, check)
	if seen < 50 {
		t.Errorf("only %d texts were found in the source: the search of this test is no longer how they are asked for", seen)
	}
	seen = 0
	pages(t, check)
	if seen < 100 {
		t.Errorf("only %d texts were found in the pages: the search of this test is no longer how they are asked for", seen)
	}
}

// calls visits the texts that the source asks for by their names.
func calls(t *testing.T, visit func(where, key string, given []string)) {
	t.Helper()
	for _, root := range []string{"..", "../../cmd/lucca-exchange"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 || call.Ellipsis.IsValid() {
					return true
				}
				if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Text" {
					return true
				}
				var texts []string
				for i, arg := range call.Args {
					if l, ok := arg.(*ast.BasicLit); ok && l.Kind == token.STRING && (i == 0 || i%2 == 1) {
						text, _ := strconv.Unquote(l.Value)
						texts = append(texts, text)
					} else if i == 0 {
						return true // a key that is put together
					}
				}
				visit(path, texts[0], texts[1:])
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// pages visits the texts that the console's pages ask for by their names.
func pages(t *testing.T, visit func(where, key string, given []string)) {
	t.Helper()
	paths, err := filepath.Glob("../web/console/templates/*.html")
	if err != nil || len(paths) == 0 {
		t.Fatalf("templates: %v, %v", paths, err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tree := parse.New(path)
		tree.Mode = parse.SkipFuncCheck
		trees := make(map[string]*parse.Tree)
		if _, err := tree.Parse(string(raw), "", "", trees); err != nil {
			t.Fatal(err)
		}
		trees[path] = tree
		for _, tree := range trees {
			commands(tree.Root, func(c *parse.CommandNode) {
				if len(c.Args) < 2 || c.Args[0].String() != "t" {
					return
				}
				key, ok := c.Args[1].(*parse.StringNode)
				if !ok {
					return
				}
				var given []string
				for i := 2; i < len(c.Args); i += 2 {
					if name, ok := c.Args[i].(*parse.StringNode); ok {
						given = append(given, name.Text)
					}
				}
				visit(path, key.Text, given)
			})
		}
	}
}

// commands visits the commands below a node of a template.
func commands(n parse.Node, visit func(*parse.CommandNode)) {
	branch := func(b *parse.BranchNode) {
		commands(b.Pipe, visit)
		commands(b.List, visit)
		if b.ElseList != nil {
			commands(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, below := range n.Nodes {
			commands(below, visit)
		}
	case *parse.ActionNode:
		commands(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			commands(n.Pipe, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			commands(c, visit)
		}
	case *parse.CommandNode:
		visit(n)
		for _, arg := range n.Args {
			commands(arg, visit)
		}
	}
}
