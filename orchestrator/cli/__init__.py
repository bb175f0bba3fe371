"""The command line: parse, call one workflow, print, map the exit code; a file a command."""
