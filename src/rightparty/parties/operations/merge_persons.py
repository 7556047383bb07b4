# SPDX-License-Identifier: Apache-2.0
"""Makes one person of two by decision, whatever was decided before between their ids (right_party, correctable)."""

from datetime import datetime

from django.db import transaction

from rightparty.parties.linked.changes import Act, LinkError, PersonsChanged, new_links
from rightparty.parties.linked.deciding import ends_for_merge, in_order, require_author
from rightparty.parties.linked.queries import everybody_tied, identities, links_in_force
from rightparty.parties.locks import lock_linking
from rightparty.parties.operations.change_persons import change_persons
from rightparty.parties.operations.decide_link import close_reviews, require_on_file


def merge_persons(*, left_id: str, right_id: str, by: str, reason: str, at: datetime) -> PersonsChanged:
    """Join the persons of two ids; decisions that kept any of their ids apart end with it.

    Raises:
        LinkError: no name or reason, an id is not on file, or both are decided to be one person already.
    """
    require_author(by=by, reason=reason)
    pair = in_order(left_id, right_id)
    with transaction.atomic():
        lock_linking()
        require_on_file(pair)
        tied = everybody_tied(pair)
        links = links_in_force(party_ids=tied)
        persons = dict(identities(party_ids=tied).select("party_id", "person_id").iter_rows())
        if persons[pair[0]] == persons[pair[1]]:
            raise LinkError("these ids are one person already", remedy="Nothing is to be done.")
        one, other = ([each for each in tied if persons.get(each) == persons[end]] for end in pair)
        on_pair = links.filter((links["left_id"] == pair[0]) & (links["right_id"] == pair[1]))["id"].to_list()
        ended = sorted({*ends_for_merge(links, one=one, other=other), *on_pair})
        act = Act(kind="merge", by=by.strip(), reason=reason.strip(), at=at)
        changed = change_persons(act=act, links=new_links([pair], verdict="same"), ended=ended, touched=pair)
        close_reviews([pair], by=by, decision=f"same: {reason}", at=at)
    return changed
