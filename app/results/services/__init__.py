"""Writes of results: files on their way in, the proof, changes with their reason, the release."""

from app.results.services.changes import Amended, Which, change_result
from app.results.services.channels import switch_channel
from app.results.services.edge_words import (
    NoticeText,
    ask_to_say,
    checked_notice,
    counts_token_from,
    put_notice_up,
    say,
    take_notice_away,
)
from app.results.services.files import (
    Upload,
    add_file,
    ask_to_store,
    discard,
    file_in_scope,
    map_columns,
    subject_names,
    wipe_old,
)
from app.results.services.jobs import Job, Tell, Tools, telling_file, telling_release
from app.results.services.loading import check_file, look, store_file
from app.results.services.nodes import hear_nodes
from app.results.services.proving import count_release, prove_release
from app.results.services.releasing import (
    Publisher,
    approve,
    build_store,
    correct_result,
    open_release,
    set_minute,
    signer_from,
    take_back,
)

__all__ = [
    "Amended",
    "Job",
    "NoticeText",
    "Publisher",
    "Tell",
    "Tools",
    "Upload",
    "Which",
    "add_file",
    "approve",
    "ask_to_say",
    "ask_to_store",
    "build_store",
    "change_result",
    "check_file",
    "checked_notice",
    "correct_result",
    "count_release",
    "counts_token_from",
    "discard",
    "file_in_scope",
    "hear_nodes",
    "look",
    "map_columns",
    "open_release",
    "prove_release",
    "put_notice_up",
    "say",
    "set_minute",
    "signer_from",
    "store_file",
    "subject_names",
    "switch_channel",
    "take_back",
    "take_notice_away",
    "telling_file",
    "telling_release",
    "wipe_old",
]
