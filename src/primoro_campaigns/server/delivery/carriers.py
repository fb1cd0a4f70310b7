"""The providers that the organisation's settings name, opened when they are first needed."""

from threading import Lock

from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.delivery.providers.provider import MailProvider, TextProvider
from primoro_campaigns.server.delivery.providers.smtp.client import SmtpClient, SmtpSettings
from primoro_campaigns.server.delivery.providers.twilio.client import TextGatewayClient, TextGatewaySettings
from primoro_campaigns.server.key import ServerKey


class Carriers:
    """Opens a provider anew when its settings have changed."""

    def __init__(self, key: ServerKey) -> None:
        self._key = key
        self._lock = Lock()
        self._mail: tuple[SmtpSettings, SmtpClient] | None = None
        self._texts: tuple[TextGatewaySettings, TextGatewayClient] | None = None

    def mail(self, settings: OrganisationSettings) -> MailProvider:
        """Raises ``ServerKeyError`` when the password was sealed with another key."""
        wanted = SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=self._key.open(settings.smtp_password),
            helo=settings.sender_email.partition("@")[2] or "localhost",
        )
        with self._lock:
            if self._mail is None or self._mail[0] != wanted:
                if self._mail is not None:
                    self._mail[1].close()
                self._mail = (wanted, SmtpClient(wanted))
            return self._mail[1]

    def texts(self, settings: OrganisationSettings) -> TextProvider:
        """Raises ``ServerKeyError`` when the token was sealed with another key."""
        wanted = TextGatewaySettings(
            base_address=settings.sms_base_address,
            account_sid=settings.sms_account_sid,
            auth_token=self._key.open(settings.sms_auth_token),
        )
        with self._lock:
            if self._texts is None or self._texts[0] != wanted:
                if self._texts is not None:
                    self._texts[1].close()
                self._texts = (wanted, TextGatewayClient(wanted))
            return self._texts[1]

    def close(self) -> None:
        with self._lock:
            for opened in (self._mail, self._texts):
                if opened is not None:
                    opened[1].close()
            self._mail = self._texts = None
