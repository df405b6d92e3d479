package covey

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// ConfigError is a mistake in a configuration: what is wrong, with which key, and where that stands.
type ConfigError struct {
	Source       string // file or flag; "": the value was set in Go
	Line, Column int    // in a file; 0: not known
	Key          string // as a3c.gamma; "": the text is no YAML
	Problem      string
	err          error
}

func (e *ConfigError) Error() string {
	text := e.Problem
	if e.Key != "" {
		text = e.Key + ": " + text
	}
	switch {
	case e.Source == "":
		return text
	case e.Line == 0:
		return e.Source + ": " + text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Source, e.Line, e.Column, text)
}

func (e *ConfigError) Unwrap() error { return e.err }

// layer is a YAML text that has been merged into a configuration.
type layer struct {
	source string
	flag   bool // the text is a flag's: lines and columns mean nothing to whoever wrote it
	root   ast.Node
}

// Merge sets what the YAML text says and leaves the rest as it is. It is strict: an unknown key, a
// value of the wrong type, a second document are each a [*ConfigError] that names source, line, column
// and key, and the nearest known key. Values are judged by [Config.Validate].
func (c *Config) Merge(source string, text []byte) error {
	return c.merge(layer{source: source}, text)
}

// Set sets one key, such as a3c.gamma, to a value in YAML. source is what errors call it: the flag.
func (c *Config) Set(source, key, value string) error {
	var text strings.Builder
	for i, part := range strings.Split(key, ".") {
		if part == "" {
			return &ConfigError{Source: source, Problem: fmt.Sprintf("%q is no key", key)}
		}
		if i > 0 {
			text.WriteString("\n" + strings.Repeat(" ", i))
		}
		text.WriteString(part + ": ")
	}
	return c.merge(layer{source: source, flag: true}, []byte(text.String()+value))
}

func (c *Config) merge(l layer, text []byte) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return l.explain(err)
	}
	switch documents := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil }); len(documents) {
	case 0:
		return nil
	case 1:
		l.root = documents[0].Body
	default:
		return l.mistake(documents[1].Body.GetToken(), "", "a second document; one is all that a configuration has")
	}
	if err := l.check(l.root, reflect.TypeFor[Config](), ""); err != nil {
		return err
	}
	if err := yaml.NodeToValue(l.root, c, yaml.Strict()); err != nil {
		return l.explain(err)
	}
	c.layers = append(c.layers, l)
	return nil
}

// mistake is the error at a token.
func (l layer) mistake(t *token.Token, key, format string, args ...any) error {
	e := &ConfigError{Source: l.source, Key: key, Problem: fmt.Sprintf(format, args...)}
	if !l.flag && t != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// explain turns an error of the YAML package into one line.
func (l layer) explain(err error) error {
	var known yaml.Error
	if !errors.As(err, &known) {
		return &ConfigError{Source: l.source, Problem: err.Error(), err: err}
	}
	t, key := known.GetToken(), ""
	if l.root != nil {
		key = keyAt(l.root, t)
	}
	if key == "" {
		return l.mistake(t, "", "broken YAML near %q: %s", t.Value, known.GetMessage())
	}
	return l.mistake(t, key, "%s", known.GetMessage())
}

// check compares a node with the type that is to hold it.
func (l layer) check(n ast.Node, t reflect.Type, key string) error {
	if _, null := n.(*ast.NullNode); null && t.Kind() == reflect.Pointer && t.Elem().Kind() != reflect.Struct {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if anchor, ok := n.(*ast.AnchorNode); ok {
		n = anchor.Value
	}
	if t.Kind() == reflect.Struct {
		return l.checkSection(n, t, key)
	}
	if list, ok := n.(*ast.SequenceNode); ok && t.Kind() == reflect.Slice {
		for i, value := range list.Values {
			if err := l.check(value, t.Elem(), fmt.Sprintf("%s[%d]", key, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if want := wants(n, t); want != "" {
		return l.mistake(n.GetToken(), key, "%s is not %s", n, want)
	}
	return nil
}

// wants says what a value of type t is called, unless n is one.
func wants(n ast.Node, t reflect.Type) string {
	switch n.(type) {
	case *ast.AliasNode, *ast.TagNode: // the YAML package knows what stands behind it
		return ""
	}
	_, integer := n.(*ast.IntegerNode)
	_, float := n.(*ast.FloatNode)
	_, infinity := n.(*ast.InfinityNode)
	_, boolean := n.(*ast.BoolNode)
	_, text := n.(*ast.StringNode)
	switch t.Kind() {
	case reflect.Int:
		return unless(integer, "an integer")
	case reflect.Uint64:
		return unless(integer && !strings.HasPrefix(n.GetToken().Value, "-"), "an integer of at least 0")
	case reflect.Float32, reflect.Float64:
		return unless(integer || float || infinity, "a number")
	case reflect.Bool:
		return unless(boolean, "true or false")
	case reflect.Slice:
		return "a list"
	}
	return unless(text, "a name")
}

func unless(ok bool, want string) string {
	if ok {
		return ""
	}
	return want
}

// checkSection compares a mapping with a struct.
func (l layer) checkSection(n ast.Node, t reflect.Type, key string) error {
	section, ok := n.(ast.MapNode)
	if !ok {
		what := "a section"
		if key == "" {
			what = "a configuration"
		}
		return l.mistake(n.GetToken(), key, "%s is not %s; want keys and values", n, what)
	}
	fields := make(map[string]reflect.Type)
	for f := range t.Fields() {
		if name := yamlName(f); name != "" {
			fields[name] = f.Type
		}
	}
	for entries := section.MapRange(); entries.Next(); {
		name := entries.Key().GetToken().Value
		field, known := fields[name]
		if !known {
			return l.mistake(entries.Key().GetToken(), join(key, name), "unknown key%s", suggestKey(join(key, name)))
		}
		if err := l.check(entries.Value(), field, join(key, name)); err != nil {
			return err
		}
	}
	return nil
}

// suggestKey names the key that was probably meant: the nearest within the section, else the same name
// in another section.
func suggestKey(key string) string {
	section := key[:strings.LastIndex(key, ".")+1]
	var near, elsewhere []string
	for _, k := range keys() {
		if inside, ok := strings.CutPrefix(k, section); ok && !strings.Contains(inside, ".") {
			near = append(near, k)
		}
		if strings.HasSuffix("."+k, "."+key[len(section):]) {
			elsewhere = append(elsewhere, k)
		}
	}
	if len(elsewhere) > 0 {
		return fmt.Sprintf("; did you mean %q?", elsewhere[0])
	}
	return suggestion(key, near)
}

// locate fills in where a value stands that the latest layer with its key, or a section around it, has set.
func (c *Config) locate(e *ConfigError) {
	for key := e.Key; key != "" && e.Source == ""; {
		for _, l := range slices.Backward(c.layers) {
			if n := nodeAt(l.root, key); n != nil {
				e.Source = l.source
				if !l.flag {
					e.Line, e.Column = n.GetToken().Position.Line, n.GetToken().Position.Column
				}
				return
			}
		}
		i := max(strings.LastIndex(key, "."), 0)
		key = key[:i]
	}
}

// keys lists every key of a configuration, with its section: a3c.gamma.
func keys() []string {
	var all []string
	var visit func(t reflect.Type, section string)
	visit = func(t reflect.Type, section string) {
		for f := range t.Fields() {
			name := yamlName(f)
			if name == "" {
				continue
			}
			all = append(all, join(section, name))
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				visit(inner, join(section, name))
			}
		}
	}
	visit(reflect.TypeFor[Config](), "")
	return all
}

// yamlName is a field's key; "" if it has none.
func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
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
