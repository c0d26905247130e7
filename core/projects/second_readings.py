"""Which series of a project two people read independently of each other."""

import hashlib

from sqlalchemy import Connection

from core.annotation.project_schema import work_item
from core.projects.item_rows import add_reading, items_in
from core.projects.protocol_rows import apply_protocol, newest_protocol


def is_read_twice(project_key: str, series_uid: str, share: float) -> bool:
    """Tell whether a series is among those that are read twice.

    The choice is a digest of the series with the project as seed: the same whenever it is asked
    for, no matter in which order series come, and a larger share selects all that a smaller one
    does.

    Parameters
    ----------
    project_key : str
        The project.
    series_uid : str
        Series Instance UID.
    share : float
        Of all series, 0 to 1.
    """
    digest = hashlib.blake2b(series_uid.encode(), digest_size=8, key=project_key.encode()).digest()
    return int.from_bytes(digest) < share * 2**64


def add_second_readings(
    connection: Connection, project_key: str, person: str, share: float
) -> None:
    """Add a second reading to all series of a project that a share selects and that have none.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction that is the only one to change the project.
    project_key : str
        The project.
    person : str
        Who raised the share.
    share : float
        Of all series, 0 to 1.
    """
    items = items_in(connection, work_item.c.project_key == project_key)
    protocol = newest_protocol(connection, project_key)
    read_twice = {one.series_uid for one in items if one.reading == 2}
    for item in items:
        if item.reading != 1 or item.series_uid in read_twice:
            continue
        if is_read_twice(project_key, item.series_uid, share):
            added = add_reading(connection, item, 2, person)
            apply_protocol(connection, added.annotation_key, protocol, person)
