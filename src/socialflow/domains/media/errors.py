"""Expected failures around uploads and their delivery.

BadRequest
├── InvalidUploadHeader      400
├── UnknownChecksum          400
└── InconsistentLength       400
Forbidden
├── UploadsNotAllowed        403
├── JoinedUpload             403
├── ImportsNotOffered        403
├── EditsNotOffered          403
└── MediaLinkExpired         403
Conflict
├── WrongOffset              409
├── UploadComplete           409
├── PartsIncomplete          409
├── NotDirectHere            409
├── SentDirectly             409
├── UploadIsFetched          409
├── ImportGoesOn             409
├── NotReadyForDownload      409
├── NotToCancel              409
├── NotToRetry               409
├── SourceGone               409
├── NoFileYet                409
├── TooManyCaptions          409
├── NothingToChooseFrom      409
├── AutomaticCaptionsOff     409
├── NothingIsSaid            409
├── EditGoesOn               409
├── EditIsOver               409
├── NotReadyForEditing       409
├── NoPictureToMark          409
├── NoSoundLeft              409
├── SoundRefused             409
└── ImageRefused             409
NotFound
└── NoSuchRendition          404
Gone
├── UploadExpired            410
└── UploadIsComplete         410
PreconditionFailed
└── UnsupportedTusVersion    412
TooLarge
├── UploadTooLarge           413
├── QuotaExceeded            413
├── CaptionsTooLarge         413
└── BeyondLength             413
UnsupportedMediaType
├── NotAnUploadPiece         415
└── TypeNotAccepted          415
Unprocessable
├── EmptyUpload              422
├── PartOutOfRange           422
├── PartsDiffer              422
├── UnknownPart              422
├── UnknownPurpose           422
├── EditLeavesNothing        422
├── EditChangesNothing       422
├── EditTooLong              422
├── ImportRefusedAddress     422
├── CaptionsUnreadable       422
├── TooManyCues              422
└── InvalidFilename          422
TooManyRequests
├── TooManyEdits             429
└── TooManyUploads           429
LengthUnknown                411
ChecksumMismatch             460
UploadStalled                408

SourceDamaged and SourceDiffers are no Problems: they are found out when nobody waits for an answer any more.
"""

from socialflow.kernel.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    PreconditionFailed,
    Problem,
    TooLarge,
    TooManyRequests,
    Unprocessable,
    UnsupportedMediaType,
)


class InvalidUploadHeader(BadRequest):
    """A header of the upload protocol is missing or cannot be read."""


class UnknownChecksum(BadRequest):
    """This checksum algorithm is not offered; use sha1 or sha256."""


class InconsistentLength(BadRequest):
    """What this request says of the length of the upload does not fit what is known of it."""


class UploadsNotAllowed(Forbidden):
    """Your role does not let you upload."""


class JoinedUpload(Forbidden):
    """This upload was joined of others, and no bytes are added to it."""


class ImportsNotOffered(Forbidden):
    """Videos cannot be imported from links here."""


class MediaLinkExpired(Forbidden):
    """This address has run out; ask for the video again to get a fresh one."""


class WrongOffset(Conflict):
    """The upload does not stand at this offset; ask where it stands and go on from there."""


class UploadComplete(Conflict):
    """All bytes of this upload have arrived already."""


class PartsIncomplete(Conflict):
    """Bytes of a part are still missing; finish every part, then join them."""


class NotDirectHere(Conflict):
    """Files are sent through the API here: use the tus protocol, or begin this upload again with it."""


class SentDirectly(Conflict):
    """The bytes of this upload go to the store: ask for the addresses of its parts."""


class UploadIsFetched(Conflict):
    """The bytes of this upload are fetched from a link, or made by an edit; nothing can be sent to it."""


class ImportGoesOn(Conflict):
    """This import has not failed: there is nothing to try again."""


class NotReadyForDownload(Conflict):
    """This video is still being prepared, or could not be; it can be downloaded once it is ready."""


class NoSuchRendition(NotFound):
    """There is no such rendition of this video."""


class NoFileYet(Conflict):
    """The file of this video has not arrived yet; try again when it has."""


class TooManyCaptions(Conflict):
    """A video has captions in fifty languages at most."""


class NothingToChooseFrom(Conflict):
    """There is no such picture of this video; they are there a moment after it has become ready."""


class AutomaticCaptionsOff(Conflict):
    """This installation does not write captions by itself."""


class ProtectionGoesOn(Conflict):
    """The streams of this video are being written anew; ask again when that is over."""


class NotProtected(Conflict):
    """This video is not protected: there is no key to replace."""


class ProtectedFromDownload(Conflict):
    """This video is protected, and cannot be downloaded as a file."""


class NothingIsSaid(Conflict):
    """This video has no sound."""


class ImageRefused(Conflict):
    """This upload is not a picture that can be shown."""


class UploadExpired(Gone):
    """This upload was left alone for too long; start again."""


class UploadIsComplete(Gone):
    """This upload was completed before, and is not changed any more."""


class UnsupportedTusVersion(PreconditionFailed):
    """Uploads speak version 1.0.0 of the tus protocol; say so in Tus-Resumable."""


class UploadTooLarge(TooLarge):
    """The file is larger than uploads of this kind may be."""


class QuotaExceeded(TooLarge):
    """There is not enough room left in your account for this file."""


class CaptionsTooLarge(TooLarge):
    """A file of captions has a megabyte at most; leave fonts and pictures out of it."""


class BeyondLength(TooLarge):
    """The bytes go beyond the length that was declared for this upload."""


class NotAnUploadPiece(UnsupportedMediaType):
    """Bytes of an upload are sent as application/offset+octet-stream."""


class TypeNotAccepted(UnsupportedMediaType):
    """Files of this type are not taken here."""


class EditsNotOffered(Forbidden):
    """Videos cannot be edited here."""


class EditGoesOn(Conflict):
    """An edit of this video, or another file for it, is on its way: wait for that, or cancel it."""


class EditIsOver(Conflict):
    """This edit is over: there is nothing left to cancel."""


class NotReadyForEditing(Conflict):
    """Only a video that is ready can be edited, with pictures, sounds and videos that are ready, too."""


class NoPictureToMark(Conflict):
    """There is no picture in this video over which another could be laid."""


class NoSoundLeft(Conflict):
    """Nothing would be left of this video without its sound."""


class SoundRefused(Conflict):
    """This upload is no sound that can be heard instead."""


class TooManyEdits(TooManyRequests):
    """Too many edits are being made for you; wait for one to end."""


class EditLeavesNothing(Unprocessable):
    """Less than half a second would be left of the video."""


class EditChangesNothing(Unprocessable):
    """The video would stay as it is; say what is to go, to come or to be heard instead."""


class EditTooLong(Unprocessable):
    """The video would be longer than videos may be here, or made of too many parts."""


class EmptyUpload(Unprocessable):
    """There is nothing in this file."""


class PartOutOfRange(Unprocessable):
    """This upload has no part of that number."""


class PartsDiffer(Unprocessable):
    """The parts in the store are not those of this upload; send what is missing and complete it then."""


class UnknownPart(Unprocessable):
    """One of these addresses is not that of an unfinished part of yours."""


class UnknownPurpose(Unprocessable):
    """Uploads are for a `video`, an `avatar`, a `banner`, a `poster`, a `watermark` or a `sound`."""


class CaptionsUnreadable(Unprocessable):
    """These are no captions that can be read: SubRip, WebVTT and SubStation Alpha are."""


class TooManyCues(Unprocessable):
    """Captions have 10,000 cues at most."""


class ImportRefusedAddress(Unprocessable):
    """Nothing can be imported from this address: give a public one, of https or http."""


class InvalidFilename(Unprocessable):
    """The name of the file is too long or cannot be read."""


class TooManyUploads(TooManyRequests):
    """Too many uploads are under way; finish or discard some first."""


class ChecksumMismatch(Problem):
    """The bytes did not arrive as they were sent; none of them was kept, send them again."""

    status = 460
    title = "Checksum Mismatch"


class LengthUnknown(Problem):
    """The length of an upload must be known when it begins; say it in Upload-Length."""

    status = 411
    title = "Length Required"


class UploadStalled(Problem):
    """No bytes came for too long; what had arrived is kept."""

    status = 408
    title = "Request Timeout"


class SourceDiffers(Exception):
    """The file is not the one whose SHA-256 its sender gave."""


class NotToCancel(Conflict):
    """Nothing is being made of this any more."""


class NotToRetry(Conflict):
    """Only what has failed or was stopped can be processed again."""


class SourceGone(Conflict):
    """The uploaded file is not kept any more; upload it again."""


class SourceDamaged(Exception):
    """A kept piece of an upload is missing or is not what arrived; only a fresh upload can help."""
