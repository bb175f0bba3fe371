//go:build tools

// Package tools names what is built from this module, so that the go command keeps its requirements.
package tools

import _ "github.com/ethereum/go-ethereum/cmd/geth"
