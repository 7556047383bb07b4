# SPDX-License-Identifier: Apache-2.0
"""Calls, for diallers: what waits, one call through the gate, its outcome and its recording.

The gate decides as it does for the agents' pages; a number is answered only once it has released the call.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from rightparty.api.schemas import (
    AgentName,
    CallIn,
    CallOut,
    CallOutcomeIn,
    CallOutcomeOut,
    Fault,
    HeldCallOut,
    ReasonOut,
    RecordingFileIn,
    RecordingOut,
    Refusal,
    WaitingCallOut,
    WaitingCallsOut,
)
from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.dispatch.calls.queries import CallStory, earliest_call, find_call, waiting_calls
from rightparty.dispatch.operations.attach_recording import attach_recording, pieces_of
from rightparty.dispatch.operations.enter_outcome import OutcomeDetails
from rightparty.dispatch.operations.identify_person import identify_person
from rightparty.dispatch.operations.open_call import open_call
from rightparty.dispatch.operations.plan_call import CallError, plan_call
from rightparty.dispatch.queries import explain_reminder
from rightparty.kernel.identifiers import show_code

router = Router()


@router.get("", response=WaitingCallsOut)
def waiting(request: HttpRequest) -> WaitingCallsOut:  # noqa: ARG001
    """Return the calls that wait."""
    listed = [
        WaitingCallOut(
            reminder=each.reminder_id, planned_at=each.planned_at, language=each.language, permitted=each.permitted,
            earliest=each.earliest, reasons=[reason.code for reason in each.reasons],
        )
        for each in waiting_calls(at=datetime.now(UTC))
    ]  # fmt: skip
    return WaitingCallsOut(calls=listed)


@router.post("", response={200: CallOut, 404: Refusal, 409: HeldCallOut})
def calls(request: HttpRequest, payload: CallIn) -> Any:  # noqa: ARG001
    """Take a call through the gate; repeated by the same agent it answers the same call."""
    at = datetime.now(UTC)
    try:
        call_id = payload.reminder or plan_call(
            account_id=payload.account_id, party_id=payload.party_id, by=payload.agent, at=at
        )
        open_call(call_id, agent=payload.agent, at=at)
    except CallError as error:
        return _refused(404, "reminder", error)
    story = find_call(call_id)
    if story is None or not story.is_being_made(at=at):
        return Status(409, _held(call_id, at=at))
    return _released(story)


@router.post("/{call}/outcome", response={200: CallOutcomeOut, 409: Refusal})
def outcome(request: HttpRequest, call: UUID, payload: CallOutcomeIn) -> Any:  # noqa: ARG001
    """Take what came of a call; stops, holds and cases stand before this answers."""
    at = datetime.now(UTC)
    details = OutcomeDetails(
        promised_on=payload.promised_on, promised_minor=payload.promised_minor, words=payload.words,
        call_back_on=payload.call_back_on,
        call_back_at=payload.call_back_at.replace(tzinfo=None) if payload.call_back_at else None,
    )  # fmt: skip
    try:
        story = find_call(call)
        if payload.identified and (story is None or story.is_open):
            identify_person(call, agent=payload.agent, at=at)
        new = take_call_outcome(
            call_id=call, outcome=payload.outcome, by=payload.agent, at=at, details=details, corrects=payload.corrects
        )
    except CallError as error:
        return _refused(409, "outcome", error)
    told = explain_reminder(call)
    return CallOutcomeOut(call=call, state=told.reminder.state if told else "", repeated=not new)


@router.post("/{call}/recording", response={200: RecordingOut, 409: Refusal})
def recording(request: HttpRequest, call: UUID, sound: File[UploadedFile], agent: Form[AgentName]) -> Any:  # noqa: ARG001
    """Keep the recording of a call, sent as multipart form data."""
    try:
        kept = attach_recording(call, sound=sound.chunks(), by=agent, at=datetime.now(UTC))
    except CallError as error:
        return _refused(409, "sound", error)
    return RecordingOut(sha256=kept.sha256, size=kept.size, keep_until=kept.keep_until)


@router.post("/{call}/recording-file", response={200: RecordingOut, 409: Refusal})
def recording_file(request: HttpRequest, call: UUID, payload: RecordingFileIn) -> Any:  # noqa: ARG001
    """Keep a recording that the dialler has left in the folder agreed on; nothing outside it is read."""
    path = _left_file(payload.file)
    if path is None:
        fault = Fault(field="file", fault="not a file of this folder", remedy="Name a file below the agreed folder.")
        return Status(409, Refusal(errors=[fault]))
    try:
        with path.open("rb") as file:
            kept = attach_recording(call, sound=pieces_of(file), by=payload.agent, at=datetime.now(UTC))
    except CallError as error:
        return _refused(409, "file", error)
    return RecordingOut(sha256=kept.sha256, size=kept.size, keep_until=kept.keep_until)


def _left_file(name: str) -> Path | None:
    """Return a file that the dialler has left and that may be read; a name that can be none, names none."""
    folder = str(settings.RIGHTPARTY["RECORDINGS_FROM"])
    root = Path(folder).resolve()
    try:
        path = (root / name).resolve()
        is_left = bool(folder) and path.is_relative_to(root) and path.is_file() and os.access(path, os.R_OK)
    except OSError:
        return None
    return path if is_left else None


def _released(story: CallStory) -> CallOut:
    script, reminder = story.script, story.reminder
    return CallOut(
        call=reminder.id, number=reminder.address, language=script.language, opening=script.opening, ask=script.ask,
        others=script.others, voicemail=script.voicemail, collector=script.collector,
        must_be_recorded=bool(story.duties.record), code=show_code(reminder.code or ""),
        outcome_until=reminder.lease_expires_at,
    )  # fmt: skip


def _held(call_id: UUID, *, at: datetime) -> HeldCallOut:
    told = explain_reminder(call_id)
    reasons = told.reasons if told else ()
    return HeldCallOut(
        call=call_id, state=told.reminder.state if told else "", earliest=earliest_call(call_id, at=at),
        reasons=[ReasonOut(code=r.code, text=r.text, remedy=r.remedy) for r in reasons],
    )  # fmt: skip


def _refused(status: int, field: str, error: CallError) -> Status[Refusal]:
    return Status(status, Refusal(errors=[Fault(field=field, fault=str(error), remedy=error.remedy)]))
