"""The intake desk: what came in and waits for somebody to say who or what it is about."""
