# SPDX-License-Identifier: Apache-2.0
"""Collect every translatable text, merge it into the catalogues and compile them, without GNU gettext installed.

`python -m scripts.compile_messages` writes the `.po` files (new texts stay empty, gone ones leave) and the `.mo` files.
"""

import io
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "rightparty"
LOCALES: Final = ("zh_Hans", "zh_Hant")
KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extracted() -> Catalog:
    """Return every text of templates and Python files, with the files it stands in."""
    if not settings.configured:
        settings.configure()
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in {".html", ".txt", ".py"} or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # templatize keeps the template's indentation, which Python's tokenizer refuses
            text = "\n".join(line.strip() for line in templatize(text, origin=path.name).splitlines())
        lines = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"})
        for _line, message, _comments, context in lines:
            if message:
                found.add(message, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    return found


def file_of(locale: str, suffix: str) -> Path:
    """Return where a catalogue lies."""
    return SOURCE / "locale" / locale / "LC_MESSAGES" / f"django.{suffix}"


def catalogue(locale: str) -> Catalog:
    """Return the catalogue of a locale as its file says, empty if there is none yet."""
    path = file_of(locale, "po")
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def compiled(found: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, found)
    return out.getvalue()


def main() -> None:
    """Bring both catalogues up to date."""
    template = extracted()
    for locale in LOCALES:
        merged = catalogue(locale)
        merged.update(template, no_fuzzy_matching=True)
        merged.obsolete.clear()
        merged.fuzzy = False
        path = file_of(locale, "po")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, merged, sort_output=True, omit_header=False, include_lineno=False, width=110)
        file_of(locale, "mo").write_bytes(compiled(merged))
        missing = sum(1 for message in merged if message.id and not all_strings(message.string))
        print(f"{locale}: {len(merged)} texts, {missing} not translated")


def all_strings(string: str | tuple[str, ...] | list[str]) -> bool:
    """Tell whether every plural form is filled."""
    return bool(string) if isinstance(string, str) else bool(string) and all(string)


if __name__ == "__main__":
    main()
