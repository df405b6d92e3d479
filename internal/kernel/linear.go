package kernel

// Linear is a dense layer, y = act(x·W + b), made ready for being applied to single rows again and
// again: what is the same each time is worked out once. It belongs to one goroutine.
type Linear struct {
	weight Mat       // [k, n]
	bias   []float32 // [n], nil: none
	act    Activation
	row    preparedRow
}

// NewLinear returns the layer with the given weights [k, n] and bias [n], nil for none. It reads both
// whenever it is applied.
func NewLinear(weight Mat, bias []float32, act Activation) Linear {
	weight.check("NewLinear")
	return Linear{weight, bias, act, prepareRow(weight, bias, act)}
}

// Weight is the layer's W, [k, n].
func (l *Linear) Weight() Mat { return l.weight }

// Apply writes y = act(x·W + b), the same bits as s.MatMul. y: [m, n], x: [m, k].
func (l *Linear) Apply(s *Scratch, y, x Mat) {
	if !l.row.ready || y.Rows != 1 {
		s.MatMul(y, x, l.weight, l.bias, l.act)
		return
	}
	if x.Rows != 1 || x.Cols != l.weight.Rows || y.Cols != l.weight.Cols || len(x.X) < x.Cols || len(y.X) < y.Cols {
		wrongShapes("Linear", y, x, l.weight, len(l.bias))
	}
	l.row.run(y.X, x.X)
}
