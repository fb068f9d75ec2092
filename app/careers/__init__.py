"""What jobs ask, in versions that the works council consented to, and the map from the vision to them."""
