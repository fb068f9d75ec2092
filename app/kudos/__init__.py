"""Kudos: thanks from one person to one or several others, for what they did."""
