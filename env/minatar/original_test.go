package minatar

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"

	"covey/env"
	"covey/internal/pyenv/pyenvtest"
)

// original is a game of the authors' package, in a Python process.
type original struct {
	t      *testing.T
	in     io.Writer
	out    *bufio.Reader
	planes int
}

// answer is what the original returned for a message.
type answer struct {
	draws  []draw // what it drew at random
	reward float64
	ended  bool
	obs    []byte // [10, 10, planes]
}

// draw is one of so many choices, or a number from [0, 1) where choices is 0.
type draw struct{ choices, value float64 }

// originalNames are those of the games in the authors' package.
var originalNames = map[string]string{
	"Asterix": "asterix", "Breakout": "breakout", "Freeway": "freeway", "Seaquest": "seaquest", "SpaceInvaders": "space_invaders",
}

// newGame is the message that starts an episode; the others are actions.
const newGame = 255

// startOriginal starts the Python process and compares what does not change in the game.
func startOriginal(t *testing.T, game title, c Config) *original {
	t.Helper()
	cmd := exec.Command(pyenvtest.Interpreter(t), "testdata/replay.py", originalNames[game.name], fmt.Sprint(c.Sticky), fmt.Sprint(c.Ramping))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the original: %v: %s", err, complaint.Bytes())
		}
	})
	o := &original{t: t, in: in, out: bufio.NewReaderSize(out, 1<<16), planes: len(game.planes)}
	var constants struct{ Shape, Actions []int }
	line, err := o.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &constants)
	}
	if err != nil {
		t.Fatalf("the original does not begin: %v", err)
	}
	var minimal []int
	for _, a := range game.actions {
		minimal = append(minimal, int(a))
	}
	if !slices.Equal(constants.Shape, []int{size, size, o.planes}) || !slices.Equal(constants.Actions, minimal) {
		t.Fatalf("%d planes and actions %v, the original's %+v", o.planes, minimal, constants)
	}
	return o
}

func (o *original) ask(message byte) answer {
	o.t.Helper()
	if _, err := o.in.Write([]byte{message}); err != nil {
		o.t.Fatalf("ask the original: %v", err)
	}
	n := int(binary.LittleEndian.Uint32(o.read(4)))
	b := o.read(n*16 + 8 + 1 + size*size*o.planes)
	number := func() float64 {
		x := math.Float64frombits(binary.LittleEndian.Uint64(b))
		b = b[8:]
		return x
	}
	a := answer{draws: make([]draw, n)}
	for i := range a.draws {
		a.draws[i] = draw{number(), number()}
	}
	a.reward = number()
	a.ended = b[0] == 1
	a.obs = b[1:]
	return a
}

func (o *original) read(n int) []byte {
	o.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(o.out, b); err != nil {
		o.t.Fatalf("the original does not answer: %v", err)
	}
	return b
}

// tape gives recorded draws back, as bits from which dice makes the same numbers.
type tape struct {
	draws []draw
	short int // draws that were asked for beyond the last
}

func (r *tape) Uint64() uint64 {
	if len(r.draws) == 0 {
		r.short++
		return 0
	}
	d := r.draws[0]
	r.draws = r.draws[1:]
	if d.choices == 0 {
		return uint64(d.value*0x1p53) << 11
	}
	x, _ := bits.Div64(uint64(d.value), 1<<63, uint64(d.choices)) // (value + ½)·2⁶⁴/choices
	return x
}

// TestOriginal plays every game in the authors' package, and at the same time here with the same actions and the
// same draws: whatever is returned is the same, and no draw is made too many or too few.
func TestOriginal(t *testing.T) {
	steps := 100_000
	if testing.Short() {
		steps = 5_000
	}
	for _, game := range titles {
		t.Run(game.name, func(t *testing.T) {
			t.Parallel()
			r := replay{Config: DefaultConfig(), game: game, steps: steps}
			r.run(t)
			if !r.far && !testing.Short() {
				t.Errorf("best return %v: the games do not get far enough to see all rules", r.best)
			}
			plain := replay{Config: Config{Sticky: 0, Ramping: false}, game: game, steps: steps / 5}
			plain.run(t)
			t.Logf("%d episodes, best return %v; without sticky actions and ramping %d, %v", r.episodes, r.best, plain.episodes, plain.best)
		})
	}
}

// replay is a comparison of one game.
type replay struct {
	Config
	game     title
	steps    int
	episodes int
	best     float64 // return
	far      bool    // an episode has gone as far as gone wants it
}

func (r *replay) run(t *testing.T) {
	o := startOriginal(t, r.game, r.Config)
	made, err := r.New(r.game.id(0))
	if err != nil {
		t.Fatal(err)
	}
	e := made.(*environment)
	var recorded tape
	e.dice.source = &recorded
	obs := env.MakeValues(e.spec.Observation, e.spec.Observation.Size())
	player := newPlanner()
	var total float64
	ended := true
	for step := range r.steps {
		message := byte(newGame)
		if !ended {
			message = byte(player.choose(e.game))
		}
		before := bytes.Clone(obs.U)
		want := o.ask(message)
		recorded = tape{draws: want.draws}
		var got env.Outcome
		if ended {
			e.begin()
			e.observe(obs)
			player.begin()
			r.episodes++
			total = 0
		} else if got, err = e.Step([]float32{float32(message)}, obs); err != nil {
			t.Fatal(err)
		}
		if float64(got.Reward) != want.reward || got.Terminated != want.ended || !bytes.Equal(obs.U, want.obs) ||
			recorded.short > 0 || len(recorded.draws) > 0 {
			t.Fatalf("%+v, step %d, message %d, draws %v (%d too few, %d left): reward %v, terminated %v, the original's %v, %v\nbefore\n%safter\n%sthe original\n%s",
				r.Config, step, message, want.draws, recorded.short, len(recorded.draws), got.Reward, got.Terminated, want.reward, want.ended,
				r.picture(before), r.picture(obs.U), r.picture(want.obs))
		}
		ended = want.ended
		total += want.reward
		r.best = max(r.best, total)
		r.far = r.far || gone(e.game, total)
	}
}

// picture lists which planes have something in each cell.
func (r *replay) picture(obs []byte) string {
	var b bytes.Buffer
	n := len(r.game.planes)
	for i := range size * size {
		cell := ""
		for p := range n {
			if obs[i*n+p] != 0 {
				cell += fmt.Sprint(p)
			}
		}
		fmt.Fprintf(&b, "%5s", max(cell, "."))
		if i%size == last {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// gone says whether an episode has come to the last of the rules: where the game becomes no more difficult, or begins
// anew.
func gone(g game, total float64) bool {
	switch g := g.(type) {
	case *asterix:
		return g.spawnEvery == 1 && g.moveEvery == 1
	case *breakout:
		return total > 30 // bricks of one wall
	case *freeway:
		return total > 3
	case *seaquest:
		return g.enemyEvery == 1 && g.moveWait == fastWait && g.divers < -1
	case *spaceInvaders:
		return g.moveEvery == fastBlock
	}
	panic(fmt.Sprintf("%T", g))
}

// planner plays well enough to get far: it tries each action with a few random continuations of it. In some episodes
// it looks less far, or not at all.
type planner struct {
	rng   *rand.Rand
	dice  dice
	depth int
	early int // see follow
}

func newPlanner() *planner {
	source := rand.NewPCG(1, 0)
	return &planner{rng: rand.New(source), dice: dice{source: source}}
}

func (p *planner) begin() { p.depth = []int{0, 3, 8, 20, 30}[p.rng.IntN(5)] }

func (p *planner) choose(g game) (best action) {
	if p.depth == 0 {
		return action(p.rng.IntN(len(everyAction)))
	}
	if g, ok := g.(*breakout); ok && p.depth > 3 {
		return p.follow(g)
	}
	value := math.Inf(-1)
	for _, a := range everyAction {
		sum := 0.01 * p.rng.Float64() // equals are chosen from at random
		for range max(3, p.depth/4) {
			sum += p.try(g, a)
		}
		if sum > value {
			best, value = a, sum
		}
	}
	return best
}

// follow moves the paddle to where the ball comes down, if it meets no brick on its way: into the column of its last
// step or the one before, on which hangs where it flies from there.
func (p *planner) follow(g *breakout) action {
	x := g.x
	if g.dy < 0 {
		p.early = p.rng.IntN(2)
	} else {
		x += g.dx * (last - g.y - p.early)
	}
	if x < 0 {
		x = -1 - x
	}
	if x > last {
		x = 2*last + 1 - x
	}
	switch {
	case x < g.paddle:
		return left
	case x > g.paddle:
		return right
	}
	return stay
}

// try returns the discounted rewards after an action and random ones after it, and how the game looks then.
func (p *planner) try(g game, a action) (value float64) {
	g = duplicate(g)
	discount := 1.0
	for range p.depth {
		reward, over := g.step(a, &p.dice)
		value += float64(discount * float64(reward))
		if over {
			return value - 5*discount
		}
		discount *= 0.95
		a = action(p.rng.IntN(len(everyAction)))
	}
	switch g := g.(type) {
	case *seaquest:
		if g.divers < 0 {
			value += 20
		}
		value += 2*float64(g.divers) + 8*float64(g.ramps)
	case *freeway:
		value -= float64(g.y)
	}
	return value
}

// duplicate copies a game, so that both can go on.
func duplicate(g game) game {
	switch g := g.(type) {
	case *asterix:
		c := *g
		return &c
	case *breakout:
		c := *g
		return &c
	case *freeway:
		c := *g
		return &c
	case *spaceInvaders:
		c := *g
		return &c
	case *seaquest:
		c := *g
		for _, s := range []*swarm{&c.shots, &c.torpedoes, &c.fish, &c.subs, &c.inTheSea} {
			*s = slices.Clone(*s)
		}
		return &c
	}
	panic(fmt.Sprintf("%T", g))
}
