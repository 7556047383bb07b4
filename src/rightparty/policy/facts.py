# SPDX-License-Identifier: Apache-2.0
"""The facts that rules see: one row per candidate reminder, every input a column, so a verdict can be replayed.

Serves every promise: planning and gate fill the same columns and evaluate the same rules. Personal data (names,
addresses) are not facts; no rule needs them.
"""

from typing import Final

import polars as pl

FACTS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    # market of the recipient (ISO 3166); chooses the law pack
    "market": pl.String,
    # sms, email, call, post, app
    "channel": pl.String,
    # what the contact is for: see kernel.vocabulary.Purpose
    "purpose": pl.String,
    # what the person is to the account; empty if nothing
    "role": pl.String,
    # the records give the person a liable role and another one on the same account
    "roles_contradict": pl.Boolean,
    # instant of the decision, UTC
    "at": pl.Datetime("us", "UTC"),
    # local time at `at` over all plausible zones of the person: minutes after midnight and dates, least and
    # greatest; null if no zone is known. A contact is lawful only if it is in every zone (12 CFR 1006, comment
    # 6(b)(1)(i)-2)
    "local_minute_min": pl.Int16,
    "local_minute_max": pl.Int16,
    "local_date_min": pl.Date,
    "local_date_max": pl.Date,
    # the market's calendar on those dates (policy.calendar); null where the market or date is not known
    "public_holiday": pl.Boolean,  # any of the dates is a public holiday
    "working_day": pl.Boolean,  # all of the dates are working days, shifted ones included
    # contacts already made with the linked person, all debts and channels; unknown outcomes count
    "contacts_person_day": pl.Int32,  # on the person's local calendar day
    "contacts_person_7d": pl.Int32,  # in the 7 x 24 h before `at`
    "messages_person_day": pl.Int32,  # sms, email, app on the local day
    "messages_person_7d": pl.Int32,  # sms, email, app in the 7 x 24 h before `at`
    "messages_person_31d": pl.Int32,  # in the 31 x 24 h before `at`
    "calls_person_day": pl.Int32,  # effective (answered) calls on the local day
    "call_attempts_person_day": pl.Int32,  # calls tried, answered or not, on the local day
    "call_attempts_person_7d": pl.Int32,
    "call_attempts_person_31d": pl.Int32,
    "calls_debt_7d": pl.Int32,  # call attempts about this debt in the 7 days before `at`
    "days_since_conversation": pl.Int32,  # local days since the last conversation on this debt; null if none
    "call_requested": pl.Boolean,  # the person asked to be called at this time
    "history_in_future": pl.Boolean,  # a recorded contact is later than `at`
    # attribution of the contact point (parties.attribution)
    "has_contact_point": pl.Boolean,
    "relation": pl.String,  # self, spouse, …
    "workplace": pl.Boolean,  # the point is at a place of work
    "p_person": pl.Float64,
    "p_stranger": pl.Float64,
    "contradictions_mask": pl.Int64,  # kernel.reasons bits of right_party contradictions
    # an unanswered contradiction about who the id is bears on this point (parties.linked)
    "person_in_doubt": pl.Boolean,
    # the load that brought the point: none (recorded live), trusted, on_trial, stopped (kernel.vocabulary.BatchState)
    "batch_state": pl.String,
    # how many more messages the trial of that load has room for; 0 if it is not on trial
    "batch_room": pl.Int32,
    # the ledger as of `at` (lending.delinquency)
    "account_open": pl.Boolean,
    "ledger_consistent": pl.Boolean,
    "amount_due_minor": pl.Int64,
    "in_flight_minor": pl.Int64,
    "days_past_due": pl.Int32,
    # days since the last posted payment on the account, and since the last complaint hold ended; null if none
    "days_since_payment": pl.Int32,
    "days_since_complaint": pl.Int32,
    # days until the day for which payment was promised, negative once it has passed; null if no promise is open
    "days_to_promise": pl.Int32,
    # three-letter code, for limits of value
    "currency": pl.String,
    # active holds on the account or any id of the person, bits of kernel.vocabulary.HOLD_BITS
    "holds_mask": pl.Int32,
    # the person
    "deceased": pl.Boolean,
    "age_years": pl.Int16,  # whole years at `local_date_min`; null if the birth date is missing or after it
    "represented": pl.Boolean,
    "bankrupt": pl.Boolean,
    "opted_out": pl.Boolean,  # of this channel
    "consent_given": pl.Boolean,  # to this channel, on record
    "consent_revoked": pl.Boolean,
    "cease_communication": pl.Boolean,
    # open wrong-party case on the contact point
    "case_open": pl.Boolean,
    # words: level (0…3) of the text that would be used, and whether an approved template exists in the language
    "disclosure_level": pl.Int8,
    "template_available": pl.Boolean,
    # hours agreed with the person instead of the law's, minutes after midnight; null if none
    "agreed_from_minute": pl.Int16,
    "agreed_to_minute": pl.Int16,
    # weekdays agreed with the person although the law excludes them: bit 0 Monday … bit 6 Sunday; null if none
    "agreed_days_mask": pl.Int16,
    # hours outside which the person asked not to be contacted, minutes after midnight; null if none
    "requested_from_minute": pl.Int16,
    "requested_to_minute": pl.Int16,
}
"""Column name -> type. Missing facts are null and withhold (fail closed)."""
