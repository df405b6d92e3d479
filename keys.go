package covey

import (
	"encoding"
	"iter"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Locate fills in where the value that e complains about stands: in the latest text merged into c that has its key.
func (c *Config) Locate(e *ConfigError) {
	for _, l := range slices.Backward(c.layers) {
		n := nodeAt(l.root, e.Key)
		if n == nil {
			continue
		}
		e.Source = l.source
		if !l.flag {
			e.Line, e.Column = first(n).Position.Line, first(n).Position.Column
		}
		return
	}
}

// keys lists every key of a configuration, with its section: a3c.gamma.
func keys() []string {
	var all []string
	var visit func(t reflect.Type, section string)
	visit = func(t reflect.Type, section string) {
		for name, inner := range fields(t) {
			all = append(all, join(section, name))
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if isSection(inner) {
				visit(inner, join(section, name))
			}
		}
	}
	visit(reflect.TypeFor[Config](), "")
	return all
}

// fields yields a section's keys with their types; those of an inlined struct are its own.
func fields(t reflect.Type) iter.Seq2[string, reflect.Type] {
	return func(yield func(string, reflect.Type) bool) {
		for f := range t.Fields() {
			if f.Anonymous && f.Tag.Get("yaml") == ",inline" {
				for name, inner := range fields(f.Type) {
					if !yield(name, inner) {
						return
					}
				}
			} else if name := yamlName(f); name != "" && !yield(name, f.Type) {
				return
			}
		}
	}
}

// isSection says whether a value of type t has keys of its own: a struct that is not written as a text.
func isSection(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// yamlName is a field's key; "" if it has none.
func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// keyAt is the key whose value, or whose name, is the token.
func keyAt(root ast.Node, t *token.Token) string {
	path := ""
	ast.Walk(visitor(func(n ast.Node) {
		if n.GetToken() == t {
			path = n.GetPath()
		}
	}), root)
	return strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
}

// keyAbove is the key that line number line of a broken text belongs to, as far as its indentation tells.
func keyAbove(text []byte, line int) string {
	key, indent := "", math.MaxInt
	lines := strings.Split(string(text), "\n")
	for _, l := range slices.Backward(lines[:min(line, len(lines))]) { // the parser also takes "\r" for the end of a line
		name, _, found := strings.Cut(strings.TrimLeft(l, " "), ":")
		if i := len(l) - len(strings.TrimLeft(l, " ")); found && i < indent && !strings.ContainsAny(name, " #[{\"'") {
			key, indent = strings.TrimSuffix(join(name, key), "."), i
		}
	}
	return key
}

// nodeAt is the value of a key; nil: the text does not set it.
func nodeAt(root ast.Node, key string) (found ast.Node) {
	ast.Walk(visitor(func(n ast.Node) {
		if _, pair := n.(*ast.MappingValueNode); !pair && n.GetPath() == "$."+key {
			found = n
		}
	}), root)
	return found
}

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}
