"""Connecting learning platforms: their keys, what they sent, what was refused, and what their verbs mean."""
