"""Settings, from the environment with the prefix `RENLING_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set; docs/reference.md lists the same, and a test compares them."""

    model_config = SettingsConfigDict(env_prefix="RENLING_", frozen=True)

    data: Path = Field(Path("data"), description="Folder of the embedded store, its password and the master key.")
    store: str = Field(
        "embedded", description="`embedded`, or the address of a Neo4j 5: `neo4j://host:7687` or `neo4j+s://…`."
    )
    store_user: str | None = Field(None, description="User of the Neo4j.")
    store_password: SecretStr | None = Field(None, description="Password of the Neo4j.")
    store_database: str | None = Field(None, description="Database of the Neo4j; its own default is `neo4j`.")
    master_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 that encrypt personal data, or NEW,OLD while it is rotated; "
        "without it `secret.key` in the data folder.",
    )
    host: str = Field("127.0.0.1", description="Address that `renling serve` listens on.")
    port: int = Field(8765, ge=0, le=65535, description="Port of `renling serve`; 0 is any free one.")
