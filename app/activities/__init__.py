"""Learning activities (course, workshop, coaching, mentoring, on the job, rotation, article) and completions."""
