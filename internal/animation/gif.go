// Package animation writes pictures that follow one another as an animated GIF, one at a time, so that
// a recording of any length takes the memory of two pictures.
package animation

import (
	"bufio"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
)

// shortest is the least time, in hundredths of a second, that viewers show a picture for; they show what is to
// be shorter much longer.
const shortest = 2

// GIF writes an animation that repeats itself for ever (GIF89a, with Netscape's extension). A picture is
// stored as the rectangle that differs from the one before, with colours of its own.
type GIF struct {
	w       *bufio.Writer
	rate    float64 // pictures a second
	frames  int     // given to Add
	next    int     // of them, the next one to be written
	last    *image.RGBA
	palette palette
	pixels  []uint8
}

// NewGIF returns a writer of an animation that shows rate pictures a second. Where that is more than viewers
// can, some pictures are left out.
func NewGIF(w io.Writer, rate float64) *GIF {
	if !(rate > 0) {
		panic(fmt.Sprintf("animation: %v pictures a second", rate))
	}
	return &GIF{w: bufio.NewWriter(w), rate: rate}
}

// start is when picture i is shown, in hundredths of a second.
func (g *GIF) start(i int) int { return int(math.Round(float64(i) * 100 / g.rate)) }

// Add writes the next picture, which must be of the first one's size. It keeps no reference to it.
func (g *GIF) Add(picture *image.RGBA) error {
	i := g.frames
	g.frames++
	if i != g.next {
		return nil
	}
	for g.next++; g.start(g.next)-g.start(i) < shortest; {
		g.next++
	}
	changed := picture.Rect
	if g.last == nil {
		if err := g.header(picture.Rect); err != nil {
			return err
		}
		g.last = image.NewRGBA(picture.Rect)
	} else {
		if g.last.Rect != picture.Rect {
			return fmt.Errorf("picture %d has size %v, the first one %v", i, picture.Rect.Size(), g.last.Rect.Size())
		}
		changed = difference(g.last, picture)
	}
	for y := changed.Min.Y; y < changed.Max.Y; y++ {
		copy(row(g.last, changed, y), row(picture, changed, y))
	}
	return g.frame(changed, g.start(g.next)-g.start(i))
}

// Close ends the animation; what it returns is the error of any write before. It does not close the
// underlying writer.
func (g *GIF) Close() error {
	if g.last == nil {
		return errors.New("an animation of no pictures")
	}
	g.write(0x3b)
	return g.w.Flush()
}

// header writes the size, and that the animation repeats itself.
func (g *GIF) header(size image.Rectangle) error {
	if size.Min != (image.Point{}) || size.Empty() || size.Dx() > math.MaxUint16 || size.Dy() > math.MaxUint16 {
		return fmt.Errorf("a picture of %v is none of a GIF", size)
	}
	g.text("GIF89a")
	g.uint16(size.Dx(), size.Dy())
	g.write(0, 0, 0) // no global palette
	g.write(0x21, 0xff, 11)
	g.text("NETSCAPE2.0")
	g.write(3, 1, 0, 0, 0)
	return nil
}

// frame writes a part of the last picture, to be shown for that many hundredths of a second.
func (g *GIF) frame(part image.Rectangle, delay int) error {
	g.palette.choose(g.last, part)
	g.write(0x21, 0xf9, 4, 1<<2) // what is shown stays
	g.uint16(min(delay, math.MaxUint16))
	g.write(0, 0)
	bits := g.palette.bits()
	g.write(0x2c)
	g.uint16(part.Min.X, part.Min.Y, part.Dx(), part.Dy())
	g.write(0x80 | uint8(bits-1))
	for i := range 1 << bits {
		c := g.palette.color(i)
		g.write(c[0], c[1], c[2])
	}
	g.write(uint8(bits))
	blocks := &blockWriter{w: g.w}
	compressor := lzw.NewWriter(blocks, lzw.LSB, bits)
	g.pixels = g.palette.indices(g.pixels[:0], g.last, part)
	_, err := compressor.Write(g.pixels)
	return errors.Join(err, compressor.Close(), blocks.close())
}

// The writes below leave errors to the buffer, which returns the first one from then on.

func (g *GIF) write(b ...uint8) { _, _ = g.w.Write(b) }
func (g *GIF) text(s string)    { _, _ = g.w.WriteString(s) }

func (g *GIF) uint16(x ...int) {
	var b [2]uint8
	for _, v := range x {
		binary.LittleEndian.PutUint16(b[:], uint16(v))
		g.write(b[:]...)
	}
}

// blockWriter cuts what is written into blocks of up to 255 bytes, each after its length.
type blockWriter struct {
	w     *bufio.Writer
	block [256]uint8 // length and content
}

func (b *blockWriter) Write(p []uint8) (int, error) {
	for _, x := range p {
		b.block[0]++
		b.block[b.block[0]] = x
		if b.block[0] == 255 {
			if err := b.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (b *blockWriter) flush() error {
	_, err := b.w.Write(b.block[:int(b.block[0])+1])
	b.block[0] = 0
	return err
}

// close writes what is left, and the empty block that ends the row of them.
func (b *blockWriter) close() error {
	if b.block[0] > 0 {
		if err := b.flush(); err != nil {
			return err
		}
	}
	return b.w.WriteByte(0)
}

// row is the bytes of one line of a part of a picture.
func row(m *image.RGBA, part image.Rectangle, y int) []uint8 {
	return m.Pix[m.PixOffset(part.Min.X, y):m.PixOffset(part.Max.X, y)]
}

// difference is the smallest rectangle that holds every pixel in which two pictures of one size differ;
// a single pixel where none does, since a GIF knows no empty picture.
func difference(a, b *image.RGBA) image.Rectangle {
	var r image.Rectangle
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		p, q := row(a, a.Rect, y), row(b, a.Rect, y)
		first := 0
		for first < len(p) && p[first] == q[first] {
			first++
		}
		if first == len(p) {
			continue
		}
		last := len(p) - 1
		for p[last] == q[last] {
			last--
		}
		r = r.Union(image.Rect(first/4, y, last/4+1, y+1))
	}
	if r.Empty() {
		r = image.Rect(0, 0, 1, 1)
	}
	return r
}
