"""Goals: one's own, with what proves them and who may see them; and those that a team joins, counted together."""
