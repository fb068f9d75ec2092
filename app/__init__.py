"""The web and the database around the two engines `badges` and `leaderboards`.

A file here is plumbing, a folder is a feature. Read `flow.py` first: what follows from what.
`factory.py` builds the house; `db.py` commits; `outbox.py` carries the news; `docs/map.md` shows the whole.
"""
