"""The list of channel kinds, and when a delivery is tried again.

In: a channel's settings, or the number of attempts made. Out: a channel, or the instant of the next attempt
(the schedule that Standard Webhooks proposes, for all kinds). Explicit: a kind that is not listed here does
not exist. Reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, Field

from flows.stages.deliver.chat import ChatChannel, ChatSettings
from flows.stages.deliver.console import ConsoleChannel, ConsoleSettings
from flows.stages.deliver.email import EmailChannel, EmailSettings
from flows.stages.deliver.message import LONGEST_PAUSE_S, Channel
from flows.stages.deliver.webhook import WebhookChannel, WebhookSettings

AnySettings = ConsoleSettings | EmailSettings | WebhookSettings | ChatSettings
ChannelSettings = Annotated[AnySettings, Field(discriminator="kind")]


class ChannelKind(NamedTuple):
    """What the registry knows of a kind."""

    settings: type[BaseModel]
    open: Callable[[Any], Channel]


CHANNELS: Mapping[str, ChannelKind] = MappingProxyType(
    {
        "console": ChannelKind(ConsoleSettings, ConsoleChannel),
        "email": ChannelKind(EmailSettings, EmailChannel),
        "chat": ChannelKind(ChatSettings, ChatChannel),
        "webhook": ChannelKind(WebhookSettings, WebhookChannel),
    }
)

_MINUTE, _HOUR = 60, 3600
SCHEDULE_S = (  # pause before each attempt, the first included: 75 hours in all
    *(0, 5, 5 * _MINUTE, 30 * _MINUTE),
    *(2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
)
JITTER = 0.1  # share of the pause that chance may add, so that a revived receiver is not met by all at once


def open_channel(settings: AnySettings) -> Channel:
    """Return the channel that `settings` describe; raises OSError for an unreadable `ca_file`."""
    return CHANNELS[settings.kind].open(settings)


def retry_at(
    attempts: int, now: datetime, *, retry_after_s: float | None, jitter: Callable[[], float]
) -> datetime | None:
    """Return when to try after `attempts` attempts, or None when the schedule is used up.

    A receiver's `retry_after_s` can only lengthen the pause, to 24 hours at most. `jitter` gives numbers
    from 0 to 1, as `random.random` does.
    """
    if attempts >= len(SCHEDULE_S):
        return None
    pause_s = max(float(SCHEDULE_S[attempts]), min(retry_after_s or 0.0, LONGEST_PAUSE_S))
    return now + timedelta(seconds=pause_s * (1 + JITTER * jitter()))
