"""What connectors have in common; it knows none of them."""
