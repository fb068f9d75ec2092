"""What we learn for: the organisation's goals, and the skills under them."""
