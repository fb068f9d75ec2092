"""How many badges somebody shows of themselves. Pure."""

SHOWCASE = 6  # as many as stand in one row, and few enough to be a choice
NEWEST = 3  # of who has not chosen yet, for colleagues
