"""Writes of deployments, each act one unit of work that reads like the office's."""

from app.deployments.services.answering import OWN_DUTY, answer_duty, own_duty
from app.deployments.services.concerns import answer_concern, answer_concerns, raise_concern
from app.deployments.services.making import (
    delete_deployment,
    deploy_officer,
    edit_deployment,
)
from app.deployments.services.moves import (
    end_deployment,
    publish_deployments,
    withdraw_deployments,
)
from app.deployments.services.placing import Placing, place

__all__ = [
    "OWN_DUTY",
    "Placing",
    "answer_concern",
    "answer_concerns",
    "answer_duty",
    "delete_deployment",
    "deploy_officer",
    "edit_deployment",
    "end_deployment",
    "own_duty",
    "place",
    "publish_deployments",
    "raise_concern",
    "withdraw_deployments",
]
