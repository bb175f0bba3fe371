module node-orchestrator.invalid/clients/prysm

go 1.24.0

require github.com/OffchainLabs/prysm/v6 v6.0.4

// Prysm's own replacement; replacements of a dependency do not hold for those who require it.
replace github.com/json-iterator/go => github.com/prestonvanloon/go v1.1.7-0.20190722034630-4f2e55fcf87b
