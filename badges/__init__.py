"""What earns a badge, and what a badge is. Pure: no Flask, no database.

Whoever only wants a badge engine can lift this folder out: `catalogue.read` checks a catalogue entry,
`engine.earned` decides what a history of facts has earned and when, `progress.progress` says what is missing,
`words.sentence` says a criterion in Dutch and English. Rows, pages and API stand in `app/badges`.
"""
