# SPDX-License-Identifier: Apache-2.0
"""provable: a recording is what it was when it was attached, or the check says so; whoever hears it is on record."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from rightparty.dispatch.calls.recording import MOST_BYTES
from rightparty.dispatch.models import CallRecording, CallRecordingKey
from rightparty.dispatch.operations.attach_recording import attach_recording, recordings_folder
from rightparty.dispatch.operations.fetch_recording import check_recordings, fetch_recording
from rightparty.dispatch.operations.plan_call import CallError
from rightparty.evidence.queries import find_leaf, verify_log
from tests.integration.dispatch.calls import AGENT, opened, planned, planned_in_new_york, press

pytestmark = pytest.mark.django_db

SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(256)) * 8


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(settings.RIGHTPARTY, "HOME", tmp_path)
    return tmp_path


def attached(at: datetime) -> CallRecording:
    return attach_recording(opened(at), sound=[SOUND[:10], SOUND[10:]], by=AGENT, at=at)


def file_of(recording: CallRecording) -> Path:
    return recordings_folder() / recording.sealed_sha256


def test_a_recording_lies_sealed_for_the_server_alone(at: datetime, home: Path) -> None:
    recording = attached(at)
    file = home / "recordings" / recording.sealed_sha256
    assert sha256(file.read_bytes()).hexdigest() == recording.sealed_sha256
    assert SOUND[:12] not in file.read_bytes()
    assert recording.sha256 == sha256(SOUND).hexdigest()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (recording.size, recording.media_type, recording.keep_until) == (len(SOUND), "audio/wav", None)
    leaf = find_leaf(recording.evidence_index)
    assert leaf is not None
    assert leaf.facts["sha256"] == recording.sha256
    assert verify_log().intact
    assert [path.name for path in recordings_folder().iterdir()] == [recording.sealed_sha256]


def test_the_market_says_how_long_it_is_kept() -> None:
    """12 CFR 1006.100(b): three years after the call."""
    day = datetime.fromisoformat("2026-11-24T16:00:00+00:00")
    call = planned_in_new_york(day)
    press(call, day)
    assert attach_recording(call, sound=[SOUND], by=AGENT, at=day).keep_until == date(2029, 11, 24)


def test_the_same_file_again_is_the_same_recording(at: datetime) -> None:
    first = attached(at)
    again = attach_recording(first.call_id, sound=[SOUND], by="bob", at=at + timedelta(hours=1))
    assert again.id == first.id
    assert CallRecording.objects.count() == 1
    assert list(recordings_folder().iterdir()) == [file_of(first)]


@pytest.mark.parametrize("sound", [[], [b""], [b"<html>"], [SOUND[:16], bytes(MOST_BYTES)]], ids=range(4))
def test_what_is_no_recording_leaves_nothing(at: datetime, sound: list[bytes]) -> None:
    call = opened(at)
    with pytest.raises(CallError):
        attach_recording(call, sound=sound, by=AGENT, at=at)
    assert list(recordings_folder().iterdir()) == []
    assert not CallRecording.objects.exists()


def test_a_call_that_was_not_made_has_no_recording(at: datetime) -> None:
    with pytest.raises(CallError, match="no such call"):
        attach_recording(planned(at), sound=[SOUND], by=AGENT, at=at)


def test_every_access_is_on_record_also_one_that_fails(at: datetime) -> None:
    recording = attached(at)
    fetched = fetch_recording(recording.call_id, recording.id, by="eve", at=at)
    assert b"".join(fetched.sound) == SOUND
    assert fetched.filename == f"call-{recording.evidence_index}.wav"
    file_of(recording).write_bytes(SOUND)
    with pytest.raises(CallError, match="not the recording"):
        fetch_recording(recording.call_id, recording.id, by="eve", at=at)
    kept = [find_leaf(recording.evidence_index + step) for step in (1, 2)]
    assert [(leaf.kind, leaf.facts["state"], leaf.private["by"]) for leaf in kept if leaf] == [
        ("call.recording_fetched", "intact", "eve"), ("call.recording_fetched", "changed", "eve"),
    ]  # fmt: skip


def test_the_check_finds_a_file_that_was_changed_or_is_gone(at: datetime) -> None:
    recording = attached(at)
    file = file_of(recording)
    assert [state for _, state in check_recordings()] == ["intact"]
    file.write_bytes(file.read_bytes()[::-1])
    assert [state for _, state in check_recordings()] == ["changed"]
    file.unlink()
    assert [state for _, state in check_recordings()] == ["missing"]


def test_a_recording_whose_key_is_erased_is_gone(at: datetime) -> None:
    recording = attached(at)
    CallRecordingKey.objects.all().delete()
    assert [state for _, state in check_recordings()] == ["erased"]
    with pytest.raises(CallError, match="erased"):
        fetch_recording(recording.call_id, recording.id, by="eve", at=at)


def test_the_store_refuses_another_digest(at: datetime) -> None:
    attached(at)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        CallRecording.objects.update(sha256="0" * 64)
