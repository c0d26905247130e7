"""The page of a project, without a browser."""

from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.projects.members import set_roles
from core.projects.projects import create_project
from core.projects.records import Role
from tests.support.pages import PERSON, OpenPage


def project_of_ada(store: AnnotationStore, *roles: Role) -> str:
    """Create a project that ada administers, in which whoever works on pages has roles."""
    key = create_project(store, "Livers", "ada").key
    if roles:
        set_roles(store, key, PERSON, set(roles), "ada")
    return key


def open_section(open_page: OpenPage, key: str, section: str = "Progress") -> AppTest:
    """Open the page of a project, and what it shows of it under a name."""
    app = open_page("project", project=key)
    return show_section(app, section)


def show_section(app: AppTest, section: str) -> AppTest:
    """Have the page show something else of its project."""
    (choice,) = [one for one in app.button_group if section in one.options]
    choice.set_value([section] if isinstance(choice.value, list) else section).run()
    assert not app.exception
    return app


def sections(app: AppTest) -> list[str]:
    """What the page can show of its project."""
    return next(list(one.options) for one in app.button_group if "Progress" in one.options)


def said(app: AppTest) -> list[str]:
    """Sentences of refusals and of what was done."""
    return [*(one.value for one in app.error), *(one.value for one in app.toast)]


def tables(app: AppTest) -> str:
    """Markup of all tables."""
    return "\n".join(one.proto.body for one in app.get("html") if "<table" in one.proto.body)
