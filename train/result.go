package train

import (
	"math"

	"covey/policy"
)

// Result sums up a run. It is the run folder's result.json.
type Result struct {
	Env     string `json:"env"`
	Algo    string `json:"algo"`
	Seed    uint64 `json:"seed"`
	Workers int    `json:"workers"`
	Update  string `json:"update"`
	Kernel  string `json:"kernel"`

	EnvSteps    uint64  `json:"env_steps"`
	Episodes    uint64  `json:"episodes"`
	Updates     uint64  `json:"updates"`
	WallS       float64 `json:"wall_s"`      // of training, with the evaluations in it
	StepsPerS   float64 `json:"steps_per_s"` // of training, without the evaluations and writing in it
	Interrupted bool    `json:"interrupted"`
	Error       string  `json:"error,omitempty"`

	Solved        bool     `json:"solved"`
	SolvedAtS     *float64 `json:"solved_at_s"` // since the process started
	SolvedAtSteps *uint64  `json:"solved_at_steps"`

	TrainReturnMean100 *float64 `json:"train_return_mean_100"` // of the last 100 training episodes or fewer
	// Of the final policy; nil: the run was interrupted or failed. Eval is the mode that counts.
	Eval        *Evaluation `json:"eval"`
	EvalGreedy  *Evaluation `json:"eval_greedy"`
	EvalSampled *Evaluation `json:"eval_sampled"`
	Best        *Best       `json:"best"` // nil: no policy has been evaluated

	Resumes     int    `json:"resumes"`      // times that the run was gone on with
	Replanned   bool   `json:"replanned"`    // one of them changed the budget, and with it what is annealed
	Restarts    int    `json:"restarts"`     // of learners that panicked or hung
	Abandoned   int    `json:"abandoned"`    // of these, those that hung: their goroutines stay
	EnvRestarts int    `json:"env_restarts"` // of environments that failed
	Faults      uint64 `json:"faults"`       // times that episodes under way were lost
	Fallbacks   int    `json:"fallbacks"`    // returns to the best policy after a collapse
	FailedSaves int    `json:"failed_saves"` // checkpoints that could not be written

	ParamsSHA256  string   `json:"params_sha256"` // state.Hash of the final policy
	Deterministic bool     `json:"deterministic"` // the same seed and workers give the same parameters
	Warnings      []string `json:"warnings"`

	Policy *policy.Policy `json:"-"` // as the last update left it; nil: the learner was given up
}

// finished says whether the run came to its end.
func (r *Result) finished() bool { return r != nil && !r.Interrupted && r.Error == "" }

// Best is the best policy of the run, by evaluation. Being the best of many evaluations, its mean
// flatters it.
type Best struct {
	EnvSteps     uint64  `json:"env_steps"`
	Mean         float64 `json:"mean"`
	ParamsSHA256 string  `json:"params_sha256"`
}

// Evaluation sums up the undiscounted returns of evaluation episodes.
type Evaluation struct {
	Episodes   int       `json:"episodes"`
	Mean       float64   `json:"mean"`
	Std        float64   `json:"std"` // of the episodes, not of the mean
	Min        float64   `json:"min"`
	Max        float64   `json:"max"`
	MeanLength float64   `json:"mean_length"`   // steps
	Cut        int       `json:"cut,omitempty"` // episodes that did not end, and were cut off
	Mode       string    `json:"mode"`          // greedy or sampled
	Returns    []float64 `json:"-"`             // [Episodes]
}

// Evaluation modes.
const (
	Greedy  = "greedy"  // the most likely action
	Sampled = "sampled" // an action drawn from the policy
)

func modeName(sample bool) string {
	if sample {
		return Sampled
	}
	return Greedy
}

// summarize fills in the statistics of Returns.
func (e *Evaluation) summarize() {
	n := float64(len(e.Returns))
	e.Episodes, e.Min, e.Max = len(e.Returns), math.Inf(1), math.Inf(-1)
	var sum float64
	for _, r := range e.Returns {
		sum += r
		e.Min, e.Max = min(e.Min, r), max(e.Max, r)
	}
	e.Mean = sum / n
	var square float64
	for _, r := range e.Returns {
		square += (r - e.Mean) * (r - e.Mean)
	}
	e.Std = math.Sqrt(square / n)
}
