"""Pages that show several rooms at once: home and receipts. It reads queries and owns no rows."""
