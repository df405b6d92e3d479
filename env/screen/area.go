// Package screen makes small grey pictures of what games show, as learning from pixels wants them.
package screen

import (
	"encoding/binary"
	"fmt"
)

// Area makes pictures smaller: each pixel is the mean of the area that it covers, as OpenCV's INTER_AREA has it,
// but rounded once from the exact value. It belongs to one goroutine.
type Area struct {
	height, width, channels int // of what is given
	rows, columns           axis
	sums                    []uint64 // 16-bit sums over rows, of 8 bytes of a line: even ones, odd ones
	line                    []uint16 // [width, channels] and some more: the sums in order
	half                    uint32   // of the parts into which the weights divide a pixel of the result, for rounding
	inverse                 uint64   // of the number of these parts, times 2⁴⁸, rounded up: exact as long as 255·parts² < 2⁴⁸
}

// axis says which pixels of what is given a pixel of the result covers, and how much of them.
type axis struct {
	first   []int    // [result]
	weights []uint32 // [result, most]: of first and those after it, some beyond the last being 0; they add up to parts
	most    int      // a multiple of four
	parts   int
}

// newAxis covers from pixels by to. Both are divided into from·to/gcd equal parts, so that all weights are whole.
func newAxis(from, to int) axis {
	d := gcd(from, to)
	length, unit := from/d, to/d // of a pixel of the result, and of what is given
	a := axis{most: ((length+unit-2)/unit + 4) / 4 * 4, parts: length, first: make([]int, to)}
	a.weights = make([]uint32, to*a.most)
	for i := range to {
		begin, end := i*length, (i+1)*length
		a.first[i] = begin / unit
		for j := range a.most {
			low, high := (a.first[i]+j)*unit, (a.first[i]+j+1)*unit
			a.weights[i*a.most+j] = uint32(max(0, min(high, end)-max(low, begin)))
		}
	}
	return a
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// NewArea returns the way from pictures of height × width × channels to height toHeight and width toWidth, of which none
// may be larger.
func NewArea(height, width, channels, toHeight, toWidth int) (*Area, error) {
	if toHeight < 1 || toWidth < 1 || channels < 1 || toHeight > height || toWidth > width {
		return nil, fmt.Errorf("a picture of %d×%d×%d cannot be made one of %d×%d by area: it only gets smaller", height, width, channels, toHeight, toWidth)
	}
	a := &Area{height: height, width: width, channels: channels, rows: newAxis(height, toHeight), columns: newAxis(width, toWidth)}
	parts := a.rows.parts * a.columns.parts
	if a.rows.parts > 257 || parts > 1<<20 {
		return nil, fmt.Errorf("a picture of %d×%d cannot be made one of %d×%d: want sizes with a larger common divisor", height, width, toHeight, toWidth)
	}
	words := (width*channels + 7) / 8
	a.sums = make([]uint64, 2*words)
	a.line = make([]uint16, 8*words+a.columns.most*channels)
	a.half, a.inverse = uint32(parts/2), 1<<48/uint64(parts)+1
	return a, nil
}

// Resize makes src smaller. dst: [toHeight, toWidth, channels], src: [height, width, channels].
func (a *Area) Resize(dst, src []uint8) {
	bytes, to := a.width*a.channels, len(a.columns.first)*a.channels
	if len(src) != a.height*bytes || len(dst) != len(a.rows.first)*to {
		panic(fmt.Sprintf("screen: resize of [%d] to [%d], want [%d × %d × %d] to [%d × %d × %d]",
			len(src), len(dst), a.height, a.width, a.channels, len(a.rows.first), len(a.columns.first), a.channels))
	}
	for i, first := range a.rows.first {
		clear(a.sums)
		for j, weight := range a.rows.weights[i*a.rows.most : (i+1)*a.rows.most] {
			if weight > 0 {
				a.add(src[(first+j)*bytes:(first+j+1)*bytes], uint64(weight))
			}
		}
		a.order()
		a.across(dst[i*to : (i+1)*to])
	}
}

const lanes = 0x00ff00ff00ff00ff

// add adds weight · line to the sums, eight bytes at once in lanes of 16 bits, which hold 257 · 255.
func (a *Area) add(line []uint8, weight uint64) {
	sums := a.sums
	for len(line) >= 8 && len(sums) >= 2 {
		x := binary.LittleEndian.Uint64(line)
		sums[0] += (x & lanes) * weight
		sums[1] += (x >> 8 & lanes) * weight
		line, sums = line[8:], sums[2:]
	}
	for k, x := range line { // fewer than eight
		sums[k&1] += uint64(x) * weight << (k / 2 * 16)
	}
}

// order writes the sums to line.
func (a *Area) order() {
	line := a.line
	for k := 0; k+1 < len(a.sums); k += 2 {
		even, odd := a.sums[k], a.sums[k+1]
		l := line[k*4 : k*4+8 : k*4+8]
		l[0], l[1], l[2], l[3] = uint16(even), uint16(odd), uint16(even>>16), uint16(odd>>16)
		l[4], l[5], l[6], l[7] = uint16(even>>32), uint16(odd>>32), uint16(even>>48), uint16(odd>>48)
	}
}

// across adds the line up to one of the result.
func (a *Area) across(dst []uint8) {
	if a.channels > 1 {
		a.acrossChannels(dst)
		return
	}
	dst, weights := dst[:len(a.columns.first)], a.columns.weights
	for i, at := range a.columns.first {
		sum := a.half
		for range a.columns.most / 4 {
			w, l := weights[:4:4], a.line[at:at+4:at+4]
			sum += w[0]*uint32(l[0]) + w[1]*uint32(l[1]) + w[2]*uint32(l[2]) + w[3]*uint32(l[3])
			weights, at = weights[4:], at+4
		}
		dst[i] = uint8(uint64(sum) * a.inverse >> 48)
	}
}

func (a *Area) acrossChannels(dst []uint8) {
	most, n := a.columns.most, a.channels
	for i, first := range a.columns.first {
		for c := range n {
			at, sum := first*n+c, a.half
			for _, weight := range a.columns.weights[i*most : (i+1)*most] {
				sum += weight * uint32(a.line[at])
				at += n
			}
			dst[i*n+c] = uint8(uint64(sum) * a.inverse >> 48)
		}
	}
}
