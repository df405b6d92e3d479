package nearest

import "testing"

func TestName(t *testing.T) {
	ids := []string{"CartPole-v0", "CartPole-v1", "Acrobot-v1", "Pendulum-v1"}
	for _, c := range []struct {
		name, want string
		known      []string
	}{
		{"CartPole-v1", "CartPole-v1", ids},
		{"cartpole-V1", "CartPole-v1", ids},
		{"CartPole-v2", "CartPole-v0", ids}, // the first of equals
		{"Cartpol-v1", "CartPole-v1", ids},
		{"Pendlum-v1", "Pendulum-v1", ids},
		{"Acorbot-v1", "Acrobot-v1", ids},
		{"HalfCheetah-v5", "", ids},
		{"gama", "gamma", []string{"lambda", "gamma"}},
		{"λ", "Λ", []string{"x", "Λ"}},
		{"", "", ids},
		{"x", "", nil},
	} {
		if got := Name(c.name, c.known); got != c.want {
			t.Errorf("Name(%q, %q) = %q, want %q", c.name, c.known, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	for name, want := range map[string]string{"gama": `; did you mean "gamma"?`, "entropy": "; known: lambda, gamma"} {
		if got := Hint(name, []string{"lambda", "gamma"}); got != want {
			t.Errorf("Hint(%q) = %q, want %q", name, got, want)
		}
	}
	if got := Hint("x", nil); got != "" {
		t.Errorf("%q where nothing is known", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3},
		{"flaw", "lawn", 2}, {"saturday", "sunday", 3}, {"é", "e", 1},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
