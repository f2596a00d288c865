package acts_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// looks are the methods that change nothing; times those that time does, which put themselves on
// record or make the line of the audit themselves.
var (
	looks = []string{"Latest", "Verify", "Tokens"}
	times = []string{"Expire", "CreateToken", "RevokeToken"}
)

// TestEveryActIsGivenItsLineOfTheAudit: a new method of Acts has to take the line that says who does
// it, or stand in one of the lists above, where somebody looks at it.
func TestEveryActIsGivenItsLineOfTheAudit(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Join(append(append([]string{}, looks...), times...), " ") + " Refused "
	acts := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() || strings.Contains(known, f.Name.Name) {
				continue
			}
			given := false
			for _, p := range f.Type.Params.List {
				if s, ok := p.Type.(*ast.SelectorExpr); ok {
					given = given || s.Sel.Name == "Entry" || s.Sel.Name == "Decision" // which has By
				}
			}
			if acts++; !given {
				t.Errorf("%s takes no line of the audit: who does it would not be on record", f.Name.Name)
			}
		}
	}
	if acts < 12 {
		t.Errorf("only %d acts are found in the source", acts)
	}
}
