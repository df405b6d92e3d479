// Package zoo holds settings that are known to work: one YAML file per algorithm and environment, with
// named variants beside it. The files stand in the folder of their algorithm as ENV.yaml and
// ENV@variant.yaml, where a slash in the environment's name is one of the path: a3c/MinAtar/Breakout-v1.yaml. The first line of
// each is a comment that says what it is for.
package zoo

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed */*.yaml */*/*.yaml
var files embed.FS

// Preset names a file of the zoo.
type Preset struct {
	Algo, Env string
	Variant   string // "": the settings for everyday use
}

// Path is the file's path in the zoo.
func (p Preset) Path() string {
	name := p.Env
	if p.Variant != "" {
		name += "@" + p.Variant
	}
	return p.Algo + "/" + name + ".yaml"
}

// Read returns the preset's text. The error wraps [fs.ErrNotExist] if there is none.
func Read(p Preset) ([]byte, error) { return files.ReadFile(p.Path()) }

// About is the comment on the preset's first line.
func About(p Preset) string {
	text, err := Read(p)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	comment, ok := strings.CutPrefix(line, "#")
	if !ok {
		return ""
	}
	return strings.TrimSpace(comment)
}

// Presets lists the zoo by algorithm, environment and variant.
func Presets() []Preset {
	var list []Preset
	for _, pattern := range []string{"*/*.yaml", "*/*/*.yaml"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			panic(err) // the pattern is well-formed
		}
		for _, name := range names {
			algo, file, _ := strings.Cut(name, "/")
			env, variant, _ := strings.Cut(strings.TrimSuffix(file, ".yaml"), "@")
			list = append(list, Preset{Algo: algo, Env: env, Variant: variant})
		}
	}
	slices.SortFunc(list, func(a, b Preset) int { return strings.Compare(a.Algo+a.Env+a.Variant, b.Algo+b.Env+b.Variant) })
	return list
}
