//go:build race

package extract

import "github.com/tetratelabs/wazero"

// runtimeConfig interprets PDFium: under the race detector, compiling it takes minutes.
func runtimeConfig() wazero.RuntimeConfig { return wazero.NewRuntimeConfigInterpreter() }
