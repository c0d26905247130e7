"""A project is exported into the folder of the app, and offered to its administrators."""

from pathlib import Path

from core.annotation.store import AnnotationStore
from core.audit.entries import Action, read_entries
from core.home.backups import checked_backup
from core.projects.records import Role
from tests.support.pages import PERSON, OpenPage, elements, press
from tests.support.project_page import open_section, project_of_ada
from tests.support.projects import add


def test_a_project_is_exported_and_offered(
    store: AnnotationStore, home: Path, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.ADMINISTER)
    add(store, key)
    app = press(open_section(open_page, key, "Settings"), "Create the export")
    (path,) = (home / "exports" / key).iterdir()
    with checked_backup(path) as backup:
        assert "tables/work_item" in backup.parts
    assert [one.label for one in elements(app, "download_button")] == [f"Download {path.name}"]
    newest = read_entries(store.database)[0]
    assert (newest.action, newest.person, newest.subject) == (
        Action.PROJECT_EXPORTED,
        PERSON,
        key,
    )


def test_a_disk_that_takes_nothing_is_told_in_a_sentence(
    store: AnnotationStore, home: Path, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.ADMINISTER)
    (home / "exports").write_text("in the way")
    app = press(open_section(open_page, key, "Settings"), "Create the export")
    assert next(one.value for one in app.error).startswith("Nothing was exported")
    assert not elements(app, "download_button")
