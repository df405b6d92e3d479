// Package archtest proves the house rules that a compiler does not know: which package may import
// which, who may touch files, network and clock, how long a file may be. It parses the files
// themselves, those for other systems and behind build tags included.
package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Check returns what in the tree breaks a rule, as "file:line: what", in the order of the files.
func Check(tree fs.FS) ([]string, error) {
	var found []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(name) {
				return fs.SkipDir
			}
			if slices.Contains(emptyNames, path.Base(name)) {
				found = append(found, fmt.Sprintf("%s: the folder's name says nothing about what it holds", name))
			}
			return nil
		}
		if !text(name) {
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		found = append(found, checkText(name, content)...)
		if path.Ext(name) == ".go" {
			found = append(found, checkGo(name, content)...)
		}
		return nil
	})
	return found, err
}

// skipped tells the folders that are no part of the source: hidden ones but for the CI's, what tools
// and runs leave behind, and test data, which may be bad on purpose.
func skipped(folder string) bool {
	base := path.Base(folder)
	hidden := strings.HasPrefix(base, ".") && folder != "." && folder != ".ci"
	return hidden || base == "testdata" || base == "__pycache__" || folder == "runs"
}

// text tells the files that people write.
func text(name string) bool {
	switch path.Ext(name) {
	case ".go", ".s", ".c", ".h", ".py", ".sh", ".md", ".yaml", ".yml", ".toml", ".txt", ".in", ".html", ".js", ".css", ".json", ".csv":
		return true
	case "":
		return path.Base(name) == "Makefile" || strings.HasPrefix(name, ".ci/")
	}
	return false
}

// checkText holds what is asked of every text: no paths of somebody's machine.
func checkText(name string, content []byte) []string {
	var found []string
	for i, line := range bytes.Split(content, []byte("\n")) {
		if where := machinePath.Find(line); where != nil {
			found = append(found, fmt.Sprintf("%s:%d: %q is a path of somebody's machine", name, i+1, where))
		}
	}
	return found
}
