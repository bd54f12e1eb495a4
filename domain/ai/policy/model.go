package policy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
)

// The clause model recognizes the clause types of CUAD in English: one logistic regression for each type
// over the features of a sentence. It was trained on the contracts of CUAD (The Atticus Project, CC BY
// 4.0); see TestTrainClauses. It contains words and weights only, one line for each feature.

//go:embed clauses.model
var modelFile []byte

// numCUAD is the number of clause types of CUAD, which come first in the vocabulary.
const numCUAD = 41

// maxHeading is the maximum length of a heading that counts for the sentences below it, in bytes of
// modelText; maxHeadingAge is for how many.
const (
	maxHeading    = 60
	maxHeadingAge = 5
)

// sentence is a sentence of a document with what the model looks at.
type sentence struct {
	at       span
	normal   string // normalized
	words    string // modelText
	heading  string // modelText of the heading above it; may be empty
	i, count int    // which of how many sentences
}

// forEachSentence calls fn for each sentence of a text.
func forEachSentence(text string, fn func(s *sentence)) {
	spans := sentences(text)
	heading, headingAge := "", 0
	for i, at := range spans {
		s := sentence{at: at, normal: normalize(text[at.start:at.end]), i: i, count: len(spans)}
		s.words = modelText(s.normal)
		if headingAge < maxHeadingAge {
			s.heading = heading
		}
		fn(&s)
		headingAge++
		if len(s.words) <= maxHeading && len(s.words) > 2 {
			heading, headingAge = s.words, 0
		}
	}
}

// forEachFeature calls fn for each feature of a sentence: its words, pairs and triples of words, the same
// of the heading above it, the patterns that match it, and its place in the document. fn must not retain
// its argument.
func (s *sentence) forEachFeature(matched map[string]bool, fn func(feature []byte)) {
	buf := make([]byte, 0, 128)
	buf = forEachNgram("", s.words, buf, fn)
	buf = forEachNgram("^", s.heading, buf, fn)
	for _, v := range vocabulary {
		if matched[v.Name] {
			buf = append(append(buf[:0], '#'), v.Name...)
			fn(buf)
		}
	}
	for _, f := range placeFeatures(s.i, s.count, s.at.end-s.at.start) {
		fn(append(buf[:0], f...))
	}
}

// linearModel is the clause model.
type linearModel struct {
	bias, threshold [numCUAD]float64
	weights         map[string][]typeWeight
}

type typeWeight struct {
	clauseType uint8
	weight     float32
}

// scores returns for each type how certain it is that the sentence has it: 0.5 is the threshold that
// TestTrainClauses chose.
func (m *linearModel) scores(s *sentence, matched map[string]bool) []float64 {
	sums := m.bias
	seen := map[string]bool{}
	s.forEachFeature(matched, func(feature []byte) {
		list := m.weights[string(feature)]
		if list == nil || seen[string(feature)] {
			return
		}
		seen[string(feature)] = true
		for _, w := range list {
			sums[w.clauseType] += float64(w.weight)
		}
	})
	out := make([]float64, numCUAD)
	for i, sum := range sums {
		out[i] = 1 / (1 + math.Exp(m.threshold[i]-sum))
	}
	return out
}

// clauseModel returns the model. It is read when it is needed first.
var clauseModel = sync.OnceValue(func() *linearModel {
	m := &linearModel{weights: map[string][]typeWeight{}}
	z, err := gzip.NewReader(bytes.NewReader(modelFile))
	if err != nil {
		panic("policy: clauses.model: " + err.Error()) // embedded, so every test would fail
	}
	lines := bufio.NewScanner(z)
	for i := 0; lines.Scan(); i++ {
		fields := strings.Split(lines.Text(), "\t")
		if i < numCUAD {
			m.threshold[i], _ = strconv.ParseFloat(fields[0], 64)
			m.bias[i], _ = strconv.ParseFloat(fields[1], 64)
			continue
		}
		list := make([]typeWeight, 0, len(fields)-1)
		for _, f := range fields[1:] {
			k, w, _ := strings.Cut(f, ":")
			clauseType, _ := strconv.ParseUint(k, 10, 8)
			hundredths, _ := strconv.Atoi(w)
			list = append(list, typeWeight{uint8(clauseType), float32(hundredths) / 100})
		}
		m.weights[fields[0]] = list
	}
	if lines.Err() != nil {
		panic("policy: clauses.model: " + lines.Err().Error())
	}
	return m
})
