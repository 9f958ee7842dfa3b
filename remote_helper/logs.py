"""Logs of the helper: fixed sentences with their fields as JSON, on standard error."""

import json
import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TALKATIVE = ("httpx", "httpcore", "aioice", "aiortc", "qasync")  # they log addresses, and much of it


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        told = f" {json.dumps(fields, ensure_ascii=False, default=str)}" if fields else ""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}{told}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(debug: bool) -> None:
    """Log from WARNING on, or from DEBUG on for our own modules."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if debug:
        for name in ("remote_helper", "relay_client", "relay_protocol"):
            logging.getLogger(name).setLevel(logging.DEBUG)
