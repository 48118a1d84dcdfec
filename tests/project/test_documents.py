"""The documents do not lead astray: links arrive, and the commands of make that they name exist."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "bench").glob("*.md")]
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_within_the_project_arrives(document):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    lost = [one for one in targets if one and "://" not in one and not one.startswith("mailto:")]
    lost = [one for one in lost if not (document.parent / one).exists()]
    assert not lost, f"{document.name} links to {lost}"


def test_the_make_targets_that_documents_name_exist():
    known = set(
        re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {"demo", "test", "test-all", "check", "bench", "clean"} <= known
    for document in DOCUMENTS:
        named = set(
            re.findall(r"(?:`|^\s*)make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
        )
        assert named <= known, f"{document.name} names make {named - known}"


def test_every_page_is_reached_from_the_first():
    """A page that nothing links to is a page that nobody reads."""
    seen, ahead = set(), [PROJECT / "README.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page in seen:
            continue
        seen.add(page)
        if page.is_dir():
            ahead += page.glob("*.md")
        elif page.suffix == ".md" and page.exists():
            targets = re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8"))
            ahead += [page.parent / target for target in targets if "://" not in target]
    lost = [str(page.relative_to(PROJECT)) for page in DOCUMENTS if page.resolve() not in seen]
    assert not lost


def anchors(page):
    """Return the names that headings of a page get."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_link_to_a_heading_finds_it(document):
    links = re.findall(r"\]\(([^)\s:#]*)#([^)\s]+)\)", document.read_text(encoding="utf-8"))
    lost = [
        f"{page}#{name}"
        for page, name in links
        if name not in anchors(document.parent / page if page else document)
    ]
    assert not lost, f"{document.name} links to {lost}"


KNOWN = {
    word
    for folder in ("src", "bench")
    for path in (PROJECT / folder).rglob("*.py")
    for word in re.findall(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+", path.read_text(encoding="utf-8"))
}
# Pages of sources name the columns of other people's exports.
OWN_WORDS = [page for page in DOCUMENTS if page.parent.name != "sources"]


@pytest.mark.parametrize("document", OWN_WORDS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_name_with_underscores_in_a_document_is_one_that_the_code_knows(document):
    """A page must not promise a measure, field or function that is not there (any more)."""
    named = set(
        re.findall(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(\))?`", document.read_text(encoding="utf-8"))
    )
    assert named - KNOWN == set()
