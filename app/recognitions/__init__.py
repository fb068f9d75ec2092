"""Special recognitions: given by a person, with a citation; and the nominations from which some come."""
