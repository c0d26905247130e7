"""Stores as earlier versions of the program left them."""

from pathlib import Path

import alembic.command
import alembic.config
import numpy as np
from sqlalchemy import Connection, create_engine, text

from core.annotation import database
from core.annotation.checksums import mask_checksum
from core.annotation.run_length import encode_runs

_SEGMENT = (
    "INSERT INTO segment_version (series_uid, number, version, origin, label, color, "
    "category_value, category_scheme, category_meaning, type_value, type_scheme, type_meaning, "
    "exclusive, removed, person, time) VALUES ('1.2', :number, :version, :version, 'Liver', "
    "'#e69f00', '91723000', 'SCT', 'Anatomical Structure', '10200004', 'SCT', 'Liver', "
    ":exclusive, :removed, 'anna', '2026-11-23 10:00:00')"
)

_SEGMENT_WITH_RULE = (
    "INSERT INTO segment_version (annotation_key, number, version, origin, label, color, "
    "category_value, category_scheme, category_meaning, type_value, type_scheme, type_meaning, "
    "overlap_rule, removed, person, time) VALUES ('1.2', 1, 1, 1, 'Liver', '#e69f00', "
    "'91723000', 'SCT', 'Anatomical Structure', '10200004', 'SCT', 'Liver', 'allow', false, "
    "'anna', '2026-11-23 10:00:00')"
)

_STEP = (
    "INSERT INTO step (annotation_key, person, action, kind, time) VALUES "
    "('1.2', 'anna', 'propose', 'do', '2026-11-23 10:00:00')"
)

_MASK = (
    "INSERT INTO mask_version (annotation_key, segment_number, slice_index, version, origin, "
    "step_id, state, runs, pixels, expected_dice, person, tool, weights, time, checksum) VALUES "
    "(:annotation_key, :segment_number, :slice_index, :version, :origin, "
    "(SELECT max(id) FROM step), :state, :runs, :pixels, 0.9, 'anna', 'propose', "
    "'default-1', '2026-11-23 10:00:00', :checksum)"
)


def make_store_without_rules(url: str) -> None:
    """Make a store of revision 0004: segment 1 exclusive, 2 not any more, 3 removed."""
    engine = create_engine(url)
    with engine.begin() as connection:
        _migrate(connection, "0004")
        connection.execute(text("INSERT INTO series VALUES ('1.2', 4, 4, 2, 'x')"))
        versions = [(1, 1, True, False), (2, 1, True, False), (2, 2, False, False)]
        versions += [(3, 1, True, False), (3, 2, True, True)]
        names = ("number", "version", "exclusive", "removed")
        rows = [dict(zip(names, one, strict=True)) for one in versions]
        connection.execute(text(_SEGMENT), rows)
    engine.dispose()


def make_store_without_teachers(url: str) -> None:
    """Make a store of revision 0009 in which slice 2 of segment 1 has a proposal of 4 pixels."""
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    row = {
        "annotation_key": "1.2",
        "segment_number": 1,
        "slice_index": 2,
        "version": 1,
        "origin": 1,
        "state": "proposed",
        "runs": encode_runs(mask),
        "pixels": 4,
    }
    engine = create_engine(url)
    with engine.begin() as connection:
        _migrate(connection, "0009")
        connection.execute(text("INSERT INTO annotation VALUES ('1.2', 4, 4, 3, 'x')"))
        connection.execute(text(_SEGMENT_WITH_RULE))
        connection.execute(text(_STEP))
        connection.execute(text(_MASK), row | {"checksum": mask_checksum(row)})
    engine.dispose()


def _migrate(connection: Connection, revision: str) -> None:
    config = alembic.config.Config()
    folder = Path(database.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, revision)
