"""Doors for other systems: xAPI, CSV. Each file only translates; the rooms decide.

What is pure here (`xapi.py` and the `xapi_*.py` behind it) knows neither the web nor the database.
"""
