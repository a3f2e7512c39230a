"""The topic `upload:{id}`: how far an upload is, and what is being made of it."""

import uuid

from socialflow.domains.media.service import uploads
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.realtime import State, Topic, topic
from socialflow.kernel.work import Actor, App


@topic("upload")
async def open_upload(app: App, actor: Actor, name: str) -> Topic:
    """An upload of the listener's own."""
    try:
        upload_id = ids.parse("upl", name.partition(":")[2])
    except ids.MalformedId:
        raise NotFound from None
    async with app.work(actor) as work:
        upload = await uploads.look(work, upload_id)
    return Topic(
        name, frozenset({name, f"asset:{ids.show('ast', upload.asset_id)}"}), lambda: _state(app, actor, upload_id)
    )


async def _state(app: App, actor: Actor, upload_id: uuid.UUID) -> State:
    async with app.work(actor) as work:
        upload = await uploads.look(work, upload_id)
    return State("upload.progress", upload.model_dump(mode="json"))
