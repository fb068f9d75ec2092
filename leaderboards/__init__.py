"""Who stands where. Knows windows, boards, scores and ranks; no web, no database.

Pure: standard library only; `store.Boards` is handed its Redis client. Names of people,
privacy, pages and API stand in `app/leaderboards`.
"""
