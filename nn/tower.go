package nn

import (
	"fmt"
	"strconv"

	"covey/env"
	"covey/internal/kernel"
)

// tower is the layout of a stack of convolutions over one image: its stages, and the maps that lie between them.
// It is a chain but for the residual blocks, which add to the map that they began with.
type tower struct {
	frames                  int     // images that are stacked to one
	height, width, channels int     // of an image
	scale                   float32 // of bytes
	standardize             bool    // in place of scale

	maps   []featureMap // maps[0] is the input
	stages []stage
	slab   int // floats that all maps but the first take
}

// featureMap is a map's place, with a border of zeros as the convolution that sees it wants it. The frames of a stack lie
// line by line: line y of frame f is line y·frames + f, so that a window over all frames is neighbouring lines.
type featureMap struct {
	lines, width, channels int // without the border
	border, frames         int
	at                     int // first float in the slab
}

func (m featureMap) size() int {
	return (m.lines + 2*m.border*m.frames) * (m.width + 2*m.border) * m.channels
}

// whole is the map with its border, in x.
func (m featureMap) whole(x []float32) kernel.Images {
	return kernel.Image(x[m.at:m.at+m.size()], m.lines+2*m.border*m.frames, m.width+2*m.border, m.channels)
}

// inside is the map without its border, in x.
func (m featureMap) inside(x []float32) kernel.Images {
	i := m.whole(x)
	i.X = i.X[m.border*(m.frames*i.Line+m.channels):]
	i.Height, i.Width = m.lines, m.width
	return i
}

// stage goes from one map to another.
type stage struct {
	kind     stageKind
	from, to int
	act      kernel.Activation // of what it writes
	adds     bool              // convolve: to what stands there; activate: its gradient is added to that of from

	window       kernel.Window // convolve
	weight, bias int           // offsets
	filters      int
	depth        int // weights of a filter
}

type stageKind uint8

const (
	convolve stageKind = iota
	pool               // the greatest of 3×3, by 2
	activate           // copies, with the activation
)

// poolWindow and poolBorder are those of every pooling.
var poolWindow = kernel.Window{Height: 3, Width: 3, Down: 2, Right: 2}

const poolBorder = 1

// imageShape reads an observation's shape as that of an image: [height, width]; [height, width, channels], or
// [frames, height, width] where the first number is smaller than the last; and frames of these: [frames, height, width,
// channels], or [frames, channels, height, width], of which each channel counts as a frame.
func imageShape(in env.Space) (t tower, err error) {
	t = tower{frames: 1, channels: 1, scale: byteScale(in)}
	switch s := in.Shape; {
	case len(s) == 2:
		t.height, t.width = s[0], s[1]
	case len(s) == 3 && s[0] < s[2]:
		t.frames, t.height, t.width = s[0], s[1], s[2]
	case len(s) == 3:
		t.height, t.width, t.channels = s[0], s[1], s[2]
	case len(s) == 4 && s[1] < s[3]:
		t.frames, t.height, t.width = s[0]*s[1], s[2], s[3]
	case len(s) == 4:
		t.frames, t.height, t.width, t.channels = s[0], s[1], s[2], s[3]
	default:
		return t, fmt.Errorf("convolutions want images, [height, width], with channels last or frames first; the observation is %v", s)
	}
	return t, nil
}

// features is the number of floats that the tower makes of an image.
func (t *tower) features() int {
	last := t.maps[len(t.maps)-1]
	return last.lines * last.width * last.channels
}

// addTower lays out the convolutions, whose parameters' names begin with name.
func (n *Net) addTower(name string, cfg *Config, act kernel.Activation) (*tower, error) {
	shape, err := imageShape(n.In)
	if err != nil {
		return nil, fmt.Errorf("network input: %w", err)
	}
	if cfg.Standardize && !n.In.Bytes {
		return nil, fmt.Errorf("network: standardize wants an image of bytes; the observation is %v, of floats", n.In.Shape)
	}
	t, layers := &shape, cfg.convolutions()
	t.standardize = cfg.Standardize
	t.maps = []featureMap{{lines: t.height * t.frames, width: t.width, channels: t.channels, frames: t.frames, border: layers[0].border()}}
	b := towerBuilder{net: n, tower: t, act: act, now: 0}
	for i, l := range layers {
		b.name = name + ".conv." + strconv.Itoa(i)
		next := 0 // border that the layer after this one wants
		if i+1 < len(layers) {
			next = layers[i+1].border()
		}
		if err := b.add(l, next, i+1 == len(layers)); err != nil {
			return nil, fmt.Errorf("network: convolution %d (%s): %w; the observation is %v", i, l, err, n.In.Shape)
		}
	}
	return t, nil
}

// towerBuilder adds layer after layer to a tower.
type towerBuilder struct {
	net   *Net
	tower *tower
	act   kernel.Activation
	name  string // of the layer
	now   int    // the map that the next stage goes from
}

// add adds a layer, after which comes one that wants a border, or none.
func (b *towerBuilder) add(l Conv, border int, last bool) error {
	if l.simple() {
		return b.convolve(b.name, l, border, b.act)
	}
	act := b.act
	if l.Residual > 0 {
		act = kernel.Identity // the blocks activate what they get themselves
	}
	if err := b.convolve(b.name, l, 0, act); err != nil {
		return err
	}
	if l.Pool {
		m := b.tower.maps[b.now]
		m.lines, m.width = (m.lines+1)/2, (m.width+1)/2
		b.stage(stage{kind: pool}, m)
	}
	for i := range l.Residual {
		b.block(fmt.Sprintf("%s.block.%d", b.name, i), l.Filters)
	}
	act = kernel.Identity
	if last && l.Residual > 0 {
		act = b.act
	}
	if border > 0 || act != kernel.Identity {
		m := b.tower.maps[b.now]
		m.border = border
		b.stage(stage{kind: activate, act: act}, m)
	}
	return nil
}

// block adds a residual block to the map that the tower has come to.
func (b *towerBuilder) block(name string, filters int) {
	stream := b.now
	m := b.tower.maps[stream]
	m.border = 1
	b.stage(stage{kind: activate, act: b.act, adds: true}, m)
	l := Conv{Filters: filters, Size: 3, Stride: 1, Same: true}
	for i, to := range []string{".first", ".second"} {
		s := b.convolution(name+to, l)
		if i == 0 {
			s.act = b.act
			b.stage(s, m)
			continue
		}
		s.from, s.to, s.adds = b.now, stream, true
		b.tower.stages = append(b.tower.stages, s)
	}
	b.now = stream
}

// convolve adds a convolution to a new map with a border.
func (b *towerBuilder) convolve(name string, l Conv, border int, act kernel.Activation) error {
	from := b.tower.maps[b.now]
	height, width := from.lines/from.frames+2*from.border, from.width+2*from.border
	h, w := (kernel.Window{Height: l.Size, Width: l.Size, Down: l.Stride, Right: l.Stride}).Outputs(height, width)
	if h == 0 || w == 0 {
		return fmt.Errorf("its window does not fit %d×%d×%d", from.lines/from.frames, from.width, from.channels*from.frames)
	}
	s := b.convolution(name, l)
	s.act = act
	b.stage(s, featureMap{lines: h, width: w, channels: l.Filters, border: border})
	return nil
}

// convolution lays out the weights of a convolution of the map that the tower has come to.
func (b *towerBuilder) convolution(name string, l Conv) stage {
	from := b.tower.maps[b.now]
	shape := []int{l.Size, l.Size, from.channels, l.Filters}
	if from.frames > 1 {
		shape = []int{l.Size, from.frames, l.Size, from.channels, l.Filters}
	}
	s := stage{kind: convolve, filters: l.Filters, depth: l.Size * from.frames * l.Size * from.channels,
		window: kernel.Window{Height: l.Size * from.frames, Width: l.Size, Down: l.Stride * from.frames, Right: l.Stride}}
	s.weight = b.net.view(name+".weight", shape...)
	s.bias = b.net.view(name+".bias", l.Filters)
	return s
}

// stage adds a stage from the map that the tower has come to, to a new one.
func (b *towerBuilder) stage(s stage, m featureMap) {
	t := b.tower
	m.frames, m.at = 1, t.slab
	t.slab += m.size()
	t.maps = append(t.maps, m)
	s.from, s.to = b.now, len(t.maps)-1
	b.now = s.to
	t.stages = append(t.stages, s)
}
