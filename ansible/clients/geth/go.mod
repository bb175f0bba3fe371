module node-orchestrator.invalid/clients/geth

go 1.24.0

require github.com/ethereum/go-ethereum v1.16.7
