# SPDX-License-Identifier: Apache-2.0
"""Fetch the recording of a call; whoever does is written down before he hears anything (provable).

Crash meaning: the record of the access commits first; an access that then fails is recorded all the same.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from django.db import transaction

from rightparty.dispatch.calls.queries import find_recording, list_recordings
from rightparty.dispatch.calls.recording import EXTENSIONS
from rightparty.dispatch.models import CallRecording
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRecording:
    """A recording that may be heard now."""

    path: Path
    media_type: str
    #: names no person
    filename: str


def fetch_recording(call_id: UUID, number: int, *, by: str, at: datetime) -> FetchedRecording:
    """Return where a recording lies, if it is still the one that was attached.

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
    if state is not RecordingState.INTACT:
        raise CallError(
            _("The file is not the recording that was attached."), remedy=_("Restore it from a backup; tell security.")
        )
    return FetchedRecording(
        path=recordings_folder() / recording.sha256,
        media_type=recording.media_type,
        filename=f"call-{recording.evidence_index}.{EXTENSIONS[recording.media_type]}",
    )


def state_of(recording: CallRecording) -> RecordingState:
    """Compare a file with the digest under which it was attached."""
    path = recordings_folder() / recording.sha256
    if not path.is_file():
        return RecordingState.MISSING
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return RecordingState.INTACT if digest == recording.sha256 else RecordingState.CHANGED


def check_recordings() -> Iterator[tuple[CallRecording, RecordingState]]:
    """Yield every recording with the state of its file."""
    for recording in list_recordings():
        yield recording, state_of(recording)
