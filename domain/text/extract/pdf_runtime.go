//go:build !race

package extract

import "github.com/tetratelabs/wazero"

// runtimeConfig compiles PDFium to machine code where the platform supports it.
func runtimeConfig() wazero.RuntimeConfig { return wazero.NewRuntimeConfig() }
