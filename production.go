//go:build production

package main

import (
	"context"
	"errors"
)

// devCommand replaces dev in a production build, which contains no embedded servers and is a third smaller, in memory
// too.
type devCommand struct{}

// Run always fails.
func (devCommand) Run(context.Context) error {
	return errors.New("this production build contains no embedded servers: build without -tags production, or use serve")
}
