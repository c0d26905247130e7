"""The archive from the command line, on a real Orthanc."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.dicom.reading import find_series
from core.formats.segmentation_writing import write_segmentation
from tests.support.mask_round_trips import make_segments
from tests.support.mounted_disk import mounted_disk
from tests.support.orthanc import Orthanc, fill, write_archive
from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(
    orthanc_program: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    orthanc = Orthanc(orthanc_program, tmp_path_factory.mktemp("orthanc"))
    try:
        fill(orthanc.start(), shared_data)
        yield orthanc
    finally:
        orthanc.stop()


@pytest.fixture
def home(server: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    write_archive(home, server.url)
    monkeypatch.setenv("SLICEWISE_HOME", str(home))
    return home


def printed(text: str) -> list[dict[str, str]]:
    """Blocks of "name value" lines as dictionaries."""
    return [
        dict(line.split(maxsplit=1) for line in block.splitlines()) for block in text.split("\n\n")
    ]


def test_find_get_draw_put_and_find_again(
    home: Path, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = find_series(shared_data / "dicom" / "nd320_study1_t1post")[0]
    assert main(["pacs", "find", "--patient-id", summary.patient_id]) == 0
    (found,) = printed(capsys.readouterr().out)
    assert found["modality"] == "MR" and found["instances"] == "22"
    kept = tmp_path / "kept"
    assert main(["pacs", "get", found["study"], found["series"], "--output", str(kept)]) == 0
    assert Path(capsys.readouterr().out.strip()) == kept
    (fetched,) = find_series(kept)
    path = tmp_path / "seg.dcm"
    write_segmentation(fetched, make_segments(fetched), path)
    assert main(["pacs", "put", str(path)]) == 0
    assert capsys.readouterr().out == f"stored {path}\n"
    assert main(["pacs", "find", "--study", found["study"], "--modality", "SEG"]) == 0
    (stored,) = printed(capsys.readouterr().out)
    assert stored["description"] == "Slicewise segmentation"


def test_the_patient_is_shown_only_on_request(
    home: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = find_series(shared_data / "dicom" / "dcmqi_ct3slice")[0]
    query = ["pacs", "find", "--study", summary.study_uid]
    main(query)
    assert summary.patient_id not in capsys.readouterr().out
    main([*query, "--show-patient"])
    assert summary.patient_id in capsys.readouterr().out


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err
    return captured.err


def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        (["find"], "what to search for"),
        (["find", "--patient-id", "nobody"], "no such series"),
        (["get", "1.2.3", "1.2.4"], "no such"),
        (["put", str(tmp_path / "missing.dcm")], "cannot be opened"),
        (["put", str(ROOT / "README.md")], "not a DICOM file"),
    ):
        assert main(["pacs", *arguments]) == 2
        assert message in one_line(capsys)
    with pytest.raises(SystemExit) as caught:
        main(["pacs", "drop"])
    assert caught.value.code == 2
    one_line(capsys)
    existing = ["pacs", "get", "1.2.3", "1.2.4", "--output", str(tmp_path)]
    assert main(existing) == 2 and "name a new folder" in one_line(capsys)


def test_without_settings_it_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLICEWISE_HOME", str(tmp_path))
    assert main(["pacs", "find", "--patient-id", "x"]) == 2
    assert "archive.toml" in one_line(capsys)


def test_the_libraries_stay_silent_when_nobody_answers(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    write_archive(tmp_path, f"http://127.0.0.1:{port}/dicom-web")
    done = subprocess.run(
        [sys.executable, "-m", "core", "pacs", "find", "--patient-name", "Secretname"],
        cwd=ROOT,
        env={**os.environ, "SLICEWISE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "does not answer" in done.stderr
    assert "Secretname" not in done.stderr


def test_a_copy_that_does_not_fit_leaves_no_folder(
    home: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = find_series(shared_data / "dicom" / "dcmqi_ct3slice")[0]
    with mounted_disk("700k") as disk:
        kept = disk / "kept"
        command = ["pacs", "get", summary.study_uid, summary.series_instance_uid]
        assert main([*command, "--output", str(kept)]) == 2
        assert one_line(capsys) == f"{kept} cannot be written: No space left on device.\n"
        assert list(disk.iterdir()) == []
