package covey

import (
	"bytes"
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

// wrong is the mistake in the value of a key.
func wrong(key, format string, args ...any) error {
	return &ConfigError{Key: key, Problem: fmt.Sprintf(format, args...)}
}

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
	if strings.ContainsAny(value, "\r\n") {
		return &ConfigError{Source: strings.Join(strings.Fields(source), " "), Key: key, Problem: "the value is more than one line"}
	}
	var text strings.Builder
	for i, part := range strings.Split(key, ".") {
		if part == "" {
			return &ConfigError{Source: source, Problem: fmt.Sprintf("%q is not a key", key)}
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
		return l.explain(err, text)
	}
	switch documents := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil }); len(documents) {
	case 0:
		return nil
	case 1:
		l.root = documents[0].Body
	default:
		return l.mistake(first(documents[1].Body), "", "a second document; one is all that a configuration has")
	}
	if err := l.check(l.root, reflect.TypeFor[Config](), ""); err != nil {
		return err
	}
	kwargs, variables := c.named()
	if err := yaml.NodeToValue(l.root, c, yaml.Strict()); err != nil {
		return l.explain(err, text)
	}
	k, v := c.named()
	keep(k, kwargs)
	keep(v, variables)
	c.replaceTower(l)
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
func (l layer) explain(err error, text []byte) error {
	var known yaml.Error
	if !errors.As(err, &known) {
		return &ConfigError{Source: l.source, Problem: err.Error(), err: err}
	}
	t := known.GetToken()
	if l.root != nil {
		return l.mistake(t, keyAt(l.root, t), "%s", known.GetMessage())
	}
	key := keyAbove(bytes.ReplaceAll(text, []byte("\t"), []byte(" ")), t.Position.Line)
	if strings.Contains(known.GetMessage(), "'\t'") {
		return l.mistake(t, key, "broken YAML: a tab; only spaces indent")
	}
	return l.mistake(t, key, "broken YAML near %q: %s", t.Value, known.GetMessage())
}
