"""Logs of the workbench: fixed sentences with their fields as JSON, on standard error."""

import json
import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        text = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"
        if fields:
            text += " " + json.dumps(fields, ensure_ascii=False, default=str)
        return text if record.exc_info is None else f"{text}\n{self.formatException(record.exc_info)}"


def configure(debug: bool) -> None:
    """Log from INFO on, or from DEBUG on for our own modules."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("httpx", "httpcore", "aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log addresses, even with query strings
    if debug:
        for name in ("agent_app", "relay_client", "relay_protocol"):
            logging.getLogger(name).setLevel(logging.DEBUG)
