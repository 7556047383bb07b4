# SPDX-License-Identifier: Apache-2.0
"""once: a returned mail tells which message it is about by the Message-ID alone; broken mails report nothing."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightparty.inbound.mail_report import ReportKind, read_mail
from tests.unit.inbound.mails import arf, dsn, qmail

ID = "0f" * 16 + "@lender.example"


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_a_failure_is_a_bounce_of_the_returned_mail(returned: str) -> None:
    report = read_mail(dsn(ID, returned=returned))
    assert (report.kind, report.message_ids) == (ReportKind.BOUNCED, (ID,))


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", ReportKind.BOUNCED),
        ("FAILED (to mailbox)", ReportKind.BOUNCED),
        ("delayed", ReportKind.PENDING),
        ("relayed", ReportKind.PENDING),
        ("expanded", ReportKind.PENDING),
        ("delivered", ReportKind.DELIVERED),
        ("", ReportKind.OTHER),
    ],
)
def test_only_a_final_word_is_one(action: str, kind: ReportKind) -> None:
    assert read_mail(dsn(ID, action=action)).kind is kind


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("abuse", ReportKind.COMPLAINED),
        ("Fraud", ReportKind.COMPLAINED),
        ("opt-out", ReportKind.COMPLAINED),
        ("not-spam", ReportKind.OTHER),
        ("auth-failure", ReportKind.OTHER),
    ],
)
def test_a_complaint_is_a_complaint_and_a_report_of_forgery_is_none(type_: str, kind: ReportKind) -> None:
    report = read_mail(arf(ID, kind=type_))
    assert (report.kind, report.message_ids) == (kind, (ID,))


def test_a_bounce_of_no_standard_form_is_read_by_the_maker_of_its_server() -> None:
    report = read_mail(qmail(ID))
    assert (report.kind, report.message_ids) == (ReportKind.BOUNCED, (ID,))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: wang@example.com\r\nSubject: Re: reminder\r\nIn-Reply-To: <" + ID.encode() + b">\r\n\r\nI paid.\r\n",
        b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\nReferences: <"
        + ID.encode()
        + b">\r\n\r\nBack.\r\n",
        dsn(ID).replace(b"Message-ID: <" + ID.encode() + b">\r\n", b""),
    ],
)
def test_what_is_no_report_or_names_no_mail_concerns_none(raw: bytes) -> None:
    report = read_mail(raw)
    assert report.kind is ReportKind.OTHER or report.message_ids == ()


@given(st.sampled_from([dsn(ID), arf(ID), qmail(ID)]), st.data())
def test_a_mail_cut_or_spoilt_anywhere_never_raises(raw: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    spoilt = raw[:start] + data.draw(st.binary(max_size=30)) + raw[start + data.draw(st.integers(0, 60)) :]
    assert isinstance(read_mail(spoilt).kind, ReportKind)


@given(st.binary(max_size=300))
@example(
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 3_000
)
@example(b"Content-Type: message/rfc822\r\n\r\n" * 3_000)
@example(b"Content-Type: message/delivery-status; charset*=unknown''x\r\n\r\n\xff\xfe")
def test_any_bytes_are_read_without_raising(raw: bytes) -> None:
    assert isinstance(read_mail(raw).kind, ReportKind)


@pytest.mark.parametrize("filler", [b"\n", b">\n", b"> ", b"Message-ID:\n", b"Message-ID: ", b"<"])
def test_a_bounce_stuffed_to_hold_us_up_is_read_in_time(filler: bytes) -> None:
    """Where the time grows with the square of the length, a megabyte of these takes an hour."""
    began = time.process_time()
    report = read_mail(qmail(ID) + b"\n" + filler * ((1 << 20) // len(filler)) + b"\n")
    assert report.kind in (ReportKind.BOUNCED, ReportKind.OTHER)
    assert time.process_time() - began < 5
