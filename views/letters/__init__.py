"""Letters: on paper for who may read them, checked by anybody, in files for offices."""

from __future__ import annotations

from typing import Any

from flask import Flask


def register(flask_app: Flask, builder: Any) -> None:
    """Adds the officer's deployments, the papers, the files and the public check."""
    from views.letters.files import LetterFileView
    from views.letters.mine import OwnDeploymentsView
    from views.letters.papers import LetterPaperView
    from views.letters.verify import VerifyView, in_capitals

    for page in (OwnDeploymentsView, LetterPaperView, LetterFileView, VerifyView):
        builder.add_view_no_menu(page)
    flask_app.add_url_rule("/VERIFY/<string:code>", "verify_in_capitals", in_capitals)


def register_tasks(queue: Any) -> None:
    """Adds the drawing of files of letters, and their wiping."""
    from views.letters.drawing import draw_file, wipe_files

    queue.task("letters.draw", retries=2)(draw_file)
    queue.task("letters.wipe", cron="17 * * * *")(wipe_files)
