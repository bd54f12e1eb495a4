//go:build production

package main

import (
	"context"
	"errors"
)

// devCommand is all that a production build keeps of the embedded default: it is a third
// smaller for it, in memory too, and holds no stand-in for anything.
type devCommand struct{}

// Run says that there is nothing to run.
func (devCommand) Run(context.Context) error {
	return errors.New("this build is for production and brings no servers of its own: build without -tags production, or use serve")
}
