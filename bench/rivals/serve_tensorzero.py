"""Runs the gateway that the wheel of TensorZero carries until it is ended, and tells its address on descriptor 3."""

import os
import signal
import sys

from tensorzero.tensorzero import _start_http_gateway

gateway = _start_http_gateway(
    config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
)
with os.fdopen(3, "w") as told:
    told.write(gateway.base_url)
signal.pause()
