"""Stores as earlier versions of the program left them."""

from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import create_engine, text

from core.annotation import database

_SEGMENT = (
    "INSERT INTO segment_version (series_uid, number, version, origin, label, color, "
    "category_value, category_scheme, category_meaning, type_value, type_scheme, type_meaning, "
    "exclusive, removed, person, time) VALUES ('1.2', :number, :version, :version, 'Liver', "
    "'#e69f00', '91723000', 'SCT', 'Anatomical Structure', '10200004', 'SCT', 'Liver', "
    ":exclusive, :removed, 'anna', '2026-11-23 10:00:00')"
)


def make_store_without_rules(url: str) -> None:
    """Make a store of revision 0004: segment 1 exclusive, 2 not any more, 3 removed."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = alembic.config.Config()
        folder = Path(database.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0004")
        connection.execute(text("INSERT INTO series VALUES ('1.2', 4, 4, 2, 'x')"))
        versions = [(1, 1, True, False), (2, 1, True, False), (2, 2, False, False)]
        versions += [(3, 1, True, False), (3, 2, True, True)]
        names = ("number", "version", "exclusive", "removed")
        rows = [dict(zip(names, one, strict=True)) for one in versions]
        connection.execute(text(_SEGMENT), rows)
    engine.dispose()
