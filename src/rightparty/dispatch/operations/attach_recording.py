# SPDX-License-Identifier: Apache-2.0
"""Attach the recording of a call: the sound under its digest in the home folder, the digest in the log (provable).

The file is not encrypted by the product: it is readable by the account that the server runs under and by nobody else.
Crash meaning: the file is on the disk before the row and the record commit; a crash in between leaves a file that
nothing names. The same file again changes nothing.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
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
from rightparty.dispatch.models import Call, CallRecording
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
    digest, size, media_type = _keep(sound)
    kept_until = keep_until(story.called_on, story.duties)
    with transaction.atomic():
        Call.objects.select_for_update().get(reminder_id=call_id)
        known = CallRecording.objects.filter(call_id=call_id, sha256=digest).first()
        if known is not None:
            return known
        facts = {
            "released": story.reminder.evidence_index, "sha256": digest, "size": size, "media_type": media_type,
            "keep_until": kept_until.isoformat() if kept_until else None,
        }  # fmt: skip
        private = {"reminder": call_id.hex, "by": by}
        (index,) = append_leaves([LeafRecord(kind="call.recording", recorded_at=at, facts=facts, private=private)])
        return CallRecording.objects.create(
            call_id=call_id, sha256=digest, size=size, media_type=media_type, attached_at=at, attached_by=by[:150],
            keep_until=kept_until, evidence_index=index,
        )  # fmt: skip


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces."""
    while piece := file.read(_PIECE):
        yield piece


def _keep(sound: Iterable[bytes]) -> tuple[str, int, str]:
    """Write the sound under its own digest; return digest, bytes and media type. Nothing stays of what is refused."""
    folder = recordings_folder()
    with NamedTemporaryFile(dir=folder, prefix="incoming-") as draft:  # made readable by its owner alone
        sealed, size, head = hashlib.sha256(), 0, b""
        for piece in sound:
            head += piece[: HEAD_BYTES - len(head)]
            size += len(piece)
            if size > MOST_BYTES:
                raise CallError(_("The recording is larger than 50 MB."), remedy=_("Attach a compressed one."))
            sealed.update(piece)
            draft.write(piece)
        media_type = media_type_of(head)
        if media_type is None:
            raise CallError(
                _("This is no recording that can be kept."), remedy=_("Attach WAV, MP3, M4A, Ogg, WebM or FLAC.")
            )
        draft.flush()
        os.fsync(draft.fileno())
        target = folder / sealed.hexdigest()
        if not target.exists():
            os.link(draft.name, target)
    return sealed.hexdigest(), size, media_type
