# SPDX-License-Identifier: Apache-2.0
"""Alibaba Cloud's SMS service as its published description has it (Dysmsapi, version 2017-05-25), on this machine."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit

from tests.peers.http_peer import Peer, Seen, Wire

KEY, SECRET = "LTAIexample", "example-secret-of-the-tests"
SIGN = "蓝灯"
TEMPLATES = {"SMS_154000001": "您有一笔款项需要处理，查询码${code}。", "SMS_154000002": "您好。"}


@dataclass
class AlibabaPeer:
    """Checks the signature as the description of signature version 3 says, then answers as SendSms does."""

    peer: Peer
    #: number -> (HTTP status, Code)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    taken: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.peer.handler = self.answer

    def answer(self, seen: Seen, _wire: Wire) -> tuple[int, dict[str, str], bytes]:
        if not is_signed(seen):
            return self.said(400, "SignatureDoesNotMatch")
        query = dict(parse_qsl(urlsplit(seen.path).query, keep_blank_values=True))
        if seen.headers["x-acs-version"] != "2017-05-25":
            return self.said(400, "InvalidVersion")
        return self.send(query) if seen.headers["x-acs-action"] == "SendSms" else self.details(query)

    def send(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number = query.get("PhoneNumbers", "")
        if number in self.errors:
            return self.said(*self.errors[number])
        if query.get("SignName") != SIGN:
            return self.said(200, "isv.SMS_SIGNATURE_ILLEGAL")
        text = TEMPLATES.get(query.get("TemplateCode", ""))
        if text is None:
            return self.said(200, "isv.SMS_TEMPLATE_ILLEGAL")
        values = json.loads(query.get("TemplateParam") or "{}")
        if set(re.findall(r"\$\{(\w+)\}", text)) != set(values):
            return self.said(200, "isv.TEMPLATE_MISSING_PARAMETERS")
        for name, value in values.items():
            text = text.replace("${" + name + "}", value)
        self.taken.append({"number": number, "text": f"【{SIGN}】{text}", "OutId": query.get("OutId", "")})
        return self.said(200, "OK", BizId=f"{len(self.taken):012d}^0")

    def details(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        found = [
            {"PhoneNum": query["PhoneNumber"], "OutId": each["OutId"], "SendStatus": 3, "ErrCode": "DELIVERED",
             "SendDate": "2026-11-25 10:00:00", "Content": each["text"]}
            for each in self.taken
            if each["number"].removeprefix("86") == query["PhoneNumber"] and query["SendDate"] == "20261125"
        ]  # fmt: skip
        return self.said(200, "OK", TotalCount=len(found), SmsSendDetailDTOs={"SmsSendDetailDTO": found})

    @staticmethod
    def said(status: int, code: str, **more: object) -> tuple[int, dict[str, str], bytes]:
        told = {"RequestId": "A90E4451-B751-4DCC-9C11-3B7D1E1E4A5B", "Code": code, "Message": code, **more}
        return status, {"Content-Type": "application/json;charset=utf-8"}, json.dumps(told).encode()


def is_signed(seen: Seen) -> bool:
    found = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=(\w+),SignedHeaders=([\w;-]+),Signature=([0-9a-f]{64})",
        seen.headers.get("authorization", ""),
    )
    if not found or found[1] != KEY:
        return False
    path, query = urlsplit(seen.path).path, parse_qsl(urlsplit(seen.path).query, keep_blank_values=True)
    canonical_query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query))
    headers = "".join(f"{name}:{seen.headers[name].strip()}\n" for name in found[2].split(";"))
    digest = hashlib.sha256(seen.body).hexdigest()
    if seen.headers.get("x-acs-content-sha256") != digest:
        return False
    request = "\n".join([seen.method, path, canonical_query, headers, found[2], digest])
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.compare_digest(hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest(), found[3])
