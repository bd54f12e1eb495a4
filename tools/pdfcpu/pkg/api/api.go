// Package api stands in for pdfcpu's package of that name (go.mod replaces the module). maroto's core
// imports it to merge files, which this service never does, and the real module is a download of
// 287 MB, most of it sample files. Here is what maroto needs to compile.
package api

import (
	"errors"
	"io"
)

// Configuration has the fields that maroto sets.
type Configuration struct{ WriteXRefStream bool }

// LoadConfiguration returns an empty configuration.
func LoadConfiguration() *Configuration { return &Configuration{} }

// MergeRaw always fails.
func MergeRaw([]io.ReadSeeker, io.Writer, bool, *Configuration) error {
	return errors.New("merging PDF files is not supported: pdfcpu is replaced by a stub")
}
