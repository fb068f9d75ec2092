"""What these tests look at: thanks, reports, a lesson, a recognition."""

from tests.app.care.conftest import choose, lesson, report, skill, standing, thank
from tests.app.recognitions.conftest import give

__all__ = ["choose", "give", "lesson", "report", "skill", "standing", "thank"]
