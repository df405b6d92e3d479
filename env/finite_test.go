package env

import (
	"math"
	"strings"
	"testing"
)

// TestNotFinite: each number that a vector gives is looked at, and said where it stands; what is not given is not.
func TestNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	spec := &Spec{ID: "World", Observation: Space{Kind: Box, Shape: []int{2}}}
	values := func(x ...float32) Values { return Values{F: x} }
	for want, err := range map[string]error{
		"":                                     CheckStep(spec, []Outcome{{Reward: 1}, {Terminated: true}}, values(0, 1, 2, 3), values(nan, nan, 2, 3)),
		"environment 1 (World): reward is NaN": CheckStep(spec, []Outcome{{}, {Reward: nan}}, values(0, 1, 2, 3), values(0, 1, 2, 3)),
		"environment 1 (World): element 0 of the observation is -Inf":   CheckStep(spec, make([]Outcome, 2), values(0, 1, inf, 3), values(0, 1, 2, 3)),
		"environment 0 (World): element 1 of the observation is NaN":    CheckStep(spec, []Outcome{{Truncated: true}, {}}, values(0, 1, 2, 3), values(0, nan, 2, 3)),
		"environment 1 (World), reset: element 1 of the observation is": CheckReset(spec, values(0, 1, 2, nan)),
	} {
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := CheckReset(spec, Values{U: make([]uint8, 4)}); err != nil {
		t.Errorf("bytes: %v", err)
	}
}
