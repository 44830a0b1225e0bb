"""The room of privacy: the public notice, an officer's own data, retention for the administrator."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages; the generated screens are registered with the others."""
    from views.privacy.pages import OwnDataView, PrivacyView, RetentionPreview

    for page in (PrivacyView, OwnDataView, RetentionPreview):
        builder.add_view_no_menu(page)
