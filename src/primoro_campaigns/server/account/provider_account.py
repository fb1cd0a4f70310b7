"""What a provider has to be told to work for us, declared by the provider itself."""

from collections.abc import Iterable
from typing import ClassVar, get_type_hints
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator


class ProviderAccount(BaseModel):
    """Derived from by each provider. A field of the type ``SecretStr`` is kept sealed and never shown. All
    fields have a default, so that they can be set one by one; ``needed`` are those it cannot do without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    needed: ClassVar[tuple[str, ...]] = ()

    @field_validator("base_address", check_fields=False)
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @classmethod
    def secrets(cls) -> frozenset[str]:
        """The fields that are kept sealed."""
        hints = get_type_hints(cls)
        return frozenset(name for name in cls.model_fields if hints[name] is SecretStr)

    def missing(self) -> list[str]:
        """The needed fields that have no value yet."""
        return [name for name in self.needed if not _plain(getattr(self, name))]


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def names(kind: type[ProviderAccount], provider: str) -> Iterable[str]:
    """The settings of a provider as ``server configure`` takes them: “provider.field”."""
    return (f"{provider}.{field}" for field in kind.model_fields)
