"""What everybody can ask about what is kept of them: who looked, what was done, a file of it all; and for how long."""
