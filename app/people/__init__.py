"""People, units (departments and teams), how a person is recognised, signing in, API clients and tokens."""
