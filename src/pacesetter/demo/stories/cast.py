"""Who plays which part: the clients, teams and dates of the planted stories, fixed by size and shard.

Owns the parts and the sizes of the effects. Must not know how they are played.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pacesetter.demo.clients import Client

if TYPE_CHECKING:
    from pacesetter.demo.arrivals import Slice

MIX_POD, PAUSE_POD, WRONG_ROLE_POD = 1, 2, 0
"""Pods whose service desks play the change of mix, the stuffed pauses and the patches by the wrong role."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The parts of one shard. Only the first shard plays (``plays``); slices are numbered from 0."""

    plays: bool
    slices: int
    flood_per_seat: float = 0.13
    hard_share: float = 0.75
    ping_pong_share: float = 0.38
    ordinary_ping_pong: float = 0.015
    stuffed_share: float = 0.75
    slow_lane_every: int = 6
    wrong_role_share: float = 0.6
    shift_lag_median_s: float = 4500.0

    @property
    def mix_change(self) -> int:
        """The slice from which on self-service takes the easy tickets from the mix team."""
        return self.slices // 2

    @property
    def shift_month(self) -> int:
        """The slice in which first responses really are slower."""
        return max(1, self.slices - 3)

    def is_simplified(self, client: Client, piece: "Slice") -> bool:
        """Whether self-service already takes the easy tickets of this client."""
        return self.plays and client.pod == MIX_POD and piece.number >= self.mix_change
