"""The generated screens of the portal and their REST resources, one class for each kind of record."""

from __future__ import annotations

from typing import Any

from views.accounts.records import NumberChangeView
from views.base_api import api_for
from views.crud.access import CentreLoginView, EventView, UserView
from views.crud.attendance import DisputeView, IncidentView, MarkView, RegisterListView
from views.crud.deployments import DeploymentView
from views.crud.letters import LetterTemplateView, LetterView
from views.crud.people import OfficerView
from views.crud.places import (
    CentreView,
    CountyView,
    OfficeContactView,
    SchoolView,
    SubCountyView,
)
from views.crud.profiles import ProfileRequirementView, UnmaskLimitView
from views.crud.season import (
    DayRateView,
    DeadlineView,
    ExamDayView,
    ExaminationView,
    RatioRuleView,
    SeriesView,
    StaffRoleView,
)
from views.messages.records import (
    MessageBudgetView,
    MessagePriceView,
    MessageView,
    QuietHoursView,
)
from views.notices.records import NoticeView
from views.privacy.records import DataRequestView, RetentionPeriodView
from views.school_results.records import ResultQueryPeriodView
from views.vacancies.records import (
    ApplicationView,
    EligibilityRuleView,
    RankingWeightView,
    ServiceRecordView,
    VacancyView,
)

VIEWS = (
    MarkView,
    RegisterListView,
    DisputeView,
    IncidentView,
    LetterView,
    DeploymentView,
    CentreLoginView,
    OfficerView,
    CentreView,
    OfficeContactView,
    SchoolView,
    SubCountyView,
    CountyView,
    ExamDayView,
    DeadlineView,
    SeriesView,
    RatioRuleView,
    DayRateView,
    LetterTemplateView,
    StaffRoleView,
    ApplicationView,
    VacancyView,
    EligibilityRuleView,
    RankingWeightView,
    ServiceRecordView,
    ExaminationView,
    UserView,
    NumberChangeView,
    MessageView,
    MessageBudgetView,
    QuietHoursView,
    MessagePriceView,
    EventView,
    NoticeView,
    RetentionPeriodView,
    ResultQueryPeriodView,
    DataRequestView,
    ProfileRequirementView,
    UnmaskLimitView,
)
"""Every screen; those that others show as related lists come first."""


def register(_flask_app: Any, builder: Any) -> None:
    """Adds every screen, and the REST resource of each that has one."""
    for screen in VIEWS:
        add_screen(builder, screen)


def add_screen(builder: Any, screen: Any) -> Any:
    """Adds one screen and its REST resource; returns the screen as registered."""
    added = builder.add_view_no_menu(screen)
    if added.rest:
        builder.add_api(api_for(added))
    return added
