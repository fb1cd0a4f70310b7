"""Where a test message goes: to an address of one's own."""

from PySide6.QtWidgets import QLineEdit, QWidget

from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.label import column
from primoro_campaigns.desktop.sending.presenter import SendingLine
from primoro_campaigns.domain.consent.model import Channel


class AddressDialog(Dialog):
    """``address`` is what was typed."""

    def __init__(self, parent: QWidget | None, line: SendingLine, known: str) -> None:
        content = QWidget()
        super().__init__(
            "Send a test to yourself",
            content,
            parent,
            lead=f"{line.title} carries one message that says it is a test. No patient gets it, and no "
            "campaign counts it.",
            ok="&Send the test",
        )
        self.setObjectName("sending.dialog")
        by_email = line.channel is Channel.EMAIL
        self._typed = QLineEdit(known)
        self._typed.setObjectName("sending.address")
        self._typed.setMaxLength(320)
        self._field = Field(
            "Your &e-mail address" if by_email else "Your &mobile number",
            self._typed,
            "Your own, and in no patient's file. It is remembered for the next test.",
        )
        self._missing = "Type your e-mail address." if by_email else "Type your mobile number."
        content.setLayout(column(self._field, gap=3))
        self.set_check(self._is_there)
        self._typed.selectAll()
        self._typed.setFocus()

    @property
    def address(self) -> str:
        return self._typed.text().strip()

    def _is_there(self) -> bool:
        self._field.set_error("" if self.address else self._missing)
        return bool(self.address)
