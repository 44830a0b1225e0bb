"""Imports every table once, so that metadata, migrations and relationships are complete."""

from app.access import models as access
from app.attendance import models as attendance
from app.audit import models as audit
from app.db import installation
from app.deployments import models as deployments
from app.exams import models as exams
from app.people import models as people
from app.places import models as places

__all__ = [
    "access",
    "attendance",
    "audit",
    "deployments",
    "exams",
    "installation",
    "people",
    "places",
]
