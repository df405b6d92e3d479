package classic

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestSincos compares with the sums of the series, computed with 320 bits.
func TestSincos(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	points := []float64{0, 1e-300, 1e-8, math.Pi / 4, math.Pi / 2, math.Pi, 1.5 * math.Pi, 22, 355, 1<<20 - 1}
	for range 4000 {
		points = append(points,
			within(rng, -0.25, 0.25), within(rng, -10, 10), within(rng, -100, 100), within(rng, -1<<20, 1<<20),
			beside(rng, math.Pi/4*float64(rng.IntN(64)-32)))
	}
	worst := 0.0
	for _, x := range points {
		sin, cos := sincos(x)
		wantSin, wantCos := series(x)
		for _, d := range []float64{distance(sin, wantSin), distance(cos, wantCos)} {
			worst = max(worst, d)
			if d > 0.8 {
				t.Errorf("sincos(%v) = %v, %v: %.2f ulp beside %.20v, %.20v", x, sin, cos, d, wantSin, wantCos)
			}
		}
		if got := cosine(x); got != cos {
			t.Errorf("cosine(%v) = %v, want %v", x, got, cos)
		}
	}
	t.Logf("at most %.3f ulp", worst)
}

func TestSincosFar(t *testing.T) {
	for _, x := range []float64{1 << 20, -1e9, math.Inf(1), math.NaN()} {
		sin, cos := sincos(x)
		wantSin, wantCos := math.Sincos(x)
		if math.Float64bits(sin) != math.Float64bits(wantSin) || math.Float64bits(cos) != math.Float64bits(wantCos) {
			t.Errorf("sincos(%v) = %v, %v, want %v, %v", x, sin, cos, wantSin, wantCos)
		}
	}
}

// distance is how far got is from want, in units of got's last place.
func distance(got float64, want *big.Float) float64 {
	unit := math.Nextafter(math.Abs(got), math.Inf(1)) - math.Abs(got)
	d, _ := new(big.Float).Sub(big.NewFloat(got), want).Float64()
	return math.Abs(d) / unit
}

// series is the sine and the cosine of x, reduced to [−π, π] and summed term by term.
func series(x float64) (sin, cos *big.Float) {
	const precision = 320
	number := func(f float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(f) }
	turn, _, err := big.ParseFloat("6.28318530717958647692528676655900576839433879875021164194988918461563281257241799725606965068423413596429617302656461329418768921910116446345", 10, precision, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	y := number(x)
	y.Sub(y, number(0).Mul(turn, number(math.Round(x/(2*math.Pi)))))
	sums := [2]*big.Float{number(0), number(0)} // of even terms, of odd ones
	term := number(1)
	for k := range 80 {
		sum := sums[k%2]
		if k%4 < 2 {
			sum.Add(sum, term)
		} else {
			sum.Sub(sum, term)
		}
		term.Mul(term, y)
		term.Quo(term, number(float64(k+1)))
	}
	return sums[1], sums[0]
}

// TestWrapAngle compares with Python's remainder, written by way of fmod, which is exact.
func TestWrapAngle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		x := within(rng, -100, 100)
		if rng.IntN(2) == 0 {
			x = beside(rng, math.Pi*float64(rng.IntN(200)-100))
		}
		rest := math.Mod(x+math.Pi, 2*math.Pi)
		if rest < 0 {
			rest += 2 * math.Pi
		}
		if got := wrapAngle(x); got != rest-math.Pi {
			t.Fatalf("wrapAngle(%v) = %v, want %v", x, got, rest-math.Pi)
		}
	}
}
