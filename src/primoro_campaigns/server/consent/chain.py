"""The hash chain over the consent ledger: each entry's hash covers the entry and the hash before it.

Whoever changes, leaves out, adds or reorders an entry afterwards would have to write the rest of the chain
anew. Free words are covered by a salted hash of their own, so that they can be erased and the chain still
holds (docs/decisions: "Consent entries in a chain").
"""

import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC
from hashlib import sha256

from primoro_campaigns.server.consent import store
from primoro_campaigns.server.consent.store import Entry, Head, Link, Why


def sealed(entry: Entry) -> tuple[Entry, Why | None]:
    """The entry as it is written, and its free words beside it; None where there are none."""
    if not entry.why:
        return entry, None
    why = Why(entry.id, secrets.token_hex(16), entry.why)
    return replace(entry, why_hash=why_hash(why)), why


def why_hash(why: Why) -> str:
    """Salted, because who could guess what was said could otherwise check it after it was erased."""
    return sha256(f"{why.salt}:{why.why}".encode()).hexdigest()


def link_hash(before: str, number: int, entry: Entry) -> str:
    """The hash of the link with this number; ``before`` is the one before it, empty for the first."""
    canonical = json.dumps(
        [
            before,
            number,
            entry.id,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.patient_id,
            entry.what,
            entry.purpose,
            entry.channel,
            entry.state,
            entry.source.value,
            entry.by_user_id or "",
            entry.by_name,
            entry.subject,
            entry.wording,
            entry.why_hash,
        ],
        ensure_ascii=True,
        separators=(",", ":"),
    )
    return sha256(canonical.encode()).hexdigest()


def linked(head: Head, entries: Iterable[Entry]) -> tuple[list[dict[str, object]], Head]:
    """The links of ``entries`` behind ``head``, and where the chain ends with them."""
    rows: list[dict[str, object]] = []
    for entry in entries:
        number = head.number + 1
        head = Head(number, link_hash(head.hash, number, entry))
        rows.append({"number": number, "entry_id": entry.id, "hash": head.hash})
    return rows, head


@dataclass(frozen=True)
class Break:
    """The first place at which the chain does not hold, and why in words."""

    number: int
    entry_id: str
    words: str


def first_break(links: Iterable[store.Link], head: Head, erased: Collection[str]) -> tuple[int, Break | None]:
    """How many links hold, and the first that does not. ``erased`` are patients whose words are gone."""
    at = Head(0, "")
    for link in links:
        words = _wrong(link, at, erased)
        if words:
            return at.number, Break(at.number + 1, link.entry_id, words)
        at = Head(link.number, link.hash)
    if at != head:
        words = f"the chain should end at link {head.number}, and ends at link {at.number}"
        if at.number == head.number:
            words = "the last link is not the one the chain ended with"
        return at.number, Break(min(at.number, head.number) + 1, "", words)
    return at.number, None


def _wrong(link: Link, before: Head, erased: Collection[str]) -> str:
    """What is wrong with the link, empty when it holds."""
    if link.number != before.number + 1:
        return f"a link is missing before link {link.number}"
    if link.entry is None:
        return "its entry is gone"
    if link_hash(before.hash, link.number, link.entry) != link.hash:
        return "the entry or the hash was changed afterwards"
    if link.why is None:
        if link.entry.why_hash and link.entry.patient_id not in erased:
            return "the words of the entry are gone"
    elif why_hash(link.why) != link.entry.why_hash:
        return "the words of the entry were changed afterwards"
    return ""
