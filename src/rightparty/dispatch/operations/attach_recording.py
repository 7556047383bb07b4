# SPDX-License-Identifier: Apache-2.0
"""Attach the recording of a call: sealed in the home folder, digests in the log, its key in the store (provable).

The sound never lies open in the folder; file and store together make it audible, neither alone. Crash meaning: the file
is on the disk before row, key and record commit; a crash in between leaves a file that nothing can open. The same sound
again changes nothing.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from rightparty.dispatch.calls.queries import find_call
from rightparty.dispatch.calls.recording import HEAD_BYTES, MOST_BYTES, media_type_of
from rightparty.dispatch.calls.script import keep_until
from rightparty.dispatch.calls.sealing import KEY_BYTES, seal
from rightparty.dispatch.models import Call, CallRecording, CallRecordingKey
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves

_PIECE: Final = 256 * 1024


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


def recordings_folder() -> Path:
    """Return the folder of recordings, which only the server's own account may enter."""
    folder = Path(settings.RIGHTPARTY["HOME"]) / "recordings"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def attach_recording(call_id: UUID, *, sound: Iterable[bytes], by: str, at: datetime) -> CallRecording:
    """Keep the recording of a call and return its row.

    Args:
        call_id: the call's reminder.
        sound: the file in pieces.
        by: who brings it.
        at: instant of the attachment.

    Raises:
        CallError: no such call, no sound that we know, empty, or larger than MOST_BYTES.
    """
    story = find_call(call_id)
    if story is None:
        raise CallError(_("There is no such call."), remedy=_("Choose one from your list."))
    key = secrets.token_bytes(KEY_BYTES)
    kept = _keep(sound, key)
    kept_until = keep_until(story.called_on, story.duties)
    with transaction.atomic():
        Call.objects.select_for_update().get(reminder_id=call_id)
        known = CallRecording.objects.filter(call_id=call_id, sha256=kept.sha256).first()
        if known is not None:
            (recordings_folder() / kept.sealed_sha256).unlink()
            return known
        named = {**asdict(kept), "keep_until": kept_until}
        facts = {
            "released": story.reminder.evidence_index, **asdict(kept),
            "keep_until": kept_until.isoformat() if kept_until else None,
        }  # fmt: skip
        private = {"reminder": call_id.hex, "by": by}
        (index,) = append_leaves([LeafRecord(kind="call.recording", recorded_at=at, facts=facts, private=private)])
        recording = CallRecording.objects.create(
            call_id=call_id, attached_at=at, attached_by=by[:150], evidence_index=index, **named
        )
        CallRecordingKey.objects.create(recording=recording, key=key.hex())
    return recording


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces."""
    while piece := file.read(_PIECE):
        yield piece


@dataclass(slots=True)
class _Kept:
    """A sealed file: digests of the sound and of the file, bytes and media type of the sound."""

    sha256: str = ""
    sealed_sha256: str = ""
    size: int = 0
    media_type: str = ""


def _keep(sound: Iterable[bytes], key: bytes) -> _Kept:
    """Write the sealed sound under the file's own digest. Nothing stays of what is refused."""
    folder, kept, sealed = recordings_folder(), _Kept(), hashlib.sha256()
    with NamedTemporaryFile(dir=folder, prefix="incoming-") as draft:  # made readable by its owner alone
        for piece in seal(_looked_at(sound, kept), key):
            sealed.update(piece)
            draft.write(piece)
        draft.flush()
        os.fsync(draft.fileno())
        kept.sealed_sha256 = sealed.hexdigest()
        os.link(draft.name, folder / kept.sealed_sha256)
    return kept


def _looked_at(sound: Iterable[bytes], kept: _Kept) -> Iterator[bytes]:
    """Pass a sound on, and write down what it is; refuse what is none."""
    digest, head = hashlib.sha256(), b""
    for piece in sound:
        head += piece[: HEAD_BYTES - len(head)]
        kept.size += len(piece)
        if kept.size > MOST_BYTES:
            raise CallError(_("The recording is larger than 50 MB."), remedy=_("Attach a compressed one."))
        digest.update(piece)
        yield piece
    media_type = media_type_of(head)
    if media_type is None:
        raise CallError(
            _("This is no recording that can be kept."), remedy=_("Attach WAV, MP3, M4A, Ogg, WebM or FLAC.")
        )
    kept.sha256, kept.media_type = digest.hexdigest(), media_type
