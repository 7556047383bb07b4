# SPDX-License-Identifier: Apache-2.0
"""The registry of reasons: every "no" of the product, its promise, its words and what to do about it.

A reason's `bit` is stored in masks (verdicts, plan entries, reminders): bits are never re-used or moved.
Texts are English message ids; faces translate them. Citations depend on the market and come from law packs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rightparty.kernel.promises import Promise


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop


@dataclass(frozen=True, slots=True)
class Reason:
    """One way a reminder is withheld."""

    #: position in a reasons mask, 0…62
    bit: int
    #: dotted code, first part a promise
    code: str
    #: what is the matter, for staff; names no person
    text: str
    #: what to do about it
    remedy: str

    @property
    def promise(self) -> Promise:
        """The promise that withholds."""
        return Promise(self.code.partition(".")[0])

    @property
    def mask(self) -> int:
        """The reason as a mask of one bit."""
        return 1 << self.bit


REASONS: Final = (
    Reason(0, "right_party.no_contact_point", _("No contact point of this person for this channel."),
           _("Ask the person for a current number or address, or choose another channel.")),
    Reason(1, "right_party.below_threshold", _("It is not sure enough that this contact point reaches the person."),
           _("Verify it: one-time code, log-in, identity check on an answered call.")),
    Reason(2, "right_party.reported_wrong_party", _("Somebody at this contact point reported: this is not me."),
           _("Work the wrong-party case; collect a new contact point from the person.")),
    Reason(3, "right_party.reassigned", _("The number is listed as given to somebody else."),
           _("Collect a new number from the person.")),
    Reason(4, "right_party.value_under_unlinked_person",
           _("The same contact value is recorded under another person who has nothing to do with this account."),
           _("Find out whose it is; look at the load that brought it.")),
    Reason(5, "right_party.not_liable", _("This person does not owe this debt."),
           _("Remind only debtor, co-debtor or guarantor.")),
    Reason(6, "right_party.third_party_contact",
           _("The contact point belongs to a third party (family, friend, employer)."),
           _("Collect the person's own contact point.")),
    Reason(7, "right_party.contact_point_expired", _("The contact point is past its end of validity."),
           _("Collect a current contact point.")),
    Reason(8, "right_party.deceased", _("The person has died."),
           _("Hand over to the estate process.")),
    Reason(9, "right_debt.nothing_due", _("The ledger says that nothing is due now."),
           _("Nothing: the reminder is not needed.")),
    Reason(10, "right_debt.payment_in_flight", _("A payment that covers the amount due is on its way."),
           _("Wait until it is posted or reversed.")),
    Reason(11, "right_debt.disputed", _("The debt is disputed."), _("Work the dispute first.")),
    Reason(12, "right_debt.on_hold", _("The account or person is on hold."),
           _("Wait for the hold to end or be lifted.")),
    Reason(13, "right_debt.account_not_open", _("The account is closed, sold or written off."),
           _("Check the account's status at the lender.")),
    Reason(14, "right_debt.bankruptcy", _("A bankruptcy is recorded."), _("Hand over to the insolvency process.")),
    Reason(15, "right_debt.ledger_inconsistent", _("The account's ledger rows contradict each other or are missing."),
           _("Correct the account's rows and load them again.")),
    Reason(16, "right_party.batch_on_trial",
           _("The contact point came with new data that are still on trial, and the trial's sample is full."),
           _("Nothing: it is proposed again; the trial ends when enough of the sample stayed without a report.")),
    Reason(17, "right_party.batch_stopped", _("The data that brought this contact point were stopped."),
           _("Find out what is wrong with the load; two people can put it back on trial.")),
    Reason(18, "right_party.person_in_doubt",
           _("It is in doubt whether this id is one human: what bears on this contact point contradicts itself."),
           _("Answer the open review on these records: the same, not the same, or one household.")),
    Reason(19, "right_party.roles_contradict",
           _("The records give this person both a liable role and another one on this account."),
           _("Correct the person's role on the account and load it again.")),
    Reason(20, "right_time.outside_contact_hours", _("It is outside the hours in which this person may be contacted."),
           _("Wait for the next permitted hour in the person's local time.")),
    Reason(21, "right_time.unknown_local_time", _("The person's local time is not known."),
           _("Record a time zone, region or country for the person.")),
    Reason(22, "right_time.no_law_pack", _("There is no law pack for this market."),
           _("Install or write a law pack for the market.")),
    Reason(23, "right_time.not_a_contact_day", _("Today is not a day on which this person may be contacted."),
           _("Wait for the next permitted day.")),
    Reason(24, "right_time.person_daily_cap", _("The person has been contacted often enough today."),
           _("Wait until tomorrow.")),
    Reason(25, "right_time.person_weekly_cap", _("The person has been contacted often enough this week."),
           _("Wait until older contacts leave the window.")),
    Reason(26, "right_time.debt_call_cap", _("Enough calls about this debt were made in the last seven days."),
           _("Wait until older calls leave the window.")),
    Reason(27, "right_time.after_conversation", _("There was a conversation about this debt within seven days."),
           _("Wait until seven days have passed, or until the person asks to be called.")),
    Reason(28, "right_time.opted_out", _("The person asked for no more messages on this channel."),
           _("Use another channel the person allows, or none.")),
    Reason(29, "right_time.cease_communication", _("The person asked that communication cease."),
           _("Only the notices that the law still allows may be sent, by hand.")),
    Reason(30, "right_time.attorney_represented", _("The person is represented."), _("Contact the representative.")),
    Reason(31, "right_time.breathing_space", _("A breathing space is in force."), _("Wait until it ends.")),
    Reason(32, "right_time.clock_contradiction", _("The history holds contacts later than the present instant."),
           _("Check the clocks of the sources; load corrected events.")),
    Reason(33, "right_time.no_step_today", _("The treatment strategy has no step for this account today."),
           _("Nothing: the strategy rests.")),
    Reason(34, "right_time.plan_expired", _("The plan is too old to act on."), _("Plan again.")),
    Reason(35, "right_time.consent_missing", _("The law of this market needs a consent that is not recorded."),
           _("Obtain and record the consent, or use another channel.")),
    Reason(36, "right_time.history_unknown", _("How often the person was contacted is not known."),
           _("Load the contact events of the last days.")),
    Reason(37, "right_time.rules_gap", _("The law pack holds no version of a needed rule for this day."),
           _("Complete the law pack; check it with the policy lint.")),
    Reason(38, "right_time.cooling_off", _("The house rules leave the person in peace for some days after an event."),
           _("Wait until the days have passed.")),
    Reason(39, "right_time.promise_to_pay", _("The person promised to pay by a day that has not passed."),
           _("Wait for the promised day and the days of grace.")),
    Reason(40, "right_words.no_approved_template", _("No approved template in the recipient's language for this step."),
           _("Write and approve a template in that language.")),
    Reason(41, "right_words.disclosure_too_high", _("The text would disclose more than the attribution supports."),
           _("Use a text that discloses less, or verify the contact point.")),
    Reason(42, "right_words.sender_not_identified", _("The text does not identify the sender."),
           _("Correct the template.")),
    Reason(43, "right_words.render_failed", _("The text could not be made from its template and facts."),
           _("Correct the template.")),
    Reason(44, "right_party.minor", _("The person is not of age."), _("Contact the legal representative by hand.")),
    Reason(45, "right_party.age_unknown",
           _("The law of this market protects minors, and the person's birth date is missing or contradictory."),
           _("Record the birth date.")),
    Reason(46, "right_time.outside_requested_hours",
           _("The person asked to be contacted at other hours."),
           _("Wait for the next hour that the person asked for.")),
    Reason(47, "right_time.outside_house_hours", _("It is outside the hours or days of the house rules."),
           _("Wait for the next permitted hour of the house calendar.")),
    Reason(48, "once.already_planned", _("A reminder for this step and period exists already."),
           _("Nothing: it is followed in its own record.")),
    Reason(49, "once.person_in_same_batch", _("Another reminder to the same person is being released right now."),
           _("Nothing: it is looked at again in the next batch.")),
    Reason(50, "once.lease_lost", _("The worker lost its lease before it could hand the message over."),
           _("Nothing: another worker decides anew.")),
    Reason(51, "once.dispatch_halted", _("Dispatch is halted."), _("Lift the halt when its cause is gone.")),
    Reason(52, "right_debt.statute_barred", _("The debt may be statute-barred."),
           _("Have counsel look at it before anybody asks for payment.")),
    Reason(53, "right_party.location_enquiry",
           _("An enquiry after somebody's whereabouts is a different act; it is never sent by itself."),
           _("Make location enquiries by hand, within the law of the market.")),
    Reason(54, "provable.evidence_unavailable", _("The decision could not be recorded as evidence."),
           _("Repair the evidence store; nothing is sent without it.")),
    Reason(55, "answerable.no_reference_code", _("No reference code could be made for the message."),
           _("Plan again.")),
    Reason(56, "correctable.case_open", _("A wrong-party case about this contact point is open."),
           _("Work the case.")),
    Reason(57, "right_debt.below_house_limit", _("The amount due is below the house rules' least amount."),
           _("Nothing: small amounts are not reminded of.")),
    Reason(58, "right_time.workplace", _("The contact point is at the person's place of work."),
           _("Use another contact point.")),
    Reason(59, "right_time.person_call_cap", _("The person has been called often enough in this period."),
           _("Wait until older calls leave the window, or write instead.")),
    Reason(60, "right_time.person_message_cap", _("The person has been written to often enough in this period."),
           _("Wait until older messages leave the window.")),
    Reason(61, "right_time.protected_person", _("The person is recorded as vulnerable and is protected."),
           _("Let trained staff decide what helps.")),
    Reason(62, "once.provider_unavailable", _("No provider took the message while its release was fresh."),
           _("Look at the provider's health; the next plan may propose the reminder again.")),
)  # fmt: skip
"""Every reason, in bit order."""

BY_CODE: Final[dict[str, Reason]] = {reason.code: reason for reason in REASONS}
BY_BIT: Final[dict[int, Reason]] = {reason.bit: reason for reason in REASONS}


def mask_of(codes: Iterable[str]) -> int:
    """Return the mask of some reason codes.

    Raises:
        KeyError: a code is not in the registry.
    """
    mask = 0
    for code in codes:
        mask |= BY_CODE[code].mask
    return mask


def reasons_in(mask: int) -> tuple[Reason, ...]:
    """Return the reasons of a mask, in bit order."""
    return tuple(reason for reason in REASONS if mask & reason.mask)


def promise_mask(promise: Promise) -> int:
    """Return the mask of all reasons of one promise."""
    return mask_of(reason.code for reason in REASONS if reason.promise is promise)
