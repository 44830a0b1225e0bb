"""The help page: whom to call, open to everybody."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import g, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app.extensions import db
from app.places import contacts
from views.access.context import own_sub_county
from views.request import open_to_everybody

LONGEST_SEARCH = 60


class HelpView(BaseView):
    """/help/."""

    route_base = "/help"
    default_view = "help"

    @expose("/", methods=["GET"])
    @open_to_everybody
    def help(self) -> Any:
        """One's own offices, KNEC, and a search for every other sub-county."""
        search = request.args.get("search", "").strip()[:LONGEST_SEARCH]
        if search:
            listed = contacts.contacts_found(db.session, search)
        else:
            listed = contacts.contacts_of(db.session, None)
        groups = [
            {"title": place or _("Kenya National Examinations Council"), "contacts": list(some)}
            for place, some in groupby(listed, key=lambda contact: contact.place)
        ]
        mine = contacts.contacts_of(db.session, own_sub_county()) if g.actor is not None else []
        return self.render_template(
            "help.html", own_contacts=mine, groups=groups, search=search, post_url="/help/"
        )
