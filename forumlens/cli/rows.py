"""What the joined questions find, as rows: brief for people, in full for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from classifier.trend.crossing import Crossing
from classifier.trend.direction import Direction, Trend
from classifier.trend.questions import Comparison, ThemeTrend, ThemeTrends
from store.documentation import METADATA_FIELDS, Documentation
from store.months import format_month


def documentation_row(row: Documentation) -> dict[str, Any]:
    """A row of documentation in full."""
    return {**brief_documentation(row), **{name: row.gives.get(name) for name in METADATA_FIELDS}}


def brief_documentation(row: Documentation) -> dict[str, Any]:
    """A row of documentation as people read it."""
    return {
        "subject": row.subject,
        "models": row.models,
        "with card": row.with_card,
        "share": row.card_share,
        "read": row.cards_read,
        "words": row.words,
        "sections": row.sections,
        "unfilled": row.placeholders,
        "complete": row.completeness,
    }


def brief_theme(one: ThemeTrend) -> dict[str, Any]:
    """A theme as people read it."""
    return {
        "theme": one.theme,
        "recent": one.shift.recent,
        "share": one.shift.recent_share,
        "before": one.shift.before_share,
        "p": one.shift.p_adjusted,
        "trend": one.direction.trend.value,
        "p of trend": None if one.direction.trend is Trend.UNKNOWN else one.direction.p_adjusted,
        "threads": sum(one.threads),
        **({"read": list(one.evidence)} if one.evidence else {}),
    }


def theme_row(found: ThemeTrends, one: ThemeTrend) -> dict[str, Any]:
    """A theme in full, its series month by month."""
    return {
        "theme": one.theme,
        "from": format_month(found.months.start),
        "to": format_month(found.months.stop),
        "recent_months": found.recent,
        **asdict(one.shift),
        "tested": one.tested.value,
        **_flat_direction("", one.direction),
        "changes": [format_month(found.months.start + point.position) for point in one.changes],
        "threads": list(one.threads),
        "expected": [round(value, 3) for value in one.expected],
        "evidence": list(one.evidence),
    }


def brief_comparison(one: Comparison) -> dict[str, Any]:
    """Talk beside uploads as people read it."""
    return {
        "subject": one.subject,
        "threads": sum(one.threads),
        "talk": one.talk.trend.value,
        "uploads": sum(one.uploads),
        "uploading": one.uploading.trend.value,
        "rho": one.correlation.rho if one.correlation else None,
        "talk leads by": one.lead.lag if one.lead and one.lead.p_adjusted < 0.05 else None,
        "divergence": one.divergence.value if one.divergence else "",
    }


def comparison_row(one: Comparison) -> dict[str, Any]:
    """Talk beside uploads in full, both series month by month."""
    return {
        "subject": one.subject,
        "divergence": one.divergence.value if one.divergence else "",
        **_flat_direction("talk_", one.talk),
        **_flat_direction("uploading_", one.uploading),
        **{
            name: getattr(one.correlation, field, None)
            for name, field in (("rho", "rho"), ("rho_p", "p"), ("rho_low", "low"), ("rho_high", "high"))
        },
        "lead_months": one.lead.lag if one.lead else None,
        "lead_correlation": one.lead.correlation if one.lead else None,
        "lead_p_adjusted": one.lead.p_adjusted if one.lead else None,
        "threads": list(one.threads),
        "uploads": list(one.uploads),
    }


def _flat_direction(prefix: str, one: Direction) -> dict[str, Any]:
    values = {name: value for name, value in asdict(one).items() if name not in ("months", "total")}
    return {f"{prefix}{name}": value for name, value in (values | {"trend": one.trend.value}).items()}


def brief_crossing(cell: Crossing) -> dict[str, Any]:
    """Theme and family as people read it."""
    return {
        "theme": cell.theme,
        "family": cell.family,
        "threads": cell.threads,
        "lift": cell.lift,
        "p": cell.p_adjusted,
        "share of family": cell.share,
        "recently": cell.recent_share,
        "p of change": cell.p_change,
    }
