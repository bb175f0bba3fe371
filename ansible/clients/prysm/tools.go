//go:build tools

// Package tools names what is built from this module, so that the go command keeps its requirements.
package tools

import (
	_ "github.com/OffchainLabs/prysm/v6/cmd/beacon-chain"
	_ "github.com/OffchainLabs/prysm/v6/cmd/prysmctl"
	_ "github.com/OffchainLabs/prysm/v6/cmd/validator"
)
