# SPDX-License-Identifier: Apache-2.0
"""answerable: mails are what an independent reader and an independent DKIM verifier take them for."""

import base64
import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim as verifier
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from rightparty.dispatch.channels.adapter import OutboundMessage
from rightparty.dispatch.channels.dkim import DkimError, DkimSigner
from rightparty.dispatch.channels.mail import NotAMailError, mail_of

SENDER = "reminders@mail.lender.example"
MESSAGE = OutboundMessage(
    reminder_id="7d3f", channel="email", address="wang@example.com", subject="【Lantern Finance】还款提醒" * 4,
    body="【Lantern Finance】\n\n您有款项到期。\n", page="https://lender.example/m/0",
    at=datetime(2026, 11, 23, tzinfo=UTC), language="zh-CN",
)  # fmt: skip

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def signer_of(key: object, folder: Path, domain: str = "lender.example") -> DkimSigner:
    file = folder / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return DkimSigner.from_setting(f"sel:{domain}:{file}")


def record_of(key: object) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


@pytest.mark.parametrize("key", [RSA_KEY, ED_KEY], ids=["rsa", "ed25519"])
@pytest.mark.parametrize("body", [MESSAGE.body, "", "x" * 5_000, "line \n.\n  end  \n\n\n"])
def test_another_makers_verifier_takes_the_signature(key: object, body: str, tmp_path: Path) -> None:
    mail = mail_of(replace(MESSAGE, body=body), sender=SENDER, dkim=signer_of(key, tmp_path)).content
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record_of(key)

    assert verifier.verify(mail, dnsfunc=dns)
    assert asked == [b"sel._domainkey.lender.example."]
    for altered in (
        mail.replace(b"m/0/one-click", b"m/1/one-click"),
        mail.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No-Click"),
        mail.replace(b"From: reminders", b"From: robbers"),
        mail.replace(b"\r\n\r\n", b"\r\nSubject: another\r\n\r\n", 1),
    ):
        assert altered != mail
        assert not verifier.verify(altered, dnsfunc=dns)


def test_both_headers_of_one_click_are_signed(tmp_path: Path) -> None:
    mail = email.message_from_bytes(
        mail_of(MESSAGE, sender=SENDER, dkim=signer_of(ED_KEY, tmp_path)).content, policy=email.policy.default
    )
    signed = "".join(str(mail["DKIM-Signature"]).split()).partition("h=")[2].partition(";")[0].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "message-id", "from"} <= set(signed)


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029"), max_size=120),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=300),
)
def test_any_words_arrive_as_they_were(subject: str, body: str) -> None:
    content = mail_of(replace(MESSAGE, subject=subject, body=body), sender=SENDER).content
    assert all(len(line) <= 998 and not line.startswith(b".") for line in content.split(b"\r\n"))
    assert {b"\r", b"\n"}.isdisjoint(bytes([byte]) for byte in content.replace(b"\r\n", b""))
    mail = email.message_from_bytes(content, policy=email.policy.SMTP)
    decoded = "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part
        for part, charset in email.header.decode_header(email.message_from_bytes(content)["Subject"])
    )
    assert decoded.split() == subject.split()
    assert mail.get_payload(decode=True).decode().splitlines() == (body.splitlines() or [""])


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "x\nBcc: other@example.com"},
        {"address": "a@b.example>\r\nRCPT TO:<c@d.example"},
        {"address": "two@a.example, three@b.example"},
        {"address": "no-host@"},
        {"page": "https://lender.example/m/0>\r\nX: y"},
        {"page": "javascript:alert(1)"},
        {"body": "\ud800"},
        {"subject": "\ud800"},
    ],
)
def test_nothing_can_add_a_header_or_a_command(change: dict[str, str]) -> None:
    with pytest.raises(NotAMailError) as refused:
        mail_of(replace(MESSAGE, **change), sender=SENDER)
    assert str(refused.value) in ("address", "subject", "page", "body")


def test_without_https_no_one_click_is_promised() -> None:
    mail = email.message_from_bytes(mail_of(replace(MESSAGE, page="http://127.0.0.1/m/0"), sender=SENDER).content)
    assert mail["List-Unsubscribe"] == "<http://127.0.0.1/m/0>"
    assert mail["List-Unsubscribe-Post"] is None


def test_a_key_that_cannot_sign_is_refused_at_the_start_and_never_shown(tmp_path: Path) -> None:
    with pytest.raises(DkimError, match="neither"):
        signer_of(ec.generate_private_key(ec.SECP256R1()), tmp_path)
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    with pytest.raises(DkimError, match="no key") as refused:
        DkimSigner.from_setting(f"sel:lender.example:{tmp_path / 'key.pem'}")
    assert "c2VjcmV0" not in str(refused.value)
    assert "key=" not in repr(signer_of(ED_KEY, tmp_path))


def test_a_key_of_another_domain_is_not_used(tmp_path: Path) -> None:
    assert signer_of(ED_KEY, tmp_path).may_sign_for(SENDER)
    assert not signer_of(ED_KEY, tmp_path, domain="other.example").may_sign_for(SENDER)
    assert not signer_of(ED_KEY, tmp_path, domain="ender.example").may_sign_for(SENDER)
