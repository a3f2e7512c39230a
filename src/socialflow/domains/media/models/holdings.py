"""What these tables hold about people."""

from socialflow.kernel import personal, vault
from socialflow.kernel.personal import Level

_OF_ASSETS = "asset_id IN (SELECT id FROM assets WHERE account_id = CAST(:account AS uuid))"
_OF_UPLOADS = "upload_id IN (SELECT id FROM uploads WHERE account_id = CAST(:account AS uuid))"

personal.holds(
    "uploads",
    by="account_id",
    level=Level.PERSONAL,
    text=("filename", "client_metadata", "failure_detail"),
    kept="until what was made of it is deleted; unfinished ones for a day",
    export="uploads",
    # Who sends it for them is somebody else.
    hidden=("parts", "store_token", "sender_id"),
    prefix="upl",
    size="received",
)
personal.holds(
    "assets",
    by="account_id",
    level=Level.PERSONAL,
    text=("source_name", "failure_detail", "extras"),
    kept="until what shows it is deleted",
    export="assets",
    hidden=("source_key",),
    prefix="ast",
)
personal.holds(
    "link_imports", by=_OF_UPLOADS, level=Level.PERSONAL, text=("host",), kept="as long as the upload", export="imports"
)
vault.sealed("link_imports", "url", row="upload_id")
# What a file calls its sounds is its owner's words.
personal.holds("transcodes", by=_OF_ASSETS, level=Level.PERSONAL, text=("source", "plan"), kept="as long as the asset")
personal.holds("transcode_tasks", by=_OF_ASSETS, level=Level.PERSONAL, text=("made",), kept="as long as the asset")
personal.holds("upload_pieces", by=_OF_UPLOADS, level=Level.PERSONAL, kept="as long as the upload")
personal.holds("asset_keys", by=_OF_ASSETS, level=Level.INTERNAL, kept="as long as the asset; ended ones for a day")
vault.sealed("asset_keys", "secret")
personal.holds("renditions", by=_OF_ASSETS, level=Level.PERSONAL, text=("label",), kept="as long as the asset")
personal.holds("asset_files", by=_OF_ASSETS, level=Level.PERSONAL, kept="as long as the asset")
personal.holds(
    "captions",
    by=_OF_ASSETS,
    level=Level.PERSONAL,
    text=("label", "cues"),
    kept="as long as the asset",
    export="captions",
)
personal.holds(
    "edits",
    by="account_id",
    level=Level.PERSONAL,
    text=("operations", "failure_detail"),
    kept="as long as the video",
    export="edits",
    hidden=("inputs", "spans", "mark", "sound", "sha256"),
    prefix="edt",
)
personal.holds(
    "watched_sendings", by=_OF_UPLOADS, level=Level.INTERNAL, kept="until the addresses of an upload have run out"
)
personal.holds("storage_usage", by="account_id", level=Level.INTERNAL, kept="until the account is erased")
