"""What starts, tries and measures Blijk; none of it runs in production."""
