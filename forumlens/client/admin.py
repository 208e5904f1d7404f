"""The client's calls of AdminService."""

from __future__ import annotations

from functools import cached_property

from forumlens.client.calls import Calls
from forumlens.v1 import admin_pb2 as dpb
from forumlens.v1.admin_pb2_grpc import AdminServiceStub


class AdminCalls(Calls):
    """What needs the scope `admin`."""

    @cached_property
    def _admin(self) -> AdminServiceStub:
        return AdminServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def use_bundle(self, directory: str) -> str:
        """Swap the model to a bundle in a folder of the server's machine; gives its id. Raises ClientError."""
        response: dpb.UseBundleResponse = self._call(self._admin.UseBundle, dpb.UseBundleRequest(directory=directory))
        return response.bundle_id
