//go:build !race

package text

import "github.com/tetratelabs/wazero"

// engine compiles PDFium to machine code where it can.
func engine() wazero.RuntimeConfig { return wazero.NewRuntimeConfig() }
