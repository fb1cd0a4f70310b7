"""Tabs with mnemonics and an optional number."""

from collections.abc import Callable

from PySide6.QtWidgets import QTabWidget, QWidget


class Tabs(QTabWidget):
    """Tabs by key: ``add("contacts", "&Contacts", page)``, ``open("contacts")``; ``on_changed`` hears it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._keys: list[str] = []
        self._titles: list[str] = []
        self.setDocumentMode(True)
        self.tabBar().setAccessibleName(name)
        self.tabBar().setExpanding(False)
        self.tabBar().setUsesScrollButtons(False)

    def add(self, key: str, title: str, page: QWidget) -> None:
        self._keys.append(key)
        self._titles.append(title)
        self.addTab(page, title)

    def open(self, key: str) -> None:
        self.setCurrentIndex(self.place(key))

    def place(self, key: str) -> int:
        """Where the tab of that key stands in the row."""
        return self._keys.index(key)

    @property
    def key(self) -> str:
        """The key of the open tab."""
        return self._keys[self.currentIndex()]

    def set_number(self, key: str, number: int | None) -> None:
        """Show how many things a tab holds, after its title."""
        index = self.place(key)
        self.setTabText(index, self._titles[index] + ("" if number is None else f" ({number:,})"))

    def on_changed(self, listener: Callable[[str], None]) -> None:
        self.currentChanged.connect(lambda index: listener(self._keys[index]))
