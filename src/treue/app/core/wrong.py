"""What a person did that cannot be, said in the person's own language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from treue.kernel.language import Language


class Wrong(WrongArgument):
    """Something cannot be as it was asked; what is wrong and what would be right, for whoever asked.

    Parameters
    ----------
    text : str
        The English message with places as ``{name}``, marked with :func:`treue.kernel.language.message`.
    **values : object
        What stands in the places; a text that is marked for translation itself is translated too.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text = text
        self.values = values

    def said(self, language: Language) -> str:
        """Return the message in a language."""
        values = {
            name: language.gettext(value)
            if isinstance(value, str)
            else language.number(value)
            if isinstance(value, int)
            else value
            for name, value in self.values.items()
        }
        return language.gettext(self.text, **values)


def said(error: Exception, language: Language) -> str:
    """Return what an error says in a language; the library's own messages are English."""
    return error.said(language) if isinstance(error, Wrong) else str(error)
