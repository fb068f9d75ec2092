"""The care desk: what colleagues report, who decides on it, and how both sides are told."""
