"""Where bytes live: adapters of the ObjectStore port."""
