"""When and where an activity is given: dates with places, who reserved one, and who was there."""
