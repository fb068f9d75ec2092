"""Learning records from files: what a file's columns mean, who waits to become known, imports as jobs."""
