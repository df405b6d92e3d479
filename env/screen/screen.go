package screen

import (
	"fmt"
	"slices"

	"covey/env"
)

// Config says how pictures are to be shown.
type Config struct {
	Height int  `yaml:"height"` // in pixels, made smaller by area; 0: as it is
	Width  int  `yaml:"width"`
	Grey   bool `yaml:"grey"` // of red, green and blue; what is grey already stays

	// Beside is how many of the channels, the last ones, are no colours but numbers that are shown beside the picture. They
	// stay as they are.
	Beside int `yaml:"-"`
}

// New returns the view of pictures that a space holds, bytes of [height, width] or [height, width, channels], as they are
// to be shown: grey ones with nothing beside them without a dimension for channels.
func New(s env.Space, cfg Config) (env.View, error) {
	if s.Kind != env.Box || !s.Bytes || len(s.Shape) < 2 || len(s.Shape) > 3 {
		return nil, fmt.Errorf("want pictures of bytes, [height, width] or [height, width, channels]; the observation is a %v of %v (bytes: %v)", s.Kind, s.Shape, s.Bytes)
	}
	v := &view{height: s.Shape[0], width: s.Shape[1], channels: 1}
	if len(s.Shape) == 3 {
		v.channels = s.Shape[2]
	}
	channels, colours := v.channels, v.channels-cfg.Beside
	switch {
	case colours < 1:
		return nil, fmt.Errorf("%d channels are no pictures with %d numbers beside them", channels, cfg.Beside)
	case cfg.Grey && colours != 1 && colours != 3:
		return nil, fmt.Errorf("grey is made of red, green and blue, but the pictures have %d channels", colours)
	}
	if v.grey = cfg.Grey && colours == 3; v.grey {
		channels = 1 + cfg.Beside
		v.small = make([]uint8, v.height*v.width*channels)
	}
	height, width := v.height, v.width
	if cfg.Height > 0 && cfg.Width > 0 && (cfg.Height != height || cfg.Width != width) {
		area, err := NewArea(height, width, channels, cfg.Height, cfg.Width)
		if err != nil {
			return nil, err
		}
		v.area, height, width = area, cfg.Height, cfg.Width
	}
	shape := []int{height, width}
	if channels > 1 {
		shape = append(shape, channels)
	}
	n := height * width * channels
	v.space = env.NewBox(make([]float32, n), fill(n, top(s)), shape...)
	v.space.Bytes = true
	return v, nil
}

// top is the greatest byte of a space; by it a network scales.
func top(s env.Space) float32 {
	if len(s.High) == 0 {
		return 255
	}
	return slices.Max(s.High)
}

func fill(n int, x float32) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = x
	}
	return all
}

type view struct {
	height, width, channels int // of what is given
	grey                    bool
	small                   []uint8 // [height, width, 1 and those beside]: grey, but not yet small
	area                    *Area   // nil: the size stays
	space                   env.Space
}

func (v *view) Space() env.Space { return v.space }

func (v *view) Show(dst, src env.Values) {
	switch {
	case v.grey && v.area != nil:
		v.makeGrey(v.small, src.U)
		v.area.Resize(dst.U, v.small)
	case v.grey:
		v.makeGrey(dst.U, src.U)
	case v.area != nil:
		v.area.Resize(dst.U, src.U)
	default:
		copy(dst.U, src.U)
	}
}

// makeGrey turns the colours into one channel. dst: [pixels, 1 and those beside], src: [pixels, channels].
func (v *view) makeGrey(dst, src []uint8) {
	if v.channels == 3 {
		Grey(dst, src)
		return
	}
	from, to := v.channels, v.channels-2
	for i := range v.height * v.width {
		p, q := src[i*from:(i+1)*from], dst[i*to:(i+1)*to]
		q[0] = brightness(p[0], p[1], p[2])
		copy(q[1:], p[3:])
	}
}

// Grey writes the brightness of red, green and blue pixels, rounded down, with Gymnasium's weights (ITU-R BT.709): 0.2125, 0.7154 and
// 0.0721. dst: [pixels], src: [pixels, 3].
func Grey(dst, src []uint8) {
	if len(src) != 3*len(dst) {
		panic(fmt.Sprintf("screen: grey of [%d] to [%d], want [%d, 3]", len(src), len(dst), len(dst)))
	}
	for i := range dst {
		p := src[3*i : 3*i+3 : 3*i+3]
		dst[i] = brightness(p[0], p[1], p[2])
	}
}

func brightness(red, green, blue uint8) uint8 {
	return uint8((13926*uint32(red) + 46885*uint32(green) + 4725*uint32(blue)) >> 16)
}
