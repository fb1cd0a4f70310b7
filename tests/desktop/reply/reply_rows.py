"""Replies as the server sends them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.sync.rows import Cell
from tests.fakes.reception import HILLSIDE, Reception, Row

NO = "Please don’t send me these any more \U0001f64f\U0001f3fd I never asked for them"


def a_reply(reply_id: str, at: datetime, sender: str, text: str, *patients: str, **more: Cell) -> Row:
    """A text that nobody has dealt with."""
    return {
        "id": reply_id,
        "location_id": HILLSIDE if patients else "*",
        "received_at": instant_text(at),
        "channel": "sms",
        "from_raw": sender,
        "from_address": sender if sender.startswith("+") else "",
        "subject": "",
        "text": text,
        "patient_ids": json.dumps(patients),
        "campaign_id": None,
        "state": "unread",
        "handled_by_name": "",
        "handled_at": None,
    } | more


def some_replies(reception: Reception) -> Sequence[Row]:
    now = reception.clock.now()
    return [
        a_reply("r1", now - timedelta(minutes=3), "+447700900101", NO, "priya"),
        a_reply("r2", now - timedelta(hours=2), "+447700900103", "Yes", "mei", "tom"),
        a_reply("r3", now - timedelta(hours=5), "+447700900555", "Who is\n\nthis?"),
        a_reply("r4", now - timedelta(days=1), "Alerts", "Your parcel is late"),
        a_reply(
            "r5",
            now - timedelta(days=2),
            "+447700900102",
            "Thank you",
            "zoe",
            "far-away",
            state="handled",
            handled_by_name="Sam Reed",
            handled_at=instant_text(now - timedelta(days=2)),
        ),
    ]
