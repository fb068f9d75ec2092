"""What those who keep the house do: the first steps, who works here, what the organisation decided."""
