"""Who is asked for passwords that were lost elsewhere."""
