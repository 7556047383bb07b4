# SPDX-License-Identifier: Apache-2.0
"""Halting all dispatch and letting it go on, for the lender's systems: monitoring may pull the brake too (once)."""

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from rightparty.api.schemas import Body, Carried
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.lift_halt import lift_halt
from rightparty.dispatch.queries import is_halted

BY = "interface"
"""Under this name a halt by a system stands in the console."""

router = Router()


class HaltIn(Body):
    """Why it is done; shown to everybody on staff."""

    why: Annotated[str, Field(min_length=1, max_length=300), Carried]


class HaltOut(Schema):
    """Whether a halt is in force now."""

    halted: bool


@router.post("/halt", response=HaltOut)
def halt_all(request: HttpRequest, payload: HaltIn) -> HaltOut:  # noqa: ARG001
    """Stop all dispatch; in force before this answers."""
    halt(at=datetime.now(UTC), by=BY, why=payload.why)
    return HaltOut(halted=is_halted())


@router.post("/resume", response=HaltOut)
def resume(request: HttpRequest, payload: HaltIn) -> HaltOut:  # noqa: ARG001
    """Lift every halt in force."""
    lift_halt(at=datetime.now(UTC), by=BY, why=payload.why)
    return HaltOut(halted=is_halted())
