"""Details of segments in the store, and stores from before there were any."""

import dataclasses
import sqlite3
from pathlib import Path

import alembic.command
import alembic.config
import pytest
from sqlalchemy import create_engine

from core.annotation import database
from core.annotation.segment_details import details_of, details_text
from core.annotation.store import AnnotationStore
from core.segments.segment import Code, Region, SegmentDetails
from tests.support.databases import sqlite_only
from tests.support.segments import LIVER, LIVER_SEGMENT, SPLEEN
from tests.support.stored_series import SERIES

DETAILS = SegmentDetails(
    description="left lobe\nsegment II, Größe “2”",
    tracking_id="Lesion 1",
    tracking_uid="1.2.3",
    further_modifiers=(SPLEEN,),
    regions=(Region(LIVER, (SPLEEN, LIVER)), Region(SPLEEN)),
    structures=(Region(Code("urn:oid:1.2", "", "A URN")),),
)


@pytest.mark.parametrize("details", [SegmentDetails(), DETAILS])
def test_details_come_back(details: SegmentDetails) -> None:
    assert details_of(details_text(details)) == details


def test_the_store_keeps_details_and_long_codes(store: AnnotationStore) -> None:
    long = Code("900000000000441003", "SCT", "SNOMED CT model component")
    segment = dataclasses.replace(LIVER_SEGMENT, number=7, type=long, details=DETAILS)
    store.save_segment(SERIES, segment, "anna")
    assert store.segments(SERIES)[-1] == segment
    store.save_segment(SERIES, dataclasses.replace(segment, label="Renamed"), "anna")
    assert store.segments(SERIES)[-1].details == DETAILS


@sqlite_only
def test_a_store_of_the_first_schema_keeps_its_segments(url: str, tmp_path: Path) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = alembic.config.Config()
        folder = Path(database.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(tmp_path / "annotations.db") as file:
        file.execute("INSERT INTO series VALUES ('1.2', 4, 4, 2, 'x')")
        file.execute(
            "INSERT INTO segment_version VALUES (1, '1.2', 1, 1, 1, NULL, 'Liver', '#e69f00', "
            "'91723000', 'SCT', 'Anatomical Structure', '10200004', 'SCT', 'Liver', NULL, NULL, "
            "NULL, 1, 0, 'anna', '2026-11-23 10:00:00.000000')"
        )
    file.close()
    assert AnnotationStore(url).segments("1.2") == [LIVER_SEGMENT]
