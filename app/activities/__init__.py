"""Learning activities, from a course to a job rotation, and their completions."""
