"""Texts that try to be more than text, and what a browser would see of a page."""

from html.parser import HTMLParser

XSS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>", "</title><script>", "javascript:alert(1)", "<!--", "]]>", "&lt;script&gt;",
    "\0<script>", "<iframe srcdoc='<script>'>", "{{7*7}}", "${alert(1)}", "<base href=//evil>", "<a href=//evil>x</a>",
]  # fmt: skip


class Seen(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data
