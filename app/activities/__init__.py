"""Learning activities: courses, workshops, coaching, mentoring, on the job, rotation, articles; and completions."""
