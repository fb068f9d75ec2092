"""Learning from each other: who can help with what, coaching, mentoring, shadowing and job rotation between two
colleagues, and mentor programmes."""
