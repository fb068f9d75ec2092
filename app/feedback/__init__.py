"""Feedback: on a lesson, or asked for, in two fields; and weeks after learning the question whether it is used."""
