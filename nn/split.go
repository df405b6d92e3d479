package nn

import "covey/internal/kernel"

// NewSplitPass is NewPass with a backward pass in halves: what a layer's gradient says of its weights and what it says
// of its input are computed by one call of together each, which runs job(0) and job(1), at once if it can. The
// results are the same.
func (n *Net) NewSplitPass(rows int, together func(job func(half int))) Pass {
	p := n.NewPass(rows).(*pass)
	p.split.together, p.split.job = together, p.split.half
	return p
}

// split is a pass's way of doing two things at once.
type split struct {
	together func(job func(half int)) // nil: one after the other
	job      func(half int)
	step     layerStep      // that the job is about
	scratch  kernel.Scratch // of the half that is not the pass's own
	own      *kernel.Scratch
}

// backStep writes a hidden layer's gradients: by its input and, where they are wanted, by its weights.
func (p *pass) backStep(s *layerStep) {
	switch {
	case s.grad == nil:
		s.inputs(&p.scratch)
	case p.split.together == nil:
		s.weights(&p.scratch)
		s.inputs(&p.scratch)
	default:
		p.split.step, p.split.own = *s, &p.scratch
		p.split.together(p.split.job)
	}
}

func (s *split) half(half int) {
	if half == 0 {
		s.step.inputs(s.own)
	} else {
		s.step.weights(&s.scratch)
	}
}
