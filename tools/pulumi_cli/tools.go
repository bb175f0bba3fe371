//go:build tools

// Package tools names what is built from this module, so that `go mod tidy` keeps its requirements.
package tools

import (
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
	_ "github.com/pulumi/pulumi/sdk/v3/go/common/version"
)
