"""A dask cluster: connected to, and checked to have the versions of this process."""

import asyncio
import contextlib
import warnings
from urllib.parse import urlsplit

from embdistill.errors import UserError

CONNECT = 5  # seconds within which the scheduler must answer
PACKAGES = ("dask", "distributed", "embdistill", "numpy", "numba", "scipy")


def connect(address: str):
    """The dask.distributed.Client of a scheduler. UserError for what is no address, and if no scheduler answers."""
    _check_address(address)
    try:
        import dask
        import threadpoolctl  # noqa: F401  # which workers need
    except ImportError as error:
        raise UserError("--scheduler needs dask; pip install 'embdistill[cluster]'") from error
    # Before distributed is imported, and reads it: what the user must know is said by this process, in a line.
    dask.config.set({"logging": {"distributed": "critical", "distributed.client": "critical"}})
    dask.config.set({"distributed.comm.timeouts.connect": CONNECT})
    from distributed import Client

    try:
        asyncio.run(_greet(address))
        with warnings.catch_warnings(action="ignore"):  # of versions, see check_versions
            return Client(address, timeout=CONNECT, set_as_default=False)
    except Exception as error:  # whatever the bytes of another server lead to
        reason = " ".join(str(error).split()) or f"not within {CONNECT} s"
        raise UserError(
            f"--scheduler {address}: no dask scheduler answers there ({reason}); check the address, or start one with "
            "`dask scheduler`"
        ) from error


async def _greet(address):
    """Shake hands with a scheduler, for which Client waits for ever if something else listens there."""
    from distributed.comm import connect as shake_hands
    from distributed.security import Security

    async with asyncio.timeout(CONNECT):
        comm = await shake_hands(address, **Security().get_connection_args("client"))
        await comm.close()


def _check_address(address):
    with contextlib.suppress(ValueError):  # of a port that is no number
        parts = urlsplit(address)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port and not parts.path:
            return
    raise UserError(f"--scheduler {address}: must be an address such as tcp://192.168.1.2:8786")


def check_versions(client, address: str) -> None:
    """UserError if the scheduler or a worker has other versions than this process, since results may depend on them."""
    found = client.get_versions(packages=PACKAGES)
    here = _versions(found["client"])
    places = {f"the scheduler {address}": found["scheduler"]}
    places |= {f"the worker {worker}": versions for worker, versions in found["workers"].items()}
    for place, versions in places.items():
        there = _versions(versions)
        other = [name for name in here if there[name] != here[name]]
        if other:
            theirs, ours = (", ".join(f"{name} {side[name]}" for name in other) for side in (there, here))
            raise UserError(f"{place} has {theirs}, and here is {ours}: results may differ; install the same there")


def _versions(found):
    """The major and minor version of Python, and those of PACKAGES."""
    python = found["packages"]["python"].split(".")
    return {"Python": ".".join(python[:2]), **{name: found["packages"][name] or "missing" for name in PACKAGES}}
