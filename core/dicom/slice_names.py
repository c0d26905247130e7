"""Names of the slices of a series, by which annotations of it know them."""

from core.dicom.series import SeriesSummary


def slice_names(summary: SeriesSummary) -> list[str]:
    """Name the slices of a series in position order.

    Parameters
    ----------
    summary : SeriesSummary
        Of the series.

    Returns
    -------
    list of str
        SOP Instance UIDs (0008,0018), followed by ``#`` and the number of the frame where an
        object has several.
    """
    return [
        record.sop_instance_uid
        if record.frame is None
        else f"{record.sop_instance_uid}#{record.frame}"
        for record in summary.records
    ]
