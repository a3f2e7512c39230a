"""What Social Flow is about, one folder a subject; see ARCHITECTURE.md for their order."""
