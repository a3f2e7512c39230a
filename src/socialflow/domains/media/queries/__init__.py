"""Questions about uploads, assets and files."""
