package animation

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"math/rand/v2"
	"strings"
	"testing"
)

// play decodes an animation and returns what a viewer shows, picture by picture, with their delays.
func play(t *testing.T, encoded []byte) (pictures []*image.RGBA, delays []int) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	if g.LoopCount != 0 {
		t.Errorf("it repeats itself %d times, want for ever", g.LoopCount)
	}
	screen := image.NewRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for i, frame := range g.Image {
		if g.Disposal[i] != gif.DisposalNone {
			t.Errorf("picture %d is disposed of by %d", i, g.Disposal[i])
		}
		draw.Draw(screen, frame.Rect, frame, frame.Rect.Min, draw.Src)
		shown := image.NewRGBA(screen.Rect)
		copy(shown.Pix, screen.Pix)
		pictures = append(pictures, shown)
	}
	return pictures, g.Delay
}

func encode(t *testing.T, rate float64, pictures []*image.RGBA) []byte {
	t.Helper()
	var b bytes.Buffer
	g := NewGIF(&b, rate)
	for _, p := range pictures {
		if err := g.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFewColorsAreExact: a moving square, a still, single pixels, and rectangles of every number of colours that
// changes the number of bits come back as they were.
func TestFewColorsAreExact(t *testing.T) {
	const width, height = 41, 23
	var pictures []*image.RGBA
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(picture, picture.Rect, image.White, image.Point{}, draw.Src)
	add := func() {
		p := image.NewRGBA(picture.Rect)
		copy(p.Pix, picture.Pix)
		pictures = append(pictures, p)
	}
	add()
	add() // nothing moves
	for x := range 5 {
		draw.Draw(picture, image.Rect(7*x, 3, 7*x+6, 9), image.NewUniform(color.RGBA{uint8(x), 200, 3, 255}), image.Point{}, draw.Src)
		add()
	}
	picture.SetRGBA(width-1, height-1, color.RGBA{9, 8, 7, 255})
	add()
	for _, n := range []int{1, 2, 3, 4, 5, 8, 9, 128, 129, 255, 256} {
		for i := range width * height {
			picture.SetRGBA(i%width, i/width, color.RGBA{uint8(i % n), uint8(n), 77, 255})
		}
		add()
	}
	got, _ := play(t, encode(t, 10, pictures))
	if len(got) != len(pictures) {
		t.Fatalf("%d pictures, want %d", len(got), len(pictures))
	}
	for i := range got {
		if !bytes.Equal(got[i].Pix, pictures[i].Pix) {
			t.Errorf("picture %d differs", i)
		}
	}
}

// TestManyColorsAreClose: where 256 colours must do, the error is what so many spread over the cube leave.
func TestManyColorsAreClose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	smooth, noise := image.NewRGBA(image.Rect(0, 0, 100, 100)), image.NewRGBA(image.Rect(0, 0, 100, 100))
	for i := range 100 * 100 {
		smooth.SetRGBA(i%100, i/100, color.RGBA{uint8(i % 100), uint8(i / 100), uint8(i%100 + i/100), 255})
		noise.SetRGBA(i%100, i/100, color.RGBA{uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), 255})
	}
	for _, c := range []struct {
		picture     *image.RGBA
		mean, worst float64
	}{{smooth, 3, 14}, {noise, 16, 70}} {
		got, _ := play(t, encode(t, 10, []*image.RGBA{c.picture}))
		sum, worst := 0.0, 0.0
		for i := range c.picture.Pix {
			d := float64(got[0].Pix[i]) - float64(c.picture.Pix[i])
			d = max(d, -d)
			sum, worst = sum+d, max(worst, d)
		}
		if mean := sum / float64(100*100*3); mean > c.mean || worst > c.worst {
			t.Errorf("off by %.1f in the mean and by up to %v, want %v and %v", mean, worst, c.mean, c.worst)
		}
	}
}

// TestSpeed: the delays add up to the recording's length at any rate, and none is shorter than viewers take.
func TestSpeed(t *testing.T) {
	for _, rate := range []float64{2.5, 15, 30, 35, 50, 60, 125, 500} {
		pictures := make([]*image.RGBA, 200)
		for i := range pictures {
			pictures[i] = image.NewRGBA(image.Rect(0, 0, 4, 4))
			pictures[i].Pix[0] = uint8(i)
		}
		_, delays := play(t, encode(t, rate, pictures))
		sum := 0
		for _, d := range delays {
			if d < 2 {
				t.Errorf("rate %v: a picture is shown for %d/100 s", rate, d)
			}
			sum += d
		}
		if want := 200 * 100 / rate; float64(sum) < want-0.5 || float64(sum) > want+max(100/rate, 2) {
			t.Errorf("rate %v: %d/100 s in all, want %v", rate, sum, want)
		}
	}
}

func TestErrors(t *testing.T) {
	var b bytes.Buffer
	if err := NewGIF(&b, 10).Close(); err == nil {
		t.Error("an animation of nothing")
	}
	if err := NewGIF(&b, 10).Add(image.NewRGBA(image.Rect(0, 0, 70000, 1))); err == nil || !strings.Contains(err.Error(), "70000") {
		t.Errorf("a picture too wide: %v", err)
	}
	g := NewGIF(&b, 10)
	_ = g.Add(image.NewRGBA(image.Rect(0, 0, 3, 4)))
	if err := g.Add(image.NewRGBA(image.Rect(0, 0, 4, 3))); err == nil || !strings.Contains(err.Error(), "picture 1 has size (4,3)") {
		t.Errorf("a picture of another size: %v", err)
	}
	full := NewGIF(fullDisk{}, 10)
	err := full.Add(image.NewRGBA(image.Rect(0, 0, 64, 64)))
	if err = errors.Join(err, full.Close()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a full disk: %v", err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }
