package llm

import "math"

func (g *generator) number(s map[string]any, whole bool) (any, error) {
	low, high := math.Inf(-1), math.Inf(1)
	if v, ok := s["minimum"].(float64); ok {
		low = v
	}
	if v, ok := s["maximum"].(float64); ok {
		high = v
	}
	openLow, openHigh := false, false
	if v, ok := s["exclusiveMinimum"].(float64); ok && v >= low {
		low, openLow = v, true
	}
	if v, ok := s["exclusiveMaximum"].(float64); ok && v <= high {
		high, openHigh = v, true
	}
	switch {
	case math.IsInf(low, 0) && math.IsInf(high, 0):
		low, high = 0, 100
	case math.IsInf(low, 0):
		low = high - 100
	case math.IsInf(high, 0):
		high = low + 100
	}
	step := float(s["multipleOf"])
	if whole && (step == 0 || step != math.Trunc(step)) {
		step = max(1, step*100) // for .25 or .1; validation at the end catches a wrong guess
		if step != math.Trunc(step) {
			step = 1
		}
	}
	if step > 0 {
		first, last := math.Ceil(low/step), math.Floor(high/step)
		if openLow && first*step <= low {
			first++
		}
		if openHigh && last*step >= high {
			last--
		}
		if first > last {
			return nil, errImpossible
		}
		n := first + float64(g.next()%uint64(min(last-first, 100)+1))
		if v := n * step; v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return v, nil
		}
		return int64(n * step), nil
	}
	if low > high || low == high && (openLow || openHigh) {
		return nil, errImpossible
	}
	share := 0.60 + 0.35*float64(g.next()%1000)/1000
	v := low + share*(high-low)
	if short := math.Round(v*100) / 100; short > low && short < high {
		v = short
	}
	return v, nil
}
