package masking

import (
	"bytes"
	"compress/flate"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// The tagger labels words as parts of the name of a person, a company or a place, or as other words. It is a
// maximum-entropy Markov model: a linear model over the features of a word, its neighbors and the labels before it,
// decoded from left to right. It was trained on openly licensed corpora and on letters, questions and deeds made
// from templates (model/NOTICE); `go test ./domain/masking -run TestTrain -corpora DIR` trains it again.
//
// It decides what the rules cannot: whether "Klein" is an adjective or a tenant, whether "Miller" is a party or a
// doctrine. Rules with a certain cue (an honorific, a legal form) come first.

type label uint8

const (
	otherLabel label = iota
	personLabel
	companyLabel
	placeLabel
	labelCount
)

const (
	modelBits   = 20
	modelSize   = 1 << modelBits
	weightScale = 16 // a weight of 1 in the model's int8
)

type weights [labelCount]int8

// tagger is the trained model: hashed features and their weights for each label.
type tagger struct {
	weights    []weights
	vocabulary vocabulary
}

//go:embed model/*.bin
var modelFiles embed.FS

var errModel = errors.New("masking: the model of the tagger is corrupt")

// readTagger reads the embedded model. It fails only if it is corrupt.
func readTagger() (*tagger, error) {
	t := &tagger{weights: make([]weights, modelSize)}
	data, err := readModelFile("model/weights.bin")
	if err != nil {
		return nil, err
	}
	// each weight row: the distance from the one before, then a byte for each label
	at := 0
	for len(data) > 0 {
		skip, n := binary.Uvarint(data)
		if n <= 0 || len(data) < n+int(labelCount) || skip >= uint64(modelSize-at) {
			return nil, errModel
		}
		at += int(skip)
		for l := range labelCount {
			t.weights[at][l] = int8(data[n+int(l)])
		}
		data = data[n+int(labelCount):]
	}
	data, err = readModelFile("model/vocabulary.bin")
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || len(data)%8 != 0 {
		return nil, errModel
	}
	t.vocabulary = make(vocabulary, len(data)/8)
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, t.vocabulary); err != nil {
		return nil, fmt.Errorf("%w: %w", errModel, err)
	}
	return t, nil
}

func readModelFile(name string) ([]byte, error) {
	packed, err := modelFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errModel, err)
	}
	return data, nil
}

// score adds up the weights of the features.
func (t *tagger) score(features []uint32) (sum [labelCount]int32) {
	for _, f := range features {
		w := &t.weights[f&(modelSize-1)]
		sum[0] += int32(w[0])
		sum[1] += int32(w[1])
		sum[2] += int32(w[2])
		sum[3] += int32(w[3])
	}
	return sum
}

// preferMasking is added to the scores of persons and companies: a name that gets through is worse than a word
// too many.
var preferMasking = [labelCount]int32{personLabel: weightScale * 5 / 4, companyLabel: weightScale / 4}

// tag labels the words of the text.
func (s *scan) tag() {
	var buf [maxFeatures]uint32
	last, beforeLast := otherLabel, otherLabel
	for i := range s.tokens {
		t := &s.tokens[i]
		t.label, t.likely, t.margin = otherLabel, otherLabel, math.MinInt32
		if t.kind != wordToken || t.inSpan || t.law {
			if t.kind == wordToken || t.startsLine {
				beforeLast, last = last, otherLabel
			}
			continue
		}
		if s.mayBeName(i) {
			sum := s.tagger.score(s.features(buf[:0], i, last, beforeLast))
			best := int32(math.MinInt32)
			for l := personLabel; l < labelCount; l++ {
				if v := sum[l] + preferMasking[l]; v > best {
					best, t.label = v, l
				}
			}
			t.margin = best - sum[otherLabel]
			if t.margin <= 0 {
				t.likely, t.label = t.label, otherLabel
			}
		}
		beforeLast, last = last, t.label
	}
}
