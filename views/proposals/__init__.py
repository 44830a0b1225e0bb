"""The room of proposals: asked for, reviewed, one pick by hand, published after the difference."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(_flask_app: Flask, builder: Any) -> None:
    """Adds the pages and the calls for programs."""
    from views.api.proposals import ProposalsApi
    from views.proposals.pages import ProposalPages
    from views.proposals.picks import PickPages
    from views.proposals.publishing import PublishPages

    for page in (ProposalPages, PickPages, PublishPages):
        builder.add_view_no_menu(page)
    builder.add_api(ProposalsApi)
