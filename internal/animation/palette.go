package animation

import (
	"cmp"
	"image"
	"math/bits"
	"slices"
)

// rgb is a colour.
type rgb [3]uint8

// palette is up to 256 colours for a part of a picture: all of its own if they are so few, else means of
// those that lie together, found by Heckbert's median cut (1982).
type palette struct {
	colors []rgb
	index  map[rgb]uint8 // of a colour in colors; of its bin's colour where there are too many
	bins   bool          // colours are looked up by their bin
}

const mostColors = 256

// bin keeps the five highest bits of each component.
func bin(c rgb) rgb { return rgb{c[0] &^ 7, c[1] &^ 7, c[2] &^ 7} }

// bits is the number of bits of an index, which GIF wants to be at least two.
func (p *palette) bits() int { return max(2, bits.Len(uint(len(p.colors)-1))) }

// color is the one of an index, also of one that is not in use.
func (p *palette) color(i int) rgb {
	if i < len(p.colors) {
		return p.colors[i]
	}
	return rgb{}
}

// choose finds the colours for a part of m, whose transparency is left out of account.
func (p *palette) choose(m *image.RGBA, part image.Rectangle) {
	p.colors, p.index, p.bins = p.colors[:0], map[rgb]uint8{}, false
	for y := part.Min.Y; y < part.Max.Y; y++ {
		line := row(m, part, y)
		for i := 0; i < len(line); i += 4 {
			c := rgb(line[i:])
			if _, known := p.index[c]; known {
				continue
			}
			if len(p.colors) == mostColors {
				p.cut(m, part)
				return
			}
			p.index[c] = uint8(len(p.colors))
			p.colors = append(p.colors, c)
		}
	}
}

// indices appends the index of each pixel's colour, line by line.
func (p *palette) indices(dst []uint8, m *image.RGBA, part image.Rectangle) []uint8 {
	var last rgb // most pixels are like the one before
	index, known := uint8(0), false
	for y := part.Min.Y; y < part.Max.Y; y++ {
		line := row(m, part, y)
		for i := 0; i < len(line); i += 4 {
			if c := rgb(line[i:]); c != last || !known {
				last, known = c, true
				if p.bins {
					c = bin(c)
				}
				index = p.index[c]
			}
			dst = append(dst, index)
		}
	}
	return dst
}

// shade is a bin's content: how many pixels, and what their components add up to.
type shade struct {
	bin   rgb
	count int
	sum   [3]int
}

// cut makes the palette of means.
func (p *palette) cut(m *image.RGBA, part image.Rectangle) {
	p.colors, p.index, p.bins = p.colors[:0], map[rgb]uint8{}, true
	boxes := []box{newBox(shades(m, part))}
	for len(boxes) < mostColors {
		largest := 0
		for i, b := range boxes {
			if b.weight > boxes[largest].weight {
				largest = i
			}
		}
		if boxes[largest].weight == 0 { // each box is one bin
			break
		}
		low, high := boxes[largest].split()
		boxes[largest] = low
		boxes = append(boxes, high)
	}
	for i, b := range boxes {
		p.colors = append(p.colors, b.mean())
		for _, s := range b.shades {
			p.index[s.bin] = uint8(i)
		}
	}
}

// shades counts the part's pixels by their bins, in the order in which those are first met.
func shades(m *image.RGBA, part image.Rectangle) []shade {
	var all []shade
	at := map[rgb]int{}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		line := row(m, part, y)
		for i := 0; i < len(line); i += 4 {
			c := rgb(line[i:])
			k, known := at[bin(c)]
			if !known {
				k = len(all)
				at[bin(c)] = k
				all = append(all, shade{bin: bin(c)})
			}
			all[k].count++
			for j, x := range c {
				all[k].sum[j] += int(x)
			}
		}
	}
	return all
}

// box is a number of shades that become one colour.
type box struct {
	shades []shade
	axis   int // component in which they differ most
	weight int // how much is won by splitting it: by how much they differ there, times the pixels
}

func newBox(shades []shade) box {
	b := box{shades: shades}
	count, width := 0, 0
	for axis := range 3 {
		low, high := 255, 0
		for _, s := range shades {
			low, high = min(low, int(s.bin[axis])), max(high, int(s.bin[axis]))
		}
		if high-low > width {
			b.axis, width = axis, high-low
		}
	}
	for _, s := range shades {
		count += s.count
	}
	b.weight = width * count
	return b
}

// split halves the box's pixels at the median of its axis, each half with a shade at least.
func (b box) split() (low, high box) {
	slices.SortStableFunc(b.shades, func(x, y shade) int { return cmp.Compare(x.bin[b.axis], y.bin[b.axis]) })
	half := 0
	for _, s := range b.shades {
		half += s.count
	}
	half /= 2
	at := 0
	for seen := 0; at < len(b.shades)-1 && seen < half; at++ {
		seen += b.shades[at].count
	}
	at = max(at, 1)
	return newBox(b.shades[:at]), newBox(b.shades[at:])
}

func (b box) mean() (c rgb) {
	count, sum := 0, [3]int{}
	for _, s := range b.shades {
		count += s.count
		for j := range sum {
			sum[j] += s.sum[j]
		}
	}
	for j := range c {
		c[j] = uint8((sum[j] + count/2) / count)
	}
	return c
}
