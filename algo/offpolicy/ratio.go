package offpolicy

import (
	"fmt"
	"math/big"
)

// Ratio is an exact number of updates per environment step. As text it is a fraction, a whole or a decimal number:
// 1/4, 2, 0.5.
type Ratio struct{ Updates, Steps uint64 }

// most bounds both parts of a ratio, so that debts of steps and updates cannot overflow.
const most = 1 << 20

// Due adds the updates that steps steps call for to debt, counted in 1/Steps of an update, and takes the
// whole ones out again.
func (r Ratio) Due(debt *uint64, steps uint64) (updates uint64) {
	*debt += steps * r.Updates
	updates = *debt / r.Steps
	*debt %= r.Steps
	return updates
}

// MarshalText writes the ratio as a fraction, or a whole number.
func (r Ratio) MarshalText() ([]byte, error) {
	if r.Steps == 1 {
		return fmt.Append(nil, r.Updates), nil
	}
	return fmt.Appendf(nil, "%d/%d", r.Updates, r.Steps), nil
}

// UnmarshalText reads what MarshalText writes, and decimal numbers.
func (r *Ratio) UnmarshalText(text []byte) error {
	x, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return fmt.Errorf("%q is not a ratio: write a number or a fraction like 1/4", text)
	}
	if x.Sign() < 0 || !x.Num().IsUint64() || !x.Denom().IsUint64() {
		return fmt.Errorf("ratio %s is out of range", text)
	}
	*r = Ratio{Updates: x.Num().Uint64(), Steps: x.Denom().Uint64()}
	return r.validate()
}

func (r Ratio) validate() error {
	if r.Updates < 1 || r.Updates > most || r.Steps < 1 || r.Steps > most {
		return fmt.Errorf("%d/%d, both must be between 1 and %d", r.Updates, r.Steps, most)
	}
	return nil
}
