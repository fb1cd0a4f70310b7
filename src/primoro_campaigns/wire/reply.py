"""Replies: a person says that one is dealt with, or that it is not after all."""

from pydantic import BaseModel


class HandleReply(BaseModel):
    """Said twice it changes nothing. ``handled`` False puts the reply back among the unread ones."""

    reply_id: str
    handled: bool = True
