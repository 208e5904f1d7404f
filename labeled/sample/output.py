"""Writing the sample's files so that the same rows always give the same bytes."""

import gzip
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MONTHS = tuple(f"{2024 + index // 12}-{index % 12 + 1:02d}" for index in range(18))
AUTHORED_TAG = "authored-sample"


def write_jsonl_gz(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line, gzipped, with neither time nor file name in the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    path.write_bytes(buffer.getvalue())


def write_truth(path: Path, part: str, truth: Mapping[str, Any]) -> None:
    """Put `truth` under the key `part` of the truth file and keep the other parts."""
    whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    whole[part] = truth
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
