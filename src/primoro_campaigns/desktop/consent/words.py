"""Reasons that both questions about consent give where something cannot be recorded."""

NEEDS_SERVER = (
    "Opting back in needs the server, which cannot be reached at the moment. Nothing was changed; try again "
    "when the status line says that this computer is up to date."
)
MAY_NOT_PERMIT = (
    "You may not record that a patient wants messages again. Nothing was changed; ask your practice manager."
)
MAY_NOT_RESTRICT = (
    "You may not record that a patient wants no more messages. "
    "Nothing was changed; ask your practice manager."
)
STOPPED = "This mobile number answered STOP. It comes back only when START is texted from that number."
MUST_NOT_BE_USED = "The {0} must not be used any more. It ends when the record has another one."
SAID_NO = "The patient said no to this. Only a yes of the patient's own opens it again."
