"""Who stands where. Knows windows, boards, scores and ranks; no web, no database.

Pure: standard library only; `store.Boards` is handed its Redis client, so whoever only wants
leaderboards can lift this package out. Public: all names without an underscore, above all
`periods.windows_at`, `boards.Board` and `Scope`, `store.Boards`, `NotReady` and `Unavailable`,
`rebuild.rebuild` and `drift`; `ranking` is the same without Redis. Names of people, privacy, pages
and API stand in `app/leaderboards`.
"""
