"""What a tab remembers of its series."""

from dataclasses import dataclass, field

from pages.session.memory import PageMemory


@dataclass
class Part:
    seen: list[int] = field(default_factory=list)


def test_a_module_finds_what_it_remembered() -> None:
    memory = PageMemory("key")
    memory.part(Part).seen.append(3)
    assert memory.part(Part).seen == [3]


def test_what_is_forgotten_starts_afresh() -> None:
    memory = PageMemory("key")
    memory.part(Part).seen.append(3)
    memory.forget(Part)
    assert memory.part(Part).seen == []


def test_tabs_share_nothing() -> None:
    first, second = PageMemory("key"), PageMemory("key")
    first.part(Part).seen.append(3)
    first.postponed.append((1, 2))
    assert second.part(Part).seen == [] and second.postponed == []
