# SPDX-License-Identifier: Apache-2.0
"""Fetch the recording of a call; whoever does is written down before he hears anything (provable).

Crash meaning: the record of the access commits first; an access that then fails is recorded all the same.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.calls.queries import find_recording, list_recordings
from rightparty.dispatch.calls.recording import EXTENSIONS
from rightparty.dispatch.calls.sealing import UnsealError, unseal
from rightparty.dispatch.models import CallRecording, CallRecordingKey
from rightparty.dispatch.operations.attach_recording import recordings_folder
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


class RecordingState(StrEnum):
    """Whether a file is still what was attached."""

    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    #: its key is gone, on purpose or not: nobody can hear it again
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRecording:
    """A recording that may be heard now."""

    #: the sound, in pieces
    sound: Iterator[bytes] = field(repr=False)
    media_type: str
    #: names no person
    filename: str


def fetch_recording(call_id: UUID, number: int, *, by: str, at: datetime) -> FetchedRecording:
    """Return a recording, if it is still the one that was attached.

    Raises:
        CallError: there is none, or the file was changed or is gone.
    """
    recording = find_recording(call_id, number)
    if recording is None:
        raise CallError(_("There is no such recording."), remedy=_("Look at the call."))
    state = state_of(recording)
    facts = {"attached": recording.evidence_index, "sha256": recording.sha256, "state": state.value}
    private = {"reminder": call_id.hex, "by": by}
    with transaction.atomic():
        append_leaves([LeafRecord(kind="call.recording_fetched", recorded_at=at, facts=facts, private=private)])
    if state is RecordingState.ERASED:
        raise CallError(_("The key of this recording was erased."), remedy=_("Nobody can hear it again."))
    if state is not RecordingState.INTACT:
        raise CallError(
            _("The file is not the recording that was attached."), remedy=_("Restore it from a backup; tell security.")
        )
    return FetchedRecording(
        sound=_sound_of(recording),
        media_type=recording.media_type,
        filename=f"call-{recording.evidence_index}.{EXTENSIONS[recording.media_type]}",
    )


def state_of(recording: CallRecording) -> RecordingState:
    """Compare a file, and the sound in it, with the digests under which they were attached."""
    path = _path_of(recording)
    if not path.is_file():
        return RecordingState.MISSING
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != recording.sealed_sha256:
            return RecordingState.CHANGED
    if not CallRecordingKey.objects.filter(recording=recording).exists():
        return RecordingState.ERASED
    heard = hashlib.sha256()
    try:
        for piece in _sound_of(recording):
            heard.update(piece)
    except UnsealError:
        return RecordingState.CHANGED
    return RecordingState.INTACT if heard.hexdigest() == recording.sha256 else RecordingState.CHANGED


def _path_of(recording: CallRecording) -> Path:
    return recordings_folder() / recording.sealed_sha256


def _sound_of(recording: CallRecording) -> Iterator[bytes]:
    key = bytes.fromhex(CallRecordingKey.objects.get(recording=recording).key)
    with _path_of(recording).open("rb") as file:
        yield from unseal(file, key)


def check_recordings() -> Iterator[tuple[CallRecording, RecordingState]]:
    """Yield every recording with the state of its file."""
    for recording in list_recordings():
        yield recording, state_of(recording)
