package covey

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// free are the keys, and sections, that may change before a run goes on: how long, how it is judged, watched and
// kept.
var free = []string{
	"steps", "episodes", "seconds", "until_solved", "solve_at", "eval", "log_every", "print_every", "tensorboard",
	"checkpoint", "deadline", "restarts", "fallback", "gym.python", "gym.children", "gym.deadline",
}

// differs returns the first key that is not free and whose values, as YAML, are not the same in both; "" if there is
// none.
func (c *Config) differs(other *Config) (key, mine, theirs string, err error) {
	a, err := c.tree()
	if err != nil {
		return "", "", "", err
	}
	b, err := other.tree()
	if err != nil {
		return "", "", "", err
	}
	all := keys()
	for _, key := range all {
		top, _, _ := strings.Cut(key, ".")
		section := slices.ContainsFunc(all, func(k string) bool { return strings.HasPrefix(k, key+".") })
		if section || slices.Contains(free, top) || slices.Contains(free, key) {
			continue
		}
		if x, y := value(a, key), value(b, key); x != y {
			return key, x, y, nil
		}
	}
	return "", "", "", nil
}

// tree is the configuration as YAML.
func (c *Config) tree() (ast.Node, error) {
	text, err := c.YAML()
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	return file.Docs[0].Body, nil
}

// value is what stands at a key, in short; "" where nothing does.
func value(root ast.Node, key string) string {
	n := nodeAt(root, key)
	if n == nil {
		return ""
	}
	return strings.Join(strings.Fields(n.String()), " ")
}
