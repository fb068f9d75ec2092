"""Finding people, things to learn, badges and lessons by words; each room decides what its reader may see."""
