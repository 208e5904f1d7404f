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
MAX_PAGE = 500
DEFAULT_PAGE = 50
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Enough for MAX_CALL_CHARS of four bytes each, with all other fields."""
