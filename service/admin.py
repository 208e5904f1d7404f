"""AdminService: runs the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from forumlens.v1 import admin_pb2 as apb
from forumlens.v1 import admin_pb2_grpc
from service import limits
from service.serving import ModelSlot
from service.validation import Violations

_Context = grpc.aio.ServicerContext[Any, Any]


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    """Acts on the model that is served."""

    def __init__(self, slot: ModelSlot) -> None:
        self._slot = slot

    async def UseBundle(self, request: apb.UseBundleRequest, context: _Context) -> apb.UseBundleResponse:  # noqa: N802
        """Swap the model; the former one stays where that fails."""
        found = Violations()
        if not request.directory:
            found.add("directory", "is empty: name the folder of a bundle on the machine of the service")
        found.text("directory", request.directory, limits.MAX_PATH_CHARS)
        found.raise_any()
        model, before = await self._slot.use(Path(request.directory))
        return apb.UseBundleResponse(
            bundle_id=model.id, previous_bundle_id=before.id, taxonomy=self._slot.now.labels.ref
        )
