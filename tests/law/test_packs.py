# SPDX-License-Identifier: Apache-2.0
"""right_time: what every law pack must state, whatever its market."""

from datetime import date

import pytest

from rightparty.policy.pack import NEEDED, LawPack, load_packs

PACKS = load_packs().packs
MARKETS = {"CN", "US", "VN", "ID", "PH", "IN", "KZ", "RU", "CZ", "SK", "GB", "HK"}
EVERYWHERE = {
    "liable_roles", "contact_hours", "medium_refused", "consent_revoked", "cease_communication", "represented",
    "deceased", "bankrupt", "requested_hours", "location_enquiry", "duty",
}  # fmt: skip
HOLDS = {"dispute", "fraud_claim", "breathing_space", "vulnerability"}
NOT_BARRED = {"ID"}
"""Markets whose general period of limitation is so long (thirty years) that no rule is stated; the pack says so."""


def test_every_market_has_its_pack() -> None:
    assert set(PACKS) == MARKETS


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_pack_states_every_subject_and_its_limits(pack: LawPack) -> None:
    assert {rule.kind for rule in pack.rules} >= EVERYWHERE
    held = {name for rule in pack.rules if rule.kind == "hold" for name in rule.parameters["holds"]}
    assert held >= HOLDS
    barred = [rule for rule in pack.rules if rule.kind == "statute_barred"]
    assert bool(barred) == (pack.market not in NOT_BARRED)
    assert "not legal advice" in pack.not_legal_advice
    assert any(rule.kind == "duty" and rule.parameters["duty"] == "identification" for rule in pack.rules)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_the_law_pack_has_no_gap_since_2015(pack: LawPack) -> None:
    gaps = pack.gaps()
    assert [gap for gap in gaps if gap[1] is None or gap[1] > date(2015, 1, 1)] == []
    for kind in NEEDED:
        assert any(rule.kind == kind and rule.effective_to is None for rule in pack.rules)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_default_of_the_product_is_never_given_out_as_law(pack: LawPack) -> None:
    for rule in pack.rules:
        assert ("product default" in rule.citation) == (rule.confidence == "D"), rule.id
        assert ("nobody by law" in rule.binds) == (rule.confidence == "D"), rule.id
        if rule.confidence == "P":
            assert "not read" not in rule.citation, rule.id
        if rule.confidence == "U" and rule.recorded_to is None:
            assert "not read" in rule.citation or "not verified" in rule.citation, rule.id
