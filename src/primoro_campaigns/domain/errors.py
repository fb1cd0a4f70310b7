"""Refusals that a person can act on."""


class PrimoroError(Exception):
    """An expected refusal: what happened, what to do next, and a code that programs can compare.

    ``title`` is one sentence for the person ("The name is already used."), ``advice`` says what is safe
    and what to do next, ``code`` is stable, lower-case, dotted ("campaign.name_taken"). Subclasses live
    beside the rule that raises them and set ``status``, the HTTP status the server answers with.
    """

    status = 422

    def __init__(self, title: str, advice: str, code: str) -> None:
        super().__init__(f"{title} {advice}")
        self.title = title
        self.advice = advice
        self.code = code


class NotAllowedError(PrimoroError):
    """The signed-in person does not hold the right that the act needs."""

    status = 403


class NotFoundError(PrimoroError):
    """The thing asked for does not exist, or lies outside the person's locations (not told apart)."""

    status = 404


class ConflictError(PrimoroError):
    """The act was right when it was decided, but what it was about has changed since."""

    status = 409
