package covey_test

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"covey"
	"covey/env"
)

// failing is a pendulum that shows or pays something that is no number at one of its steps.
type failing struct {
	env.Environment
	calls       *atomic.Uint64
	at          uint64 // the call of Step
	reward, see float32
}

func (f failing) Step(action []float32, obs env.Values) (env.Outcome, error) {
	o, err := f.Environment.Step(action, obs)
	if f.calls.Add(1) == f.at {
		o.Reward += f.reward
		obs.F[1] += f.see
	}
	return o, err
}

// TestNoNumbers: a reward or an observation that is no number ends the run with an error that says which
// environment, step and value, and the run keeps its last good policy.
func TestNoNumbers(t *testing.T) {
	nan := float32(math.NaN())
	for _, algo := range []string{"sac", "ddpg"} {
		for _, tt := range []struct {
			reward, see float32
			want        string
		}{
			{nan, 0, "step 1299, environment 0 (Pendulum-v1): reward is NaN"},
			{0, float32(math.Inf(-1)), "step 1299, environment 0 (Pendulum-v1): element 1 of the observation is -Inf"},
		} {
			cfg := small(t, algo, "Pendulum-v1")
			cfg.Eval.Every = 0
			dir, calls := t.TempDir()+"/run", new(atomic.Uint64)
			run, err := covey.Train(context.Background(), cfg, covey.Options{Dir: dir, Environment: func() (env.Environment, error) {
				e, err := covey.NewEnvironment("Pendulum-v1")
				return failing{Environment: e, calls: calls, at: 1300, reward: tt.reward, see: tt.see}, err
			}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want one with %q", algo, err, tt.want)
				continue
			}
			if run.EnvSteps != 1299 || !strings.Contains(run.Error, tt.want) {
				t.Errorf("%s: the run says %d steps, error %q", algo, run.EnvSteps, run.Error)
			}
			p, _, err := covey.LoadPolicy(dir)
			if err != nil {
				t.Errorf("%s: %v", algo, err)
				continue
			}
			for _, x := range p.Params {
				if x-x != 0 {
					t.Fatalf("%s: the policy that was kept has parameter %v", algo, x)
				}
			}
		}
	}
}

// unbounded is a pendulum that takes any number.
type unbounded struct{ env.Environment }

func (u unbounded) Spec() env.Spec {
	s := u.Environment.Spec()
	s.Action = env.NewBox([]float32{-2}, []float32{float32(math.Inf(1))})
	return s
}

func TestActionsWithoutBoundsAreRefused(t *testing.T) {
	create := func() (env.Environment, error) {
		e, err := covey.NewEnvironment("Pendulum-v1")
		return unbounded{e}, err
	}
	for _, algo := range []string{"sac", "ddpg"} {
		_, err := covey.Train(context.Background(), small(t, algo, "Pendulum-v1"), covey.Options{Environment: create})
		if want := algo + ": Pendulum-v1 has actions between -2 and +Inf in dimension 0; this algorithm wants bounds"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
