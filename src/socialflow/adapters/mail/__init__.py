"""Those who deliver mail."""
