package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// module is the import path of the repository's root.
const module = "covey"

// machinePath finds absolute paths below people's home folders and working folders.
var machinePath = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=:])(?:/(?:home|root|Users|work)/[\w.]|[A-Z]:\\Users\\)`)

// file is one parsed file and what has been found in it.
type file struct {
	name  string
	room  room
	test  bool
	set   *token.FileSet
	tree  *ast.File
	found []string
}

func (f *file) report(at token.Pos, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", f.name, f.set.Position(at).Line)
	f.found = append(f.found, where+fmt.Sprintf(format, args...))
}

// checkGo holds what is asked of a Go file.
func checkGo(name string, content []byte) []string {
	f := &file{name: name, test: strings.HasSuffix(name, "_test.go"), set: token.NewFileSet()}
	tree, err := parser.ParseFile(f.set, name, content, parser.ParseComments)
	if err != nil {
		return []string{err.Error()}
	}
	f.tree = tree
	i := roomOf(path.Dir(name))
	if i < 0 {
		return []string{fmt.Sprintf("%s: package %s has no room in the house: give it one in internal/archtest/house.go", name, path.Dir(name))}
	}
	f.room = house[i]
	if lines := bytes.Count(content, []byte("\n")); lines > maxLines && !ast.IsGenerated(tree) {
		f.report(tree.Package, "%d lines, more than %d: two ideas, two files", lines, maxLines)
	}
	for _, spec := range tree.Imports {
		f.checkImport(spec)
	}
	f.checkCode()
	return f.found
}

// roomOf is the index in house of the room that holds the folder, -1 where none does.
func roomOf(folder string) int {
	return slices.IndexFunc(house, func(r room) bool {
		matched, err := path.Match(r.path, folder)
		return matched && err == nil
	})
}

func (f *file) checkImport(spec *ast.ImportSpec) {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		f.report(spec.Pos(), "import %s: %v", spec.Path.Value, err)
		return
	}
	if imported == "math/rand" {
		f.report(spec.Pos(), "imports math/rand: randomness is an argument, of math/rand/v2")
	}
	for prefix, owner := range confined {
		if strings.HasPrefix(imported, prefix) && f.room.path != owner {
			f.report(spec.Pos(), "imports %s, which only %s knows", imported, owner)
		}
	}
	if f.test {
		return
	}
	if exceptions[f.name] == "" {
		f.checkEffects(spec, imported)
	}
	if folder, ours := inModule(imported); ours {
		f.checkEdge(spec, folder)
	}
}

// checkEffects keeps the world out of numerics, and the log out of libraries.
func (f *file) checkEffects(spec *ast.ImportSpec, imported string) {
	top, _, _ := strings.Cut(imported, "/")
	switch {
	case f.room.pure && slices.Contains(impure, top):
		f.report(spec.Pos(), "imports %s: numerics know no files, network, log or clock", imported)
	case !f.room.main && top == "log":
		f.report(spec.Pos(), "imports %s: a library returns what it has to say", imported)
	}
}

// inModule is the folder of an import path of ours.
func inModule(imported string) (folder string, ours bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func (f *file) checkEdge(spec *ast.ImportSpec, folder string) {
	i := roomOf(folder)
	if i < 0 {
		f.report(spec.Pos(), "imports %s, which has no room in the house", folder)
		return
	}
	if folder != path.Dir(f.name) && !slices.Contains(strings.Fields(f.room.knows), house[i].path) {
		f.report(spec.Pos(), "%s must not know %s", path.Dir(f.name), folder)
	}
}

// checkCode looks for registration in init, and for libraries that exit.
func (f *file) checkCode() {
	for _, decl := range f.tree.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.report(fn.Pos(), "func init: what a program holds is said where it is put together")
		}
	}
	if f.room.main || f.test || exceptions[f.name] != "" {
		return
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "os" && s.Sel.Name == "Exit" {
				f.report(s.Pos(), "os.Exit: a library returns an error")
			}
		}
		return true
	})
}
