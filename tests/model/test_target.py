"""What a target says of itself."""

from __future__ import annotations

from prodworthy.model import Secret, Supabase, Target


def test_its_hosts_are_its_own_and_each_is_named_once() -> None:
    shop = Target(
        name="shop",
        url="https://shop.test",
        domains=("https://shop.test", "https://www.shop.test:8443"),
        supabase=Supabase(url="https://abc.supabase.co", key=Secret(name="KEY")),
    )
    assert shop.hosts == ("shop.test", "www.shop.test")
    assert shop.declared_hosts == (*shop.hosts, "abc.supabase.co")
