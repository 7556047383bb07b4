# SPDX-License-Identifier: Apache-2.0
"""Parts a person by decision: some of his ids are another human. Serves right_party, right_time and correctable."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rightparty.parties.linked.changes import Act, LinkError, PersonsChanged, new_links
from rightparty.parties.linked.deciding import pairs_of_split, require_author
from rightparty.parties.linked.queries import everybody_tied, identities, links_in_force
from rightparty.parties.locks import lock_linking
from rightparty.parties.operations.change_persons import change_persons
from rightparty.parties.operations.decide_link import close_reviews, require_on_file


def split_person(*, party_ids: Sequence[str], by: str, reason: str, at: datetime) -> PersonsChanged:
    """Part these ids from the other ids of their person; no re-link joins them again.

    Raises:
        LinkError: no name or reason, the ids are not of one person or are all of it, or there are too many.
    """
    require_author(by=by, reason=reason)
    away = sorted(set(party_ids))
    with transaction.atomic():
        lock_linking()
        require_on_file(tuple(away))
        tied = everybody_tied(away)
        persons = dict(identities(party_ids=tied).select("party_id", "person_id").iter_rows())
        if len({persons[each] for each in away}) != 1:
            raise LinkError("these ids are not one person", remedy="Name ids of one person.")
        rest = [each for each in tied if persons.get(each) == persons[away[0]] and each not in away]
        ended, pairs = pairs_of_split(links_in_force(party_ids=tied), away=away, rest=rest)
        act = Act(kind="split", by=by.strip(), reason=reason.strip(), at=at)
        changed = change_persons(
            act=act, links=new_links(pairs, verdict="not_same"), ended=ended, touched=[*away, *rest]
        )
        close_reviews(pairs, by=by, decision=f"not_same: {reason}", at=at)
    return changed
