package classic

import (
	"strings"
	"testing"

	"covey/env"
	"covey/env/envtest"
)

func TestSuite(t *testing.T) {
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) {
			envtest.Run(t, func() env.Environment { return mustNew(t, id) }, envtest.Native)
		})
	}
}

func mustNew(t testing.TB, id string) env.Environment {
	e, err := New(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNewUnknown(t *testing.T) {
	for _, c := range []struct{ id, want string }{
		{"CartPole-v2", `"CartPole-v0"`},
		{"acrobot", `"Acrobot-v1"`},
		{"MountainCarContinous-v0", `"MountainCarContinuous-v0"`},
		{"HalfCheetah-v5", strings.Join(IDs(), ", ")},
	} {
		if _, err := New(c.id); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q) returns error %v, want one with %s", c.id, err, c.want)
		}
	}
}
