"""Typed identifiers.

Every id is a UUIDv7 as text (RFC 9562, section 5.7), so ids sort by the time they were made.
"""

from typing import NewType

PatientId = NewType("PatientId", str)
LocationId = NewType("LocationId", str)
PractitionerId = NewType("PractitionerId", str)
UserId = NewType("UserId", str)
DeviceId = NewType("DeviceId", str)
CampaignId = NewType("CampaignId", str)
RunId = NewType("RunId", str)
DeliveryId = NewType("DeliveryId", str)
ContactId = NewType("ContactId", str)
CallId = NewType("CallId", str)
ReplyId = NewType("ReplyId", str)
EventId = NewType("EventId", str)
