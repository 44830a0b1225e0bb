"""Imports every table once, so that metadata, migrations and relationships are complete."""

from app.access import models as access
from app.attendance import models as attendance
from app.audit import models as audit
from app.db import installation
from app.deployments import models as deployments
from app.exams import models as exams
from app.imports import models as imports
from app.letters import models as letters
from app.messages import models as messages
from app.notices import models as notices
from app.people import models as people
from app.places import models as places
from app.privacy import models as privacy
from app.proposals import models as proposals
from app.results import models as results
from app.school_results import models as school_results
from app.stand_ins import models as stand_ins
from app.vacancies import models as vacancies
from app.walk_ins import models as walk_ins

__all__ = [
    "access",
    "attendance",
    "audit",
    "deployments",
    "exams",
    "imports",
    "installation",
    "letters",
    "messages",
    "notices",
    "people",
    "places",
    "privacy",
    "proposals",
    "results",
    "school_results",
    "stand_ins",
    "vacancies",
    "walk_ins",
]
