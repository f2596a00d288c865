package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
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

// No type has more methods than mostMethods, those of what it embeds counted too.
func TestNoTypeIsWide(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
	}, "lucca-exchange/cmd/...", "lucca-exchange/internal/...", "lucca-exchange/schemas")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) < 50 {
		t.Fatalf("only %d packages were found", len(loaded))
	}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatal(p.Errors)
		}
		for _, name := range p.Types.Scope().Names() {
			is, ok := p.Types.Scope().Lookup(name).(*types.TypeName)
			if !ok || is.IsAlias() || types.IsInterface(is.Type()) {
				continue
			}
			if n := types.NewMethodSet(types.NewPointer(is.Type())).Len(); n > mostMethods {
				t.Errorf("%s.%s has %d methods, and at most %d are allowed: make functions over values of some, or two types, or name the field that it embeds", p.PkgPath, name, n, mostMethods)
			}
		}
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
