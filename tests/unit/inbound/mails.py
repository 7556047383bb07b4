# SPDX-License-Identifier: Apache-2.0
"""Mails that come back, as mail systems of several makers write them; addresses in them are deliberately wrong."""

from typing import Final

RETURNED: Final = """Message-ID: <{id}>
Date: Mon, 23 Nov 2026 02:00:00 +0000
From: reminders@lender.example
To: somebody@elsewhere.example
Subject: =?utf-8?b?6L+Y5qy+?=

text
"""

DSN: Final = """Return-Path: <>
From: MAILER-DAEMON@mx.recipient.example (Mail Delivery System)
To: bounces@lender.example
Message-ID: <20261123.dsn.77@mx.recipient.example>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

This is a MIME-encapsulated message.

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.recipient.example
Arrival-Date: Mon, 23 Nov 2026 02:00:01 +0000

Final-Recipient: rfc822; liar@another.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <liar@another.example>: no such user

--b1
Content-Type: {returned}

{mail}
--b1--
"""

ARF: Final = """From: <feedback@provider.example>
To: <complaints@lender.example>
Subject: FW: a message
Message-ID: <arf-9@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message.

--b2
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <liar@another.example>

--b2
Content-Type: message/rfc822

{mail}
--b2--
"""

QMAIL: Final = """Return-Path: <>
From: MAILER-DAEMON@mail.recipient.example
To: bounces@lender.example
Subject: failure notice
Message-ID: <q1@mail.recipient.example>

Hi. This is the qmail-send program at mail.recipient.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<liar@another.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <bounces@lender.example>
{mail}
"""


def dsn(message_id: str, *, action: str = "failed", returned: str = "message/rfc822") -> bytes:
    mail = RETURNED.format(id=message_id)
    return DSN.format(action=action, returned=returned, mail=mail).replace("\n", "\r\n").encode()


def arf(message_id: str, *, kind: str = "abuse") -> bytes:
    return ARF.format(type=kind, mail=RETURNED.format(id=message_id)).replace("\n", "\r\n").encode()


def qmail(message_id: str) -> bytes:
    return QMAIL.format(mail=RETURNED.format(id=message_id)).encode()
