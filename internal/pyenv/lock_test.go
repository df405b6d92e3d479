package pyenv

import (
	"slices"
	"strings"
	"testing"
)

func names(lock string) []string {
	var all []string
	for _, p := range parse(lock) {
		all = append(all, p.name)
	}
	return all
}

func TestSubset(t *testing.T) {
	const lock = `# made by a tool
a==1 \
    --hash=sha256:aa
    # via -r base.in
b==2 ; python_version < '3' \
    --hash=sha256:bb
    # via
    #   c
    #   -r other.in
c==3 \
    --hash=sha256:cc
    # via -r extra.in
`
	if got := subset(lock, []string{"base"}); got != "a==1 \\\n    --hash=sha256:aa\n    # via -r base.in\n" {
		t.Errorf("base is %q", got)
	}
	for file, want := range map[string][]string{"extra": {"b", "c"}, "other": {"b"}, "none": nil} {
		if got := names(subset(lock, []string{file})); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", file, got, want)
		}
	}
}

// TestExtrasBringTheirPackages: each what it is named for and no other's, all together the whole lock, and everything with
// hashes.
func TestExtrasBringTheirPackages(t *testing.T) {
	for _, e := range extras {
		lock, err := GymnasiumLock(e.name)
		if err != nil {
			t.Fatal(err)
		}
		got := names(string(lock))
		for _, module := range append([]string{"gymnasium", "numpy"}, e.packages...) {
			if !slices.Contains(got, distribution(module)) {
				t.Errorf("%s lacks %s: %v", e.name, distribution(module), got)
			}
		}
		if e.name != "doom" && slices.Contains(got, "vizdoom") || e.name != "atari" && slices.Contains(got, "ale-py") {
			t.Errorf("%s brings another extra's packages: %v", e.name, got)
		}
	}
	all, err := GymnasiumLock(append(Extras(), "test")...)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(names(string(all))), len(parse(gymnasiumLock)); got != want || want < 20 {
		t.Errorf("all extras are %d packages, the lock has %d", got, want)
	}
	for _, p := range parse(gymnasiumLock) {
		if !strings.Contains(p.text, "--hash=sha256:") {
			t.Errorf("%s has no hash", p.name)
		}
	}
}

func TestUnknownExtras(t *testing.T) {
	for name, want := range map[string]string{"atarri": `did you mean "atari"?`, "xyzzyxyzzy": "known: classic-control, atari"} {
		if _, err := GymnasiumLock("doom", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestExtraOf(t *testing.T) {
	for _, c := range [][3]string{
		{"ALE/Pong-v5", "", "atari"}, {"VizdoomBasic-v1", "", "doom"}, {"HalfCheetah-v5", "", "mujoco"}, {"FetchReach-v4", "", "robotics"},
		{"LunarLander-v3", "", "box2d"}, {"CartPole-v1", "", ""}, {"mine:My-v0", "ale_py.roms", "atari"}, {"CartPole-v1", "pygame", "classic-control"},
		{"FetchReach-v4", "mujoco", "robotics"}, {"mine:My-v0", "torch", ""},
	} {
		if got := ExtraOf(c[0], c[1]); got != c[2] {
			t.Errorf("%s lacking %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
