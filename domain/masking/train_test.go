package masking

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/domain/langid"
)

var further = flag.Bool("further", false, "TestTrain trains the embedded model further, instead of a new one")

var corpora = flag.String("corpora", "", "train the tagger of TestTrain from the corpora in this directory (model/NOTICE says which)")

// TestTrain trains the tagger and writes model/*.bin. It takes a minute or two. With -further it starts with the embedded
// model and the result is the mean of both; the dictionaries are not needed then. The directory, which
// model/corpora.py fills, has
//
//	<name>.<language>.<split>.jsonl  labeled texts: {"text", "spans": [{"type", "start", "end"}]}, in bytes
//	plain.<language>.<kind>.<split>.txt  paragraphs of law without names
//	words.<language>.txt  dictionary words, one a line
//	names.<language>.json  {"first", "last", "city", "country", "suffix"}: lists to fill templates with
func TestTrain(t *testing.T) {
	if *corpora == "" {
		t.Skip("no -corpora")
	}
	lex := must(readLexicon())
	m := &Masker{lex: lex, cues: must(readCues(lex)), tagger: &tagger{weights: make([]weights, modelSize)}}
	if *further {
		m.tagger = must(readTagger())
	} else {
		m.tagger.vocabulary = readVocabulary(t, lex)
	}
	tr := &trainer{masker: m, rand: rand.New(rand.NewPCG(1, 2))}
	for _, source := range must(filepath.Glob(filepath.Join(*corpora, "*.jsonl"))) {
		tr.addLabeled(t, source)
	}
	for _, source := range must(filepath.Glob(filepath.Join(*corpora, "plain.*.statute*.train.txt"))) {
		tr.addLaw(t, source)
	}
	for l := langid.English; l < langid.Count; l++ {
		tr.addTemplates(t, l)
	}
	tr.train(t)
	writeModel(t, m.tagger)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// example is one word to label: its features and the labels that are right.
type example struct {
	features []uint32
	gold     uint8 // a bit for each label
	cost     float32
}

type trainer struct {
	masker   *Masker
	rand     *rand.Rand
	examples []example
	held     []example // not trained on: every fiftieth text
	texts    int
}

type goldSpan struct {
	Type       string
	Start, End int
}

// sources gives the weight of corpora that are not simply 1; 0 leaves one out.
var sourceWeights = map[string]float32{
	"wikiann": 0.25, "europeana-bnf": 0, "europeana-kb": 0, "europeana-lft": 0, "europeana-onb": 0, "europeana-sbb": 0, "ehri": 0, "hipe2020": 0.3,
	"btc-a": 0.5, "btc-b": 0.5, "btc-e": 0.5, "btc-f": 0.5, "btc-g": 0.5, "btc-h": 0.5, "wnut17": 0.5,
}

func (tr *trainer) addLabeled(t *testing.T, path string) {
	parts := strings.Split(filepath.Base(path), ".")
	weight := float32(1)
	if w, ok := sourceWeights[parts[0]]; ok {
		weight = w
	}
	if weight == 0 {
		return
	}
	lang := langid.Parse(parts[1])
	names := tr.names(t, lang)
	before := len(tr.examples)
	f := must(os.Open(path))
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var text struct {
			Text  string
			Spans []goldSpan
		}
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			t.Fatal(path, err)
		}
		tr.add(text.Text, text.Spans, weight, false)
		if len(text.Spans) > 0 && weight > 0.2 {
			renamed, spans := tr.rename(text.Text, text.Spans, names)
			tr.add(renamed, spans, weight, false)
		}
	}
	t.Logf("%s: %d words", filepath.Base(path), len(tr.examples)-before)
}

// rename puts other names in the place of persons, sometimes in capitals, so that no name is learned by heart.
func (tr *trainer) rename(text string, spans []goldSpan, names *nameLists) (string, []goldSpan) {
	var b strings.Builder
	var out []goldSpan
	at := 0
	capitals := tr.rand.IntN(4) == 0
	for _, s := range spans {
		if s.Start < at {
			continue
		}
		b.WriteString(text[at:s.Start])
		old := text[s.Start:s.End]
		fresh := old
		if s.Type == "PER" {
			if strings.ContainsAny(old, " ") {
				fresh = names.person(tr.rand)
			} else {
				fresh = names.pick(tr.rand, names.Last)
			}
			if capitals {
				fresh = strings.ToUpper(fresh)
			}
		}
		start := b.Len()
		b.WriteString(fresh)
		out = append(out, goldSpan{s.Type, start, b.Len()})
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String(), out
}

// addLaw adds paragraphs of statutes, in which nobody is named.
func (tr *trainer) addLaw(t *testing.T, path string) {
	before := len(tr.examples)
	names := tr.names(t, langid.Parse(strings.Split(filepath.Base(path), ".")[1]))
	data := must(os.ReadFile(path))
	for i, p := range strings.Split(string(data), "\n") {
		if p = strings.TrimSpace(p); p == "" || len(p) > 5000 {
			continue
		}
		tr.add(p, nil, 1, true)
		if named, spans := names.nameRoles(tr, p); len(spans) > 0 {
			tr.add(named, spans, 1, true)
		}
		if i%6 == 0 && len(p) < 300 {
			tr.add(strings.ToUpper(p), nil, 1, true)
		}
		if i%20 == 3 && len(p) < 300 {
			tr.add(strings.ToLower(p), nil, 1, true)
		}
	}
	t.Logf("%s: %d words", filepath.Base(path), len(tr.examples)-before)
}

// add adds the words of one text. Only spans say what a name is; law without spans may still name places.
func (tr *trainer) add(text string, spans []goldSpan, cost float32, law bool) {
	s := tr.masker.scanToTag(text)
	defer s.release()
	gold := make([]uint8, len(s.tokens))
	for i := range gold {
		gold[i] = 1 << otherLabel
		if law {
			gold[i] |= 1 << placeLabel
		}
	}
	for _, span := range spans {
		mask := uint8(1 << otherLabel)
		switch span.Type {
		case "PER":
			mask = 1 << personLabel
		case "COMPANY":
			mask = 1 << companyLabel
		case "ORG":
			// courts and agencies are not masked, companies are: only a legal form tells
			mask = 1<<companyLabel | 1<<otherLabel
			last := strings.FieldsFunc(text[span.Start:span.End], func(r rune) bool { return r == ' ' })
			if n := len(last); n > 1 && legalFormSet[strings.ToLower(strings.ReplaceAll(last[n-1], ".", ""))] {
				mask = 1 << companyLabel
			}
		case "LOC":
			mask = 1 << placeLabel
		}
		for i := range s.tokens {
			start, end := s.layout.span(int(s.tokens[i].start), int(s.tokens[i].end))
			if start < span.End && end > span.Start {
				gold[i] = mask
			}
		}
	}
	tr.texts++
	into := &tr.examples
	if tr.texts%50 == 0 {
		into = &tr.held
	}
	var buf [maxFeatures]uint32
	last, beforeLast := otherLabel, otherLabel
	for i := range s.tokens {
		t := &s.tokens[i]
		if t.kind != wordToken || t.inSpan || t.law {
			if t.kind == wordToken || t.startsLine {
				beforeLast, last = last, otherLabel
			}
			continue
		}
		l := otherLabel
		if s.mayBeName(i) {
			f := s.features(buf[:0], i, last, beforeLast)
			c := cost
			*into = append(*into, example{append([]uint32(nil), f...), gold[i], c})
			if gold[i]&(1<<otherLabel) == 0 {
				for l = personLabel; gold[i]&(1<<l) == 0; l++ {
				}
			}
		}
		beforeLast, last = last, l
		// the labels before a word are sometimes wrong when the tagger runs
		if tr.rand.IntN(12) == 0 {
			last = label(tr.rand.IntN(int(labelCount)))
		}
	}
}

// furtherInertia is the sum of squared gradients that a model trained further starts with.
const furtherInertia = 12

// train fits the weights by stochastic gradient descent (AdaGrad) on the log loss.
func (tr *trainer) train(t *testing.T) {
	const rate, epochs, decay = 0.12, 5, 2e-7
	w := make([][labelCount]float32, modelSize)
	g := make([][labelCount]float32, modelSize)
	if *further {
		for n := range w {
			for l := range labelCount {
				w[n][l] = float32(tr.masker.tagger.weights[n][l]) / weightScale
				g[n][l] = furtherInertia // what was learned moves slowly
			}
		}
	}
	sum := make([][labelCount]float32, modelSize) // of the weights at the end of each part of the last epochs
	sums := float32(0)
	seen := make([]uint8, modelSize)
	for i := range tr.examples {
		for _, f := range tr.examples[i].features {
			if n := f & (modelSize - 1); seen[n] < 255 {
				seen[n]++
			}
		}
	}
	for epoch := range epochs {
		tr.rand.Shuffle(len(tr.examples), func(i, j int) { tr.examples[i], tr.examples[j] = tr.examples[j], tr.examples[i] })
		loss := 0.0
		for i := range tr.examples {
			if epoch >= 2 && i%(len(tr.examples)/8+1) == 0 {
				for n := range w {
					for l := range labelCount {
						sum[n][l] += w[n][l]
					}
				}
				sums++
			}
			e := &tr.examples[i]
			p := probabilities(w, e.features)
			right := float32(1e-9)
			for l := range labelCount {
				if e.gold&(1<<l) != 0 {
					right += p[l]
				}
			}
			loss -= math.Log(float64(right))
			for l := range labelCount {
				target := float32(0)
				if e.gold&(1<<l) != 0 {
					target = p[l] / right
				}
				d := (p[l] - target) * e.cost
				if d > -1e-4 && d < 1e-4 {
					continue
				}
				for _, f := range e.features {
					n := f & (modelSize - 1)
					if seen[n] < 3 {
						continue
					}
					grad := d + decay*w[n][l]
					g[n][l] += grad * grad
					w[n][l] -= rate * grad / (1e-3 + float32(math.Sqrt(float64(g[n][l]))))
				}
			}
		}
		t.Logf("epoch %d: %d words, loss %.4f", epoch+1, len(tr.examples), loss/float64(len(tr.examples)))
	}
	rows := 0
	for n := range w {
		zero := true
		for l := range labelCount {
			v := float64(sum[n][l]/sums) * weightScale
			if *further { // half of the old, so that what the corpora at hand do not show is not lost
				v = (v + float64(tr.masker.tagger.weights[n][l])) / 2
			}
			v = math.Round(v)
			q := int8(max(-127, min(127, v)))
			tr.masker.tagger.weights[n][l] = q
			zero = zero && q >= -1 && q <= 1
		}
		if zero {
			tr.masker.tagger.weights[n] = weights{}
		} else {
			rows++
		}
	}
	tr.report(t, rows)
}

func probabilities(w [][labelCount]float32, features []uint32) (p [labelCount]float32) {
	for _, f := range features {
		row := &w[f&(modelSize-1)]
		for l := range labelCount {
			p[l] += row[l]
		}
	}
	top := max(p[0], p[1], p[2], p[3])
	sum := float32(0)
	for l := range labelCount {
		p[l] = float32(math.Exp(float64(p[l] - top)))
		sum += p[l]
	}
	for l := range labelCount {
		p[l] /= sum
	}
	return p
}

func (tr *trainer) report(t *testing.T, rows int) {
	var hit, gold, found, wrong int
	for i := range tr.held {
		e := &tr.held[i]
		sum := tr.masker.tagger.score(e.features)
		best := otherLabel
		for l := personLabel; l < labelCount; l++ {
			if sum[l]+preferMasking[l] > sum[best]+preferMasking[best] {
				best = l
			}
		}
		if e.gold == 1<<personLabel {
			gold++
			if best == personLabel || best == companyLabel {
				hit++
			}
		}
		if best == personLabel || best == companyLabel {
			found++
			if e.gold&(1<<personLabel|1<<companyLabel) == 0 {
				wrong++
			}
		}
	}
	t.Logf("%d rows; held-out words: %d, recall of persons %.3f (%d), precision %.3f", rows, len(tr.held), ratio(hit, gold), gold, 1-ratio(wrong, found))
}

func writeModel(t *testing.T, m *tagger) {
	var raw bytes.Buffer
	at := 0
	var number [binary.MaxVarintLen64]byte
	for n := range m.weights {
		if m.weights[n] == (weights{}) {
			continue
		}
		raw.Write(number[:binary.PutUvarint(number[:], uint64(n-at))])
		for l := range labelCount {
			raw.WriteByte(byte(m.weights[n][l]))
		}
		at = n
	}
	writeModelFile(t, "model/weights.bin", raw.Bytes())
	raw.Reset()
	if err := binary.Write(&raw, binary.LittleEndian, m.vocabulary); err != nil {
		t.Fatal(err)
	}
	writeModelFile(t, "model/vocabulary.bin", raw.Bytes())
}

func writeModelFile(t *testing.T, name string, data []byte) {
	var b bytes.Buffer
	w := must(flate.NewWriter(&b, flate.BestCompression))
	must(w.Write(data))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d bytes", name, b.Len())
}

// readVocabulary makes the Bloom filter of the dictionaries: ten bits a word.
func readVocabulary(t *testing.T, lex *lexicon) vocabulary {
	words := map[langid.Language]map[uint64]bool{}
	n := 0
	for l := langid.German; l < langid.Count; l++ {
		words[l] = map[uint64]bool{}
		data, err := os.ReadFile(filepath.Join(*corpora, fmt.Sprintf("words.%s.txt", l)))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			word := strings.TrimSpace(line)
			if len(word) < 3 || len([]rune(word)) > 24 {
				continue
			}
			words[l][lex.hashWord(word)] = true
		}
		t.Logf("dictionary %s: %d words", l, len(words[l]))
		n += len(words[l])
	}
	v := make(vocabulary, n*10/64+1)
	for l, set := range words {
		for h := range set {
			v.add(h, l)
		}
	}
	return v
}
