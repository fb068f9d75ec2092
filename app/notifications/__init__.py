"""What somebody is told: in their inbox, and by mail when they want that. Nobody imports this room."""
