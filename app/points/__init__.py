"""The points ledger: entries are added, never changed; a correction is an entry that names what it reverses."""
