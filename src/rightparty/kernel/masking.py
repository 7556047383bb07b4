# SPDX-License-Identifier: Apache-2.0
"""Masked forms of personal values for pages, findings and refusals: enough to recognise, too little to use."""


def mask_value(value: str) -> str:
    """Return a phone or e-mail with its middle hidden, for example `+86138****0042` or `w***@example.com`."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    if len(value) <= 7:
        return "*" * len(value)
    return f"{value[:-8] if len(value) > 8 else ''}****{value[-4:]}"


def mask_name(name: str) -> str:
    """Return the first character of each word of a name, the rest hidden."""
    return " ".join(f"{word[:1]}{'*' * min(len(word) - 1, 3)}" for word in name.split())
