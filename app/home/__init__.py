"""Pages that show several rooms at once: home, receipts, profiles. It reads queries and owns no rows; what is chosen
on one's profile is kept by the rooms whose rows it is."""
