"""Who did what when, who looked at what, and the seals over ledger and audit log."""
