package main

import "github.com/mmcloughlin/avo/reg"

// optimizers emits the steps of Adam and RMSProp. Both divide and take the root of every element in
// full precision, which is what they cost.
func optimizers(a *asm) {
	for _, k := range []elementwise{
		{"adam", "is one step of Adam; c1 = 1 − beta1, c2 = 1 − beta2.", []string{"p", "grad", "m", "v"},
			[]string{"beta1", "c1", "beta2", "c2", "rate", "correction2", "epsilon"}, adam},
		{"rmsProp", "is one step of RMSProp, epsilon outside the root; c = 1 − decay.", []string{"p", "grad", "v"},
			[]string{"decay", "c", "rate", "epsilon"}, func(e element) { rmsProp(e, false) }},
		{"rmsPropInside", "is one step of RMSProp, epsilon inside the root; c = 1 − decay.", []string{"p", "grad", "v"},
			[]string{"decay", "c", "rate", "epsilon"}, func(e element) { rmsProp(e, true) }},
	} {
		k.emit(a, flushed)
	}
}

func adam(e element) {
	grad := e.in("grad")
	m := e.decayed("m", "beta1", "c1", grad)
	square := e.vec()
	e.VMULPS(grad, grad, square)
	v := e.decayed("v", "beta2", "c2", square)

	denominator := e.vec()
	e.VSQRTPS(v, denominator)
	e.VFMADD213PS(e.scalar["epsilon"], e.scalar["correction2"], denominator)
	e.VMULPS(e.scalar["rate"], m, m)
	e.descend(m, denominator)
}

func rmsProp(e element, inside bool) {
	grad := e.in("grad")
	square := e.vec()
	e.VMULPS(grad, grad, square)
	v := e.decayed("v", "decay", "c", square)

	root := e.vec()
	if inside {
		e.VADDPS(e.scalar["epsilon"], v, root)
		e.VSQRTPS(root, root)
	} else {
		e.VSQRTPS(v, root)
		e.VADDPS(e.scalar["epsilon"], root, root)
	}
	e.VMULPS(e.scalar["rate"], grad, grad)
	e.descend(grad, root)
}

// decayed updates a running mean: mean = decay·mean + rest·x.
func (e element) decayed(mean, decay, rest string, x reg.VecVirtual) reg.VecVirtual {
	v := e.in(mean)
	e.VMULPS(e.scalar[decay], v, v)
	e.VFMADD231PS(x, e.scalar[rest], v)
	e.out(v, mean)
	return v
}

// descend is p −= step / denominator.
func (e element) descend(step, denominator reg.VecVirtual) {
	p := e.in("p")
	e.VDIVPS(denominator, step, step)
	e.VSUBPS(step, p, p)
	e.out(p, "p")
}
