package policy

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

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
	w.Flush()
	z.Close()
	return f.Close()
}

type classifier struct {
	threshold, bias float64
	weights         map[string]float64
}
