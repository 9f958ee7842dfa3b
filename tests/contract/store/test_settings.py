"""Settings: one document under kind and key, every change an event."""

import pytest

from relay_protocol.ids import settings_stream
from relay_protocol.messages import SettingChanged
from relay_server.store import events
from relay_server.store.base import Store
from relay_server.store.settings import find_setting, list_settings, put_setting, settings_versions


async def test_a_setting_is_what_was_put_last(store: Store) -> None:
    await store.transact(put_setting("office", "360103", b'{"name":"\xe8\xa5\xbf\xe6\xb9\x96"}', "admin", 1.0))
    await store.transact(put_setting("office", "360102", b"{}", "admin", 2.0))
    await store.transact(put_setting("office", "360103", b'{"name":"x"}', "cli", 3.0))
    rows = await store.read(list_settings("office"))
    assert [(one.key, one.body, one.version, one.by, one.at) for one in rows] == [
        ("360102", b"{}", 2, "admin", 2.0),
        ("360103", b'{"name":"x"}', 3, "cli", 3.0),
    ]
    assert await store.read(find_setting("office", "360103")) == rows[1]
    assert await store.read(list_settings("queue")) == []


async def test_every_change_is_an_event_of_its_kind(store: Store) -> None:
    await store.transact(put_setting("queue", "q", b'{"a":1}', "admin", 1.0))
    await store.transact(put_setting("queue", "q", None, "admin", 2.0))
    log = await store.read(events.events_after(settings_stream("queue"), 0, 9))
    assert [one.frame.event for one in log] == [
        SettingChanged(kind="queue", key="q", body='{"a":1}', by="admin"),
        SettingChanged(kind="queue", key="q", body="", by="admin"),
    ]


async def test_what_was_removed_is_not_found_and_can_come_back(store: Store) -> None:
    await store.transact(put_setting("queue", "q", b"1", "admin", 1.0))
    await store.transact(put_setting("queue", "q", None, "admin", 2.0))
    assert await store.read(find_setting("queue", "q")) is None
    assert await store.read(list_settings("queue")) == []
    assert await store.transact(put_setting("queue", "q", b"2", "admin", 3.0)) == 3


@pytest.mark.parametrize("body", [b"{}", None])
async def test_the_same_again_changes_nothing_and_leaves_no_event(store: Store, body: bytes | None) -> None:
    await store.transact(put_setting("rule", "r", body, "admin", 1.0))
    head = await store.read(events.stream_head(settings_stream("rule")))
    assert await store.transact(put_setting("rule", "r", body, "other", 2.0)) == head
    assert await store.read(events.stream_head(settings_stream("rule"))) == head


async def test_versions_tell_which_kinds_have_changed(store: Store) -> None:
    assert await store.read(settings_versions()) == {}
    await store.transact(put_setting("queue", "q", b"1", "admin", 1.0))
    await store.transact(put_setting("rule", "r", b"1", "admin", 1.0))
    await store.transact(put_setting("queue", "q", None, "admin", 1.0))
    assert await store.read(settings_versions()) == {"queue": 2, "rule": 1}
