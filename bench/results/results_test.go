package results

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"covey"
)

// TestMain lets this binary play covey: train with --out FOLDER.
func TestMain(m *testing.M) {
	if os.Getenv("RESULTS_TEST_PLAYS") == "" {
		os.Exit(m.Run())
	}
	if entries, err := os.ReadDir(os.TempDir()); err != nil || len(entries) != 1 || len(os.Args) < 3 {
		fmt.Fprintf(os.Stderr, "beside this run there are %v, error %v", entries, err)
		os.Exit(1)
	}
	folder := os.Args[slices.Index(os.Args, "--out")+1]
	if err := os.MkdirAll(folder, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	const progress = "env_steps,updates,wall_s,eval_return_mean\n100,10,0.1,\n200,20,0.2,-50.5\n400,40,0.4,80\n400,40,0.5,60\n"
	if err := os.WriteFile(filepath.Join(folder, "progress.csv"), []byte(progress), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(`{"env_steps": 400, "updates": 40, "wall_s": 0.5, "params_sha256": "ab", "eval": {"episodes": 100, "mean": 60, "std": 3, "mode": "greedy"}}`)
}

func onePlan() *Plan {
	return &Plan{Env: "Pendulum-v1", Algo: "sac", Budget: Steps, Seed: 3, Repeat: 2, settings: "x"}
}

func TestRunsAreKeptAndNotRepeated(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("RESULTS_TEST_PLAYS", "1")
	p, folder, aside := onePlan(), t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", aside)
	if r, err := load(folder, p); r != nil || err != nil {
		t.Errorf("before the run there is %v, %v", r, err)
	}
	second := onePlan()
	second.Seed = 4
	for _, program := range []string{self, "no such program"} {
		if err := Make(t.Context(), program, folder, []*Plan{p, second}); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(aside); err != nil || len(left) > 0 {
		t.Errorf("the runs have left %v, error %v", left, err)
	}
	r, err := load(folder, p)
	if err != nil || r == nil {
		t.Fatalf("after it there is %v, %v", r, err)
	}
	if want := []Point{{400, 0.2, -50.5}, {800, 0.4, 80}, {800, 0.5, 60}}; !slices.Equal(r.Curve, want) {
		t.Errorf("curve %v, want %v", r.Curve, want)
	}
	if r.Steps != 800 || r.Final.Mean != 60 || r.Final.Episodes != 100 || r.Drop() != 20 || r.ProcessS <= 0 {
		t.Errorf("kept %+v", r)
	}
	if strings.Contains(r.Command, string(filepath.Separator)) {
		t.Errorf("the command names folders of this machine: %s", r.Command)
	}
	p.settings = "y"
	if r, err := load(folder, p); r != nil || err != nil {
		t.Errorf("with other settings there is %v, %v", r, err)
	}
	if err := os.WriteFile(p.path(folder), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := load(folder, p); err == nil {
		t.Error("a damaged record is read")
	}
}

// TestRecordsAreOfAll: options say which runs to make, not which to show.
func TestRecordsAreOfAll(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("RESULTS_TEST_PLAYS", "1")
	o := Options{Covey: self, Out: t.TempDir()}
	t.Setenv("TMPDIR", t.TempDir())
	var all []*Plan
	for seed := range uint64(3) {
		for _, algo := range []string{"sac", "ddpg"} {
			all = append(all, &Plan{Env: "Pendulum-v1", Algo: algo, Budget: Steps, Seed: seed + 1, Repeat: 1})
		}
	}
	for _, c := range []struct {
		seeds int
		draw  bool
		algo  string
		want  string
	}{
		{2, false, "sac", "[sac 1 sac 2]"},
		{1, false, "ddpg", "[sac 1 ddpg 1 sac 2]"},
		{3, true, "ddpg", "[sac 1 ddpg 1 sac 2]"},
	} {
		o.Seeds, o.Draw = c.seeds, c.draw
		records, err := o.Records(t.Context(), "page", all, func(p *Plan) bool { return p.Algo == c.algo })
		var got []string
		for _, r := range records {
			got = append(got, fmt.Sprint(r.Algo, " ", r.Seed))
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%d seeds of %s: %v, want %s, error %v", c.seeds, c.algo, got, c.want, err)
		}
	}
	if _, err := (&Options{Out: o.Out}).Records(t.Context(), "page", all, func(*Plan) bool { return true }); err == nil {
		t.Error("no seed is enough")
	}
}

func TestOptions(t *testing.T) {
	parse := func(args ...string) (*Options, error) {
		flags, o := flag.NewFlagSet("page", flag.ContinueOnError), new(Options)
		flags.SetOutput(io.Discard)
		return o, o.Parse(flags, 5, args)
	}
	for _, bad := range [][]string{{"-seeds", "0"}, {"-seeds", "6"}, {"more"}, {"-no"}, {"-short"}} {
		if _, err := parse(bad...); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if o, err := parse(); err != nil || o.Seeds != 5 || o.Part != 1 || o.Out != "docs/results" || !filepath.IsAbs(o.Covey) {
		t.Errorf("got %+v, error %v", o, err)
	}
	if o, err := parse("-short", "-out", "x"); err != nil || o.Seeds != 2 || o.Part != 0.1 || o.Out != "x" {
		t.Errorf("got %+v, error %v", o, err)
	}
}

// TestPlansAreCheckedAndTold: a plan is its preset with what is set in place of it, and no other plan's.
func TestPlansAreCheckedAndTold(t *testing.T) {
	check := func(p *Plan) error {
		cfg, err := covey.Preset(p.Algo, p.Env, p.Variant)
		if err != nil {
			t.Fatal(err)
		}
		return p.Check(cfg)
	}
	p := &Plan{Env: "CartPole-v1", Algo: "a3c", Budget: Steps, Seed: 3}
	named := *p
	named.Variant = "textbook"
	other := *p
	other.Set("seed", 3)
	for _, x := range []*Plan{p, &named, &other} {
		if err := check(x); err != nil || x.settings == "" {
			t.Fatalf("settings %q, %v", x.settings, err)
		}
	}
	if p.settings == named.settings || p.settings == other.settings {
		t.Errorf("settings %q are those of others, %q and %q", p.settings, named.settings, other.settings)
	}
	if want := "covey train CartPole-v1 --algo a3c --json --quiet --out CartPole-v1-a3c@textbook-steps-3 --preset textbook"; named.Line() != want {
		t.Errorf("got %s, want %s", named.Line(), want)
	}
	p.Set("a3c.gamma", 2)
	if err := check(p); err == nil || !strings.Contains(err.Error(), "a3c.gamma") {
		t.Errorf("γ = 2: %v", err)
	}
	if name := (&Plan{Env: "MinAtar/Breakout-v1", Algo: "a3c"}).name(); strings.Contains(name, "/") {
		t.Errorf("%s names a folder", name)
	}
}

// runs are records of an algorithm with these final scores; the best evaluation on the way was 10 higher.
func runs(variant string, finals ...float64) []*Record {
	var all []*Record
	for _, x := range finals {
		all = append(all, &Record{Env: "Pendulum-v1", Algo: "sac", Variant: variant, Budget: Steps, Steps: 1000, WallS: 2,
			Final: Final{Mean: x}, Curve: []Point{{100, 0.1, x - 50}, {500, 1, x + 10}, {1000, 2, x}}})
	}
	return all
}

func TestGroup(t *testing.T) {
	records := append(runs("", 1, 2, 3), runs("slow", 0, 0)...)
	algos := Group(records, "Pendulum-v1", Steps, 2, []string{"sac", "sac@slow"})
	if len(algos) != 2 || algos[0].Solved != 2 || len(algos[1].Runs) != 2 || algos[1].Label != "sac@slow" || algos[0].Median != 2 || algos[0].Spread != 1 {
		t.Errorf("got %v", algos)
	}
	if p := Improvement(algos[0], algos[1]); p.Value != 1 {
		t.Errorf("P(better) = %v, want 1", p.Value)
	}
	if algos := Group(records, "Pendulum-v1", Steps, 2, []string{"sac", "ddpg"}); algos != nil {
		t.Errorf("without runs of ddpg there is %v", algos)
	}
}

// TestDropIsOfEvaluationsOnTheWay: the final one, the curve's last, is none of them.
func TestDropIsOfEvaluationsOnTheWay(t *testing.T) {
	some, never := runs("", 5, 6, 7), runs("never", 5, 6)
	some[0].Curve[1].Return = 1 // the last policy is its best
	some[1].Curve = some[1].Curve[2:]
	for _, r := range never {
		r.Curve = r.Curve[2:]
	}
	text := Table([]*Summary{Summarize(0, some), Summarize(0, never)}, 1)
	for i, want := range [][]string{{"5.0", "10.0"}, {"–", "–"}} {
		if got := text[i+1][7:9]; !slices.Equal(got, want) {
			t.Errorf("drop and worst drop are %v, want %v", got, want)
		}
	}
	lines := strings.Split(CSV(slices.Concat(some, never)), "\n")
	for i, want := range []string{"0", "", "10", "", ""} {
		if got := strings.Split(lines[i+1], ",")[10]; got != want {
			t.Errorf("line %d has the drop %q, want %q", i+1, got, want)
		}
	}
}

// TestOneRunAlone: it has no interval and no spread, and is not compared.
func TestOneRunAlone(t *testing.T) {
	one, more := Summarize(0, runs("", 5)), Summarize(0, runs("more", 1, 2, 3, 4))
	for _, algos := range [][]*Summary{{one, more}, {more, one}} {
		for i, row := range Table(algos, 1)[1:] {
			if row[11] != "–" {
				t.Errorf("%s: P(better) is %s", row[0], row[11])
			}
			if algos[i] == one && (row[2] != "5.0 [–]" || row[4] != "–") {
				t.Errorf("IQM %s, spread %s", row[2], row[4])
			}
		}
		if s := Better(algos[0], algos[1]); s != nil {
			t.Errorf("%s is better", s.Label)
		}
	}
	if middle, band := one.curve(Steps.Over); len(middle) < 2 || band != nil {
		t.Errorf("%d points with the band %v", len(middle), band)
	}
}

func TestBetter(t *testing.T) {
	for _, c := range []struct {
		x, y []float64
		want string // none: though the interval leaves out 0.5
	}{
		{[]float64{5, 6, 7, 8}, []float64{1, 2, 3, 4}, "x"},
		{[]float64{1, 2, 3}, []float64{4, 5, 6, 7, 8}, "y"},
		{[]float64{5, 6, 7}, []float64{1, 2, 3}, "none"},              // p = 0.1
		{[]float64{4, 6, 7, 8}, []float64{1, 2, 3, 5}, "none"},        // p = 0.057
		{[]float64{5, 9, 7, 8, 10}, []float64{1, 2, 3, 4, 6}, "x"},    // p = 0.016
		{[]float64{3, 7, 8, 9, 10}, []float64{1, 2, 4, 5, 6}, "none"}, // p = 0.095
	} {
		x, y := Summarize(0, runs("", c.x...)), Summarize(0, runs("", c.y...))
		name := map[*Summary]string{x: "x", y: "y", nil: "none"}
		if got := name[Better(x, y)]; got != c.want {
			t.Errorf("%v and %v: %s is better, want %s; P(better) %v", c.x, c.y, got, c.want, Improvement(x, y))
		}
		if c.want == "none" && Improvement(x, y).Low <= 0.5 {
			t.Errorf("%v and %v: the interval alone leaves it open", c.x, c.y)
		}
	}
}

// TestCurveOfOnePoint: where the seeds have no stretch in common, their curve is a point.
func TestCurveOfOnePoint(t *testing.T) {
	alone := runs("", 1, 2, 3, 4)
	for _, r := range alone {
		r.Curve = r.Curve[:1]
	}
	apart := runs("", 1, 2, 3, 4)
	for _, r := range apart[:2] {
		r.Curve = r.Curve[:1]
	}
	for _, r := range apart[2:] {
		r.Curve = r.Curve[1:]
	}
	for _, c := range []struct {
		runs []*Record
		want plotter.XY
	}{
		{alone, plotter.XY{X: 100, Y: -47.5}},
		{apart, plotter.XY{X: 500, Y: -17.5}}, // the middle two of −49, −48, 13 and 14
	} {
		s := Summarize(0, c.runs)
		if middle, band := s.curve(Steps.Over); len(middle) != 1 || middle[0] != c.want || band != nil {
			t.Errorf("%v with the band %v, want %v alone", middle, band, c.want)
		}
	}
}

func TestCurveHoldsTheLatestEvaluation(t *testing.T) {
	s := Summarize(0, runs("", 0, 0, 0, 0))
	middle, band := s.curve(Steps.Over)
	if first, last := middle[0], middle[len(middle)-1]; first.X != 100 || first.Y != -50 || last.X != 1000 || last.Y != 0 {
		t.Errorf("from %v to %v", first, last)
	}
	if at := middle[len(middle)/2]; at.Y != 10 || len(band) != 2*len(middle) {
		t.Errorf("in the middle %v; %d points of the band", at, len(band))
	}
	if middle, _ := s.curve(Seconds.Over); middle[len(middle)-1].X != 2 {
		t.Errorf("over time it ends at %v", middle[len(middle)-1])
	}
}
