"""The cache's tables. Server copies hold the columns of ``storage.synced`` and ``seq``; a test holds them
equal.

Three kinds of table: server copies, which can be filled again; pending events, which are precious; and the
overlay, derived from the pending events and written with them, from which the ``…_now`` views show the
server's copy as it will be once the events have arrived.
"""

from collections.abc import Mapping

VERSION = 7
"""``PRAGMA user_version``. A cache of another version is set aside and filled again (``set_aside.py``)."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "location": ("id", "name", "time_zone", "phone", "town", "sms_ready"),
    "practitioner": ("id", "name", "active"),
    "user": ("id", "display_name", "role"),
    "policy": (
        "id",
        "practice_name",
        "soft_opt_in_allowed",
        "reset_months_promotions",
        "reset_months_newsletters",
        "most_in_7_days",
        "most_in_90_days",
        "hold_days",
        "selection_limit",
        "window_opens",
        "window_closes",
        "email_ready",
        "sms_takes_replies",
        "opt_out_link",
        "closed_weekdays",
        "bank_holidays",
        "holidays",
    ),
    "patient": (
        "id",
        "location_id",
        "external_id",
        "number",
        "title",
        "given_name",
        "family_name",
        "born_on",
        "status",
        "is_lead",
        "email",
        "email_state",
        "email_suppressed",
        "mobile",
        "mobile_e164",
        "mobile_state",
        "mobile_suppressed",
        "landline",
        "landline_e164",
        "address_line",
        "town",
        "postcode",
        "household_id",
        "is_head_of_household",
        "practitioner_id",
        "preferred_channel",
        "last_visit_on",
        "next_visit_on",
        "last_no_show_on",
        "recall_due_on",
        "last_contacted_on",
        "has_unscheduled_treatment",
        "tags",
        "birth_md",
        "last_booked_on",
    ),
    "restriction": ("id", "patient_id", "purpose", "since_at", "source", "by_name"),
    "permission": (
        "id",
        "patient_id",
        "channel",
        "purpose",
        "state",
        "soft_opt_in",
        "changed_at",
        "source",
        "by_name",
        "how",
        "wording",
    ),
    "contact": (
        "id",
        "patient_id",
        "at",
        "kind",
        "direction",
        "category",
        "title",
        "detail",
        "status",
        "by_name",
        "campaign_id",
    ),
    "campaign": (
        "id",
        "owner_id",
        "owner_name",
        "name",
        "revision",
        "state",
        "purpose",
        "kind",
        "channel_policy",
        "location_ids",
        "content",
        "fingerprint",
        "scheduled_at",
        "approved_by_name",
        "approved_at",
        "created_at",
        "updated_at",
        "archived",
        "recipients",
        "planned",
        "claimed",
        "sent",
        "failed",
        "skipped",
        "unknown",
        "problem",
    ),
    "recipient": (
        "id",
        "campaign_id",
        "run_id",
        "patient_id",
        "channel",
        "address",
        "state",
        "reason",
        "detail",
        "why_channel",
        "provider_status",
        "at",
        "replaced",
    ),
    "call": (
        "id",
        "location_id",
        "received_at",
        "from_raw",
        "from_e164",
        "to_e164",
        "presentation",
        "answered",
        "duration_s",
        "state",
        "method",
        "patient_id",
        "matched_by_name",
        "matched_at",
        "candidates",
        "campaign_id",
    ),
    "reply": (
        "id",
        "location_id",
        "received_at",
        "channel",
        "from_raw",
        "from_address",
        "subject",
        "text",
        "patient_ids",
        "campaign_id",
        "state",
        "handled_by_name",
        "handled_at",
    ),
    "provider": ("id", "title", "channel", "last_success_at", "last_failure_at", "failure"),
}
"""The shared columns of each room, in the order in which rows travel."""

_INTEGERS = frozenset(
    {
        "sms_ready",
        "active",
        "soft_opt_in_allowed",
        "reset_months_promotions",
        "reset_months_newsletters",
        "most_in_7_days",
        "most_in_90_days",
        "hold_days",
        "selection_limit",
        "email_ready",
        "sms_takes_replies",
        "is_lead",
        "email_suppressed",
        "mobile_suppressed",
        "is_head_of_household",
        "has_unscheduled_treatment",
        "birth_md",
        "soft_opt_in",
        "revision",
        "archived",
        "replaced",
        "recipients",
        "planned",
        "claimed",
        "sent",
        "failed",
        "skipped",
        "unknown",
        "answered",
        "duration_s",
    }
)

_KEYS: Mapping[str, tuple[str, ...]] = {
    "restriction": ("patient_id", "purpose"),
    "permission": ("patient_id", "channel", "purpose"),
}
"""Rooms whose id is made of these columns, joined by colons: stored by them, so that a patient's rows lie
together.
"""


def _server_copy(room: str) -> str:
    columns = [f'"{name}" {"INTEGER" if name in _INTEGERS else "TEXT"}' for name in COLUMNS[room]]
    columns.append("seq INTEGER NOT NULL")
    tail = ""
    if room == "patient":
        # place: the row's place in the alphabet, with room between neighbours (patients.py). sort_name:
        # what
        # decides it.
        columns = ["place INTEGER PRIMARY KEY", *columns, "sort_name TEXT NOT NULL"]
    elif room in _KEYS:
        columns.append(f"PRIMARY KEY ({', '.join(_KEYS[room])})")
        tail = " WITHOUT ROWID"
    else:
        columns.append('PRIMARY KEY ("id")')
    return f'CREATE TABLE "{room}" (\n  ' + ",\n  ".join(columns) + f"\n){tail};\n"


SEARCH = """
CREATE VIRTUAL TABLE patient_search USING fts5(
  terms, content='', contentless_delete=1, detail='none', prefix='1 2 3 4 5',
  tokenize='unicode61 remove_diacritics 2'
);
"""

_PATIENT_INDEXED = (
    "last_visit_on",
    "next_visit_on",
    "last_no_show_on",
    "recall_due_on",
    "last_contacted_on",
    "born_on",
    "birth_md",
    "practitioner_id",
)
"""The same as ``storage.patient_facts.INDEXED``: what audience rules are driven from."""

PATIENT_INDEXES: Mapping[str, str] = {
    "ix_patient_id": "CREATE UNIQUE INDEX IF NOT EXISTS ix_patient_id ON patient (id)",
    "ix_patient_sort_name": "CREATE INDEX IF NOT EXISTS ix_patient_sort_name ON patient (sort_name, place)",
} | {
    f"ix_patient_{name}": f"CREATE INDEX IF NOT EXISTS ix_patient_{name} ON patient ({name})"
    f" WHERE {name} IS NOT NULL"
    for name in _PATIENT_INDEXED
}
"""Dropped before a bulk load and made after it."""

INDEXES: Mapping[str, str] = {
    "ix_contact_patient": "CREATE INDEX IF NOT EXISTS ix_contact_patient ON contact (patient_id, at)",
    "ix_recipient_campaign": "CREATE INDEX IF NOT EXISTS ix_recipient_campaign"
    " ON recipient (campaign_id, state)",
    "ix_recipient_patient": "CREATE INDEX IF NOT EXISTS ix_recipient_patient ON recipient (patient_id)",
    "ix_call_received": "CREATE INDEX IF NOT EXISTS ix_call_received ON call (received_at)",
    "ix_call_from": "CREATE INDEX IF NOT EXISTS ix_call_from ON call (from_e164) WHERE from_e164 IS NOT NULL",
    "ix_call_state": "CREATE INDEX IF NOT EXISTS ix_call_state ON call (state)",
    "ix_reply_received": "CREATE INDEX IF NOT EXISTS ix_reply_received ON reply (received_at)",
}
"""As above, of the other rooms."""

_PRECIOUS = """
-- One act of the person. 'waiting': never sent. 'sent': sent at least once, no answer yet.
-- 'applied': answered, its effect not yet pulled. 'refused' and 'conflict': answered, shown
-- until the person dismisses them. place: the order in which they were recorded. seen: what was
-- known here when a withdrawal was taken back, as JSON.
CREATE TABLE pending_event (
  place INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  made_at TEXT NOT NULL,
  payload TEXT NOT NULL,
  subject TEXT NOT NULL,
  about TEXT NOT NULL,
  withdraws INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  attempts INTEGER NOT NULL DEFAULT 0,
  title TEXT NOT NULL DEFAULT '',
  advice TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL DEFAULT '',
  by_name TEXT NOT NULL DEFAULT '',
  seen TEXT
);
CREATE INDEX IF NOT EXISTS ix_pending_event_subject ON pending_event (subject);
-- The server's revision that this computer's own accepted saves have brought a draft to.
CREATE TABLE draft_base (campaign_id TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- Chunks of the snapshot being fetched that are already in, and, while single rooms are pulled
-- again, the rows seen.
CREATE TABLE snapshot_chunk (chunk INTEGER PRIMARY KEY);
CREATE TABLE snapshot_seen (
  room TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (room, id)
) WITHOUT ROWID;
"""

_OVERLAY = """
CREATE TABLE overlay_restriction (
  patient_id TEXT NOT NULL, purpose TEXT NOT NULL, "on" INTEGER NOT NULL,
  since_at TEXT NOT NULL, by_name TEXT NOT NULL, event_id TEXT NOT NULL,
  PRIMARY KEY (patient_id, purpose)
) WITHOUT ROWID;
CREATE TABLE overlay_permission (
  patient_id TEXT NOT NULL, channel TEXT NOT NULL, purpose TEXT NOT NULL, state TEXT NOT NULL,
  changed_at TEXT NOT NULL, by_name TEXT NOT NULL, how TEXT NOT NULL, wording TEXT NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (patient_id, channel, purpose)
) WITHOUT ROWID;
CREATE TABLE overlay_campaign (
  campaign_id TEXT PRIMARY KEY, deleted INTEGER NOT NULL, owner_id TEXT, owner_name TEXT,
  name TEXT, purpose TEXT, kind TEXT, channel_policy TEXT, location_ids TEXT, content TEXT,
  scheduled_at TEXT, base_revision INTEGER, updated_at TEXT NOT NULL, asked TEXT NOT NULL,
  event_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE overlay_call (
  call_id TEXT PRIMARY KEY, state TEXT NOT NULL, method TEXT NOT NULL, patient_id TEXT,
  matched_by_name TEXT NOT NULL, matched_at TEXT NOT NULL, event_id TEXT NOT NULL
) WITHOUT ROWID;
-- What was decided about messages that are not certain.
CREATE TABLE overlay_recipient (
  recipient_id TEXT PRIMARY KEY, campaign_id TEXT NOT NULL, choice TEXT NOT NULL, event_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE overlay_reply (
  reply_id TEXT PRIMARY KEY, state TEXT NOT NULL, handled_by_name TEXT NOT NULL, handled_at TEXT,
  event_id TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW restriction_now AS
  SELECT r.patient_id, r.purpose, r.since_at, r.source, r.by_name, 0 AS pending
  FROM restriction r
  WHERE NOT EXISTS (
    SELECT 1 FROM overlay_restriction o
    WHERE o.patient_id = r.patient_id AND o.purpose = r.purpose)
  UNION ALL
  SELECT o.patient_id, o.purpose, o.since_at, 'staff', o.by_name, 1
  FROM overlay_restriction o WHERE o."on" = 1;

CREATE VIEW permission_now AS
  SELECT p.patient_id, p.channel, p.purpose, p.state, p.soft_opt_in, p.changed_at, p.source,
    p.by_name, p.how, p.wording, 0 AS pending
  FROM permission p
  WHERE NOT EXISTS (
    SELECT 1 FROM overlay_permission o
    WHERE o.patient_id = p.patient_id AND o.channel = p.channel AND o.purpose = p.purpose)
  UNION ALL
  SELECT o.patient_id, o.channel, o.purpose, o.state, 0, o.changed_at, 'staff',
    o.by_name, o.how, o.wording, 1
  FROM overlay_permission o;

CREATE VIEW campaign_now AS
  SELECT c.id, coalesce(o.owner_id, c.owner_id) AS owner_id,
    coalesce(o.owner_name, c.owner_name) AS owner_name, coalesce(o.name, c.name) AS name,
    c.revision, c.state, coalesce(o.purpose, c.purpose) AS purpose,
    coalesce(o.kind, c.kind) AS kind, coalesce(o.channel_policy, c.channel_policy) AS channel_policy,
    coalesce(o.location_ids, c.location_ids) AS location_ids,
    coalesce(o.content, c.content) AS content,
    CASE WHEN o.content IS NULL THEN c.fingerprint ELSE '' END AS fingerprint,
    CASE WHEN o.content IS NULL THEN c.scheduled_at ELSE o.scheduled_at END AS scheduled_at,
    c.approved_by_name, c.approved_at, c.created_at,
    coalesce(o.updated_at, c.updated_at) AS updated_at, c.archived, c.recipients, c.planned,
    c.claimed, c.sent, c.failed, c.skipped, c.unknown, c.problem, coalesce(o.asked, '') AS asked,
    o.event_id IS NOT NULL AS pending, o.base_revision AS base_revision
  FROM campaign c LEFT JOIN overlay_campaign o ON o.campaign_id = c.id
  WHERE coalesce(o.deleted, 0) = 0
  UNION ALL
  SELECT o.campaign_id, o.owner_id, o.owner_name, o.name, 0, 'draft', o.purpose, o.kind,
    o.channel_policy, o.location_ids, o.content, '', o.scheduled_at, '', NULL, o.updated_at,
    o.updated_at, 0, 0, 0, 0, 0, 0, 0, 0, '', o.asked, 1, o.base_revision
  FROM overlay_campaign o
  WHERE o.deleted = 0 AND o.content IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM campaign c WHERE c.id = o.campaign_id);

CREATE VIEW call_now AS
  SELECT c.id, c.location_id, c.received_at, c.from_raw, c.from_e164, c.to_e164, c.presentation,
    c.answered, c.duration_s, coalesce(o.state, c.state) AS state,
    coalesce(o.method, c.method) AS method,
    CASE WHEN o.call_id IS NULL THEN c.patient_id ELSE o.patient_id END AS patient_id,
    coalesce(o.matched_by_name, c.matched_by_name) AS matched_by_name,
    coalesce(o.matched_at, c.matched_at) AS matched_at, c.candidates, c.campaign_id,
    o.call_id IS NOT NULL AS pending
  FROM call c LEFT JOIN overlay_call o ON o.call_id = c.id;

CREATE VIEW reply_now AS
  SELECT r.id, r.location_id, r.received_at, r.channel, r.from_raw, r.from_address, r.subject,
    r.text, r.patient_ids, r.campaign_id, coalesce(o.state, r.state) AS state,
    coalesce(o.handled_by_name, r.handled_by_name) AS handled_by_name,
    CASE WHEN o.reply_id IS NULL THEN r.handled_at ELSE o.handled_at END AS handled_at,
    o.reply_id IS NOT NULL AS pending
  FROM reply r LEFT JOIN overlay_reply o ON o.reply_id = r.id;
"""


def statements() -> str:
    """All of it but the indexes, for an empty file."""
    return "".join(_server_copy(room) for room in COLUMNS) + SEARCH + _PRECIOUS + _OVERLAY
