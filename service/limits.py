"""What one request may hold. The same numbers stand in the comments of the .proto files."""

MAX_POSTS = 256
MAX_BODY_CHARS = 200_000
MAX_CALL_CHARS = 8_000_000
MAX_ID_CHARS = 256
MAX_TITLE_CHARS = 10_000
MAX_NAME_CHARS = 256
MAX_PATH_CHARS = 4_096
MAX_SOURCE_CHARS = 2_048
MAX_TAGS = 50
MAX_FAMILIES = 50
MAX_MONTHS = 1_200
MAX_WEEK_MONTHS = 240
"""Of a series by week, which then has no more points than one by month may have."""
MAX_PAGE = 500
DEFAULT_PAGE = 50
MAX_QUEUE_PAGE = 100
DEFAULT_QUEUE_PAGE = 20
MAX_REVIEW_LABELS = 20
MAX_NOTE_CHARS = 2_000
MAX_REVIEWER_CHARS = 64
MAX_QUERY_CHARS = 1_000
MAX_QUERY_WORDS = 32
MAX_SHARES = 200
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Enough for MAX_CALL_CHARS of four bytes each, with all other fields."""
