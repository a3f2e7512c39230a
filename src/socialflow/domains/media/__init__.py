"""Bytes in, renditions out: uploads, assets, what was made of them, and their delivery.

Owns `uploads`, `upload_pieces`, `link_imports`, `storage_usage`, `assets`, `renditions` and `asset_files`. Promises
that a byte whose arrival was acknowledged is on the disk, that an upload ends in one asset or in none, that only files
listed in `asset_files` are served, and that nothing of a private asset is served without a signed address.
Knows nothing of videos, channels or who follows whom: they say how open an asset is with `service.set_access`.
"""
