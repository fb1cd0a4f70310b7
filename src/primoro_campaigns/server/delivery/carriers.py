"""The providers that the organisation's settings name, opened when they are first needed."""

from threading import Lock

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.organisation import OrganisationSettings, account_of
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.delivery.providers.provider import MailProvider, TextProvider
from primoro_campaigns.server.delivery.providers.registry import GATEWAYS
from primoro_campaigns.server.delivery.providers.signing.account import DKIM, DkimAccount
from primoro_campaigns.server.delivery.providers.signing.signed import SignedMail
from primoro_campaigns.server.delivery.providers.smtp.client import SmtpClient, SmtpSettings
from primoro_campaigns.server.key import ServerKey


class NoGatewayError(PrimoroError):
    """Texts are to leave, and no gateway is chosen any more."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "No text gateway is set up.",
            "Nothing is lost: the messages wait. Ask whoever looks after this server to choose one.",
            "delivery.no_gateway",
        )


class Carriers:
    """Opens a provider anew when its settings have changed."""

    def __init__(self, key: ServerKey) -> None:
        self._key = key
        self._lock = Lock()
        self._mail: tuple[tuple[SmtpSettings, DkimAccount], MailProvider] | None = None
        self._texts: tuple[tuple[str, ProviderAccount, str], TextProvider] | None = None

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
        signing = account_of(settings, self._key, DKIM, DkimAccount)
        with self._lock:
            if self._mail is None or self._mail[0] != (wanted, signing):
                if self._mail is not None:
                    self._mail[1].close()
                client = SmtpClient(wanted)
                mail = SignedMail(client, signing) if signing.signs else client
                self._mail = ((wanted, signing), mail)
            return self._mail[1]

    def texts(self, settings: OrganisationSettings) -> TextProvider:
        """Raises ``NoGatewayError``, and ``ServerKeyError`` when a secret was sealed with another key."""
        gateway = GATEWAYS.get(settings.sms_gateway)
        if gateway is None:
            raise NoGatewayError
        wanted = (gateway.name, gateway.account_in(settings, self._key), settings.public_address)
        with self._lock:
            if self._texts is None or self._texts[0] != wanted:
                if self._texts is not None:
                    self._texts[1].close()
                self._texts = (wanted, gateway.opened(settings, self._key))
            return self._texts[1]

    def close(self) -> None:
        with self._lock:
            for opened in (self._mail, self._texts):
                if opened is not None:
                    opened[1].close()
            self._mail = self._texts = None
