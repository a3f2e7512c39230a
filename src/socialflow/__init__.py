"""Social Flow: the open backend for social video apps."""
