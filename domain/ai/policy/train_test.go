package policy

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "train the clause model and write clauses.model")

// The trainer of the clause model: one logistic regression for each clause type over the features of a
// sentence, fitted by FTRL-Proximal, whose L1 penalty leaves few features.

type sample struct {
	features []int32
	labels   uint64 // bit i: clause type i
	document int
	at       span
}

type dictionary struct {
	index map[string]int32
	names []string
}

// featuresOf returns the features of a sentence.
func featuresOf(s *sentence, fn func([]byte)) {
	matched := map[string]bool{}
	for i := range cuesByLanguage["en"].types {
		c := &cuesByLanguage["en"].types[i]
		matched[c.clauseType] = c.matches(s.normal)
	}
	s.forEachFeature(matched, fn)
}

func samplesOf(contracts []cuadContract, dict *dictionary, grow bool) []sample {
	types := ClauseTypes()[:numCUAD]
	seen := map[string]int{} // the documents with a feature
	last := map[string]int{}
	if grow {
		for d, c := range contracts {
			forEachSentence(c.text, func(s *sentence) {
				featuresOf(s, func(f []byte) {
					if last[string(f)] != d+1 {
						last[string(f)] = d + 1
						seen[string(f)]++
					}
				})
			})
		}
		for f, n := range seen {
			if n >= 4 {
				dict.names = append(dict.names, f)
			}
		}
		slices.Sort(dict.names)
		for i, f := range dict.names {
			dict.index[f] = int32(i)
		}
	}
	var out []sample
	for d, c := range contracts {
		forEachSentence(c.text, func(in *sentence) {
			s := sample{document: d, at: in.at}
			featuresOf(in, func(f []byte) {
				if i, ok := dict.index[string(f)]; ok {
					s.features = append(s.features, i)
				}
			})
			slices.Sort(s.features)
			s.features = slices.Compact(s.features)
			for i, name := range types {
				if isMarked(in.at, c.marked[name]) {
					s.labels |= 1 << i
				}
			}
			out = append(out, s)
		})
	}
	return out
}

type ftrl struct{ z, n []float32 }

const (
	ftrlAlpha, ftrlBeta = 0.1, 1.0
	ftrlL1, ftrlL2      = 4.0, 1.0
	epochs              = 6
)

func (m *ftrl) weight(i int32) float64 {
	z := float64(m.z[i])
	if math.Abs(z) <= ftrlL1 {
		return 0
	}
	sign := 1.0
	if z < 0 {
		sign = -1
	}
	return -(z - sign*ftrlL1) / ((ftrlBeta+math.Sqrt(float64(m.n[i])))/ftrlAlpha + ftrlL2)
}

// train fits the model of one clause type; the last feature is the bias.
func train(samples []sample, size, clauseType int) *ftrl {
	m := &ftrl{z: make([]float32, size+1), n: make([]float32, size+1)}
	random := rand.New(rand.NewPCG(uint64(clauseType), 7))
	order := make([]int, 0, len(samples))
	for range epochs {
		order = order[:0]
		for i, s := range samples {
			if s.labels>>clauseType&1 == 1 || s.labels != 0 && random.IntN(2) == 0 || random.IntN(4) == 0 {
				order = append(order, i)
			}
		}
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			s := &samples[i]
			sum := m.weight(int32(size))
			for _, f := range s.features {
				sum += m.weight(f)
			}
			p := 1 / (1 + math.Exp(-sum))
			y := 0.0
			weight := 1.0
			if s.labels>>clauseType&1 == 1 {
				y, weight = 1, 2
			}
			g := (p - y) * weight
			update := func(f int32) {
				sigma := (math.Sqrt(float64(m.n[f])+g*g) - math.Sqrt(float64(m.n[f]))) / ftrlAlpha
				m.z[f] += float32(g - sigma*m.weight(f))
				m.n[f] += float32(g * g)
			}
			for _, f := range s.features {
				update(f)
			}
			update(int32(size))
		}
	}
	return m
}

func score(m *ftrl, s *sample, size int) float64 {
	sum := m.weight(int32(size))
	for _, f := range s.features {
		sum += m.weight(f)
	}
	return sum
}

// TestTrainClauses trains the clause model with -update.
func TestTrainClauses(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	contracts, _ := loadCUAD(t)
	dict := &dictionary{index: map[string]int32{}}
	samples := samplesOf(contracts, dict, true)
	size := len(dict.names)
	t.Logf("%d contracts, %d sentences, %d features", len(contracts), len(samples), size)
	foldOf := func(d int) bool {
		h := fnv.New32a()
		fmt.Fprint(h, strings.SplitN(contracts[d].name, "_", 2)[0], "fold")
		return h.Sum32()>>9&1 == 0
	}
	var folds [2][]sample
	for _, s := range samples {
		if foldOf(s.document) {
			folds[0] = append(folds[0], s)
		} else {
			folds[1] = append(folds[1], s)
		}
	}
	out := make([]*classifier, numCUAD)
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for k := range numCUAD {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			// The threshold is where the two folds, each scored by the other's model, have the best F1.
			type scored struct {
				score    float64
				positive bool
			}
			var all []scored
			for i := range 2 {
				m := train(folds[1-i], size, k)
				for j := range folds[i] {
					s := &folds[i][j]
					all = append(all, scored{score(m, s, size), s.labels>>k&1 == 1})
				}
			}
			slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
			positives, found := 0, 0
			for _, s := range all {
				if s.positive {
					positives++
				}
			}
			best, threshold := 0.0, 0.0
			for i, s := range all {
				if s.positive {
					found++
				}
				if f := 2 * float64(found) / float64(i+1+positives); f > best {
					best, threshold = f, s.score
				}
			}
			if best < 0.2 { // too few examples: left to the patterns
				threshold = 99
			}
			m := train(samples, size, k)
			c := &classifier{threshold: threshold, bias: m.weight(int32(size)), weights: map[string]float64{}}
			for i, name := range dict.names {
				if w := m.weight(int32(i)); math.Abs(w) > 0.06 {
					c.weights[name] = w
				}
			}
			out[k] = c
			tp, pred := 0, 0
			if f, ok := dict.index["#"+ClauseTypes()[k]]; ok {
				for i := range samples {
					if slices.Contains(samples[i].features, f) {
						pred++
						if samples[i].labels>>k&1 == 1 {
							tp++
						}
					}
				}
			}
			t.Logf("%-36s %5d sentences, F1 across folds %.2f, %d features; rule P %.2f R %.2f", ClauseTypes()[k], positives, best, len(c.weights), float64(tp)/float64(max(pred, 1)), float64(tp)/float64(max(positives, 1)))
		})
	}
	group.Wait()
	if err := writeModel("clauses.model", out); err != nil {
		t.Fatal(err)
	}
}

// writeModel writes one line for each feature: the feature, then type:weight in thousandths.
func writeModel(name string, list []*classifier) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	w := bufio.NewWriter(z)
	features := map[string][]string{}
	for k, c := range list {
		fmt.Fprintf(w, "%.3f\t%.3f\n", c.threshold, c.bias)
		for name, weight := range c.weights {
			features[name] = append(features[name], fmt.Sprintf("%d:%d", k, int(math.Round(weight*100))))
		}
	}
	names := make([]string, 0, len(features))
	for n := range features {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		slices.Sort(features[n])
		fmt.Fprintf(w, "%s\t%s\n", n, strings.Join(features[n], "\t"))
	}
	return errors.Join(w.Flush(), z.Close(), f.Close())
}

type classifier struct {
	threshold, bias float64
	weights         map[string]float64
}
