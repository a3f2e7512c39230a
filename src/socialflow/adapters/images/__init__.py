"""Pictures: adapters of the ImageMaker port."""
