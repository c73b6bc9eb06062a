"""A real test of a channel: one message to each of its recipients, now.

In: a channel and the instant. Out: the receipt of each recipient. Keeps nothing.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from flows.stages.deliver.message import Channel, Message, Receipt

_WORDS = "This is a test of sahelwatch. If you can read it, alerts reach you here."


def trial(channel: Channel, *, now: datetime) -> dict[str, Receipt]:
    """Send a test message to each recipient of a channel."""
    message = Message(
        uid=f"test_{uuid.uuid4().hex}",
        type="test",
        created_at=now,
        subject="Test of sahelwatch",
        text=_WORDS,
        html=f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title><p>{_WORDS}</p></html>',
        data={"test": True},
    )
    return {recipient: channel.send(message, recipient) for recipient in channel.recipients()}
