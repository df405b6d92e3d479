package covey

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"covey/internal/nearest"
)

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
	if isSection(t) {
		return l.checkSection(n, t, key)
	}
	if t.Kind() == reflect.Map {
		if _, ok := n.(ast.MapNode); !ok {
			return l.mistake(first(n), key, "%s is not keys and values", shown(n))
		}
		return nil // whose they are is not known here
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
		return l.mistake(n.GetToken(), key, "%s is not %s", shown(n), want)
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
	_, boolean := n.(*ast.BoolNode)
	_, text := n.(*ast.StringNode)
	if isText(t) {
		return unless(text || isNumber(n, 64), "a number or a text")
	}
	switch t.Kind() {
	case reflect.Int:
		return unless(integer, "an integer")
	case reflect.Uint64:
		if !integer && strings.Trim(shown(n), "0123456789") == "" {
			return "an integer of at most 18446744073709551615"
		}
		return unless(integer && !strings.HasPrefix(n.GetToken().Value, "-"), "an integer of at least 0")
	case reflect.Float32:
		return unless(isNumber(n, 32), "a number")
	case reflect.Float64:
		return unless(isNumber(n, 64), "a number")
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

// isNumber says whether n is a number that bits can hold. The parser takes some for texts: 1e-8.
func isNumber(n ast.Node, bits int) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.InfinityNode:
		return true
	case *ast.FloatNode:
		return bits == 64 || math.Abs(n.Value) <= math.MaxFloat32
	case *ast.StringNode:
		x, err := strconv.ParseFloat(n.Value, bits)
		return n.Token.Type == token.StringType && err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	return false
}

// shown is a node in one short line.
func shown(n ast.Node) string {
	if _, null := n.(*ast.NullNode); null {
		return "null"
	}
	text := strings.Join(strings.Fields(n.String()), " ")
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return text
}

// first is the token at which a node begins.
func first(n ast.Node) *token.Token {
	if m, ok := n.(ast.MapNode); ok {
		if entries := m.MapRange(); entries.Next() {
			return entries.Key().GetToken()
		}
	}
	return n.GetToken()
}

// checkSection compares a mapping with a struct.
func (l layer) checkSection(n ast.Node, t reflect.Type, key string) error {
	section, ok := n.(ast.MapNode)
	if !ok {
		what := "a section"
		if key == "" {
			what = "a configuration"
		}
		return l.mistake(first(n), key, "%s is not %s; want keys and values", shown(n), what)
	}
	types := maps.Collect(fields(t))
	for entries := section.MapRange(); entries.Next(); {
		name := entries.Key().GetToken().Value
		field, known := types[name]
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
	return nearest.Hint(key, near)
}
