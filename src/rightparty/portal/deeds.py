# SPDX-License-Identifier: Apache-2.0
"""What a recipient can tell the lender about a message, with the words of the confirmation (answerable, correctable).

The words say nothing about a debt: whoever reads them may be a stranger.
"""

from dataclasses import dataclass
from typing import Final


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing to tell. All texts are English message ids."""

    #: last part of the page's address
    slug: str
    #: what the recipient would say
    title: str
    #: what happens, in one line
    hint: str
    #: what exactly happens, on the confirmation page
    effect: str
    #: label of the text field
    ask: str
    needs_words: bool
    #: label of the button that does it
    button: str


DEEDS: Final[dict[str, Deed]] = {
    deed.slug: deed
    for deed in (
        Deed(
            slug="not-me",
            title=_("This message is not meant for me"),
            hint=_("We stop contacting you for somebody else."),
            effect=_(
                "From now on we do not use your number or address for the person this message was meant for. Messages"
                " still planned are cancelled. You need not tell us who you are."
            ),
            ask=_("Anything we should know (may stay empty)"),
            needs_words=False,
            button=_("Yes, this is not me"),
        ),
        Deed(
            slug="object",
            title=_("It is settled already, or I do not agree"),
            hint=_("We check before you hear from us again."),
            effect=_("We send no further reminder about this matter until a member of staff has checked it."),
            ask=_("What is wrong (may stay empty)"),
            needs_words=False,
            button=_("Send the objection"),
        ),
        Deed(
            slug="correct",
            title=_("Please correct data about me"),
            hint=_("Name what is wrong and what is right."),
            effect=_("A member of staff checks it and tells you on a page that only you can open."),
            ask=_("What is wrong, and what is right"),
            needs_words=True,
            button=_("Ask for the correction"),
        ),
        Deed(
            slug="complain",
            title=_("I want to complain"),
            hint=_("About the message, its time, its tone, or how you were treated."),
            effect=_("A member of staff answers on a page that only you can open, by the day shown there."),
            ask=_("What happened"),
            needs_words=True,
            button=_("Send the complaint"),
        ),
    )
}
