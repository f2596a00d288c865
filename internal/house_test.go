package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mostMethods is how many methods a type has at most: with more, it holds more than one
// thing.
const mostMethods = 25

// The sources of the module that are no tests, by the folder of their package.
func sources(t *testing.T) map[string][]*ast.File {
	t.Helper()
	found, set := make(map[string][]*ast.File), token.NewFileSet()
	for _, root := range []string{"../cmd", "../internal", "../schemas"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
			found[dir] = append(found[dir], f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// No type has more methods than mostMethods.
func TestNoTypeIsWide(t *testing.T) {
	t.Parallel()
	methods := make(map[string]int)
	for dir, files := range sources(t) {
		for _, f := range files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
					methods[strings.TrimPrefix(dir, "internal/")+"."+receiver(fn.Recv.List[0].Type)]++
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		if n := methods[name]; n > mostMethods {
			t.Errorf("%s has %d methods, and at most %d are allowed: make functions over values of some, or two types", name, n, mostMethods)
		}
	}
}

func receiver(of ast.Expr) string {
	switch e := of.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return "?"
	}
}

// Package app knows everybody, so nobody but the commands may know it.
func TestOnlyCommandsImportApp(t *testing.T) {
	t.Parallel()
	var found []string
	for dir, files := range sources(t) {
		if strings.HasPrefix(dir, "cmd/") {
			continue
		}
		for _, f := range files {
			for _, i := range f.Imports {
				if path, err := strconv.Unquote(i.Path.Value); err == nil && path == "lucca-exchange/internal/app" && !slices.Contains(found, dir) {
					found = append(found, dir)
				}
			}
		}
	}
	for _, dir := range found {
		t.Errorf("%s imports internal/app, which only commands may: move what it needs into a package below", dir)
	}
}

// An error that wraps another ends with it: what was done, then what went wrong beneath. Details of
// a kind of error, and hints, are made by package fault.
func TestErrorsEndWithWhatTheyWrap(t *testing.T) {
	t.Parallel()
	for dir, files := range sources(t) {
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				fn, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || fn.Sel.Name != "Errorf" {
					return true
				}
				format, ok := call.Args[0].(*ast.BasicLit)
				if !ok || format.Kind != token.STRING {
					return true
				}
				if text, err := strconv.Unquote(format.Value); err == nil && strings.Contains(text, "%w") && !strings.HasSuffix(text, "%w") {
					t.Errorf("%s: %q: put %%w last, or use fault.Of or fault.Hint", dir, text)
				}
				return true
			})
		}
	}
}
