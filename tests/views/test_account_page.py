"""What an administrator does on the page of a real hub, in a real Chromium: alerts, a test, the own password."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from edge.contract.records import Camera
from tests.conftest import Mosquitto, until
from tests.hub.lan import hub_command
from tests.hub.people import PASSWORD
from tests.hub.phone import SECRET, Phone, with_alerts
from tests.hub.running import Hub, health_of, write_hub_config
from tests.views.browser import MILLISECONDS, axe, fill_in, new_page, take_pictures
from tests.views.published import BASE, Sender

expect.set_options(timeout=MILLISECONDS)

NEW = "four words that stay together"


def test_an_administrator_sees_the_alerts_tests_them_and_changes_the_password(
    browser: Browser, broker: Mosquitto, sender: Sender, tmp_path: Path
) -> None:
    refusing = f"json://127.0.0.1:1/{SECRET}"
    with Phone() as phone:
        limits = {"camera_minutes": 0, "quiet_hours": "18:00-07:00", "timezone": "Europe/Berlin"}
        config = with_alerts(write_hub_config(tmp_path, broker.port), phone.url, refusing, **limits)
        for name, role in (("ada", "admin"), ("hanna", "head")):
            words = ("--role", role, "--site", "north")[: 2 if role == "admin" else 4]
            added = hub_command("accounts", "add", "--config", config, *words, name, said=f"{PASSWORD}\n")
            assert added.returncode == 0, added.stderr
        with Hub(config) as hub, new_page(browser, base_url=f"{hub.address}/") as page:
            broken = Camera(state="retrying", error="CameraMissing", restarts=3)
            sender.say(f"{BASE}/north/pi-1/health", health_of("pi-1", camera=broken).model_dump_json(by_alias=True))
            page.goto(hub.address)
            fill_in(page, "ada", PASSWORD)
            the_alerts_are_seen(page)
            a_test_names_what_each_receiver_answered(page, phone)
            with new_page(browser) as elsewhere:
                elsewhere.goto(hub.address)
                fill_in(elsewhere, "ada", PASSWORD)
                expect(elsewhere.get_by_role("status")).to_have_text("Connected")
                the_password_is_changed(page)
                expect(elsewhere.get_by_role("alert")).to_have_text("Your session has ended. Log in again.")
            page.reload()
            expect(page.get_by_role("heading", name="Alerts")).to_be_visible()  # this session goes on
            page.get_by_role("button", name="Log out (ada)").click()
            fill_in(page, "ada", PASSWORD)
            expect(page.get_by_role("alert")).to_have_text("The user name or password is wrong.")
            fill_in(page, "ada", NEW)
            expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
            page.get_by_role("button", name="Log out (ada)").click()
            fill_in(page, "hanna", PASSWORD)
            expect(page.get_by_role("heading", name="All rooms")).to_be_visible()  # at the same address
            expect(page.get_by_role("link", name="Alerts")).to_have_count(0)


def the_alerts_are_seen(page: Page) -> None:
    link = page.get_by_role("link", name="Alerts")
    expect(link).to_be_visible()
    until(lambda: page.request.get("api/v1/alerts").json()["alerts"])
    link.click()
    view = page.locator(".alertview")
    expect(view).to_contain_text("the camera of the device pi-1 delivers no pictures (no camera was found). (since ")
    expect(view).to_contain_text("Line 2 (json) of the file of addresses")
    expect(view).to_contain_text("From 18:00 to 07:00 (Europe/Berlin), the hub sends only what would lose records.")
    expect(view).to_contain_text("A device sends nothing for 15 min")
    expect(view).to_contain_text("A certificate of the hub ends within 20 days.")


def a_test_names_what_each_receiver_answered(page: Page, phone: Phone) -> None:
    page.get_by_role("button", name="Send a test").click()
    outcomes = page.locator(".outcomes li")
    expect(outcomes).to_have_count(2)
    expect(outcomes.nth(0)).to_have_text("Line 2 (json): the service took the message.")
    expect(outcomes.nth(1)).to_contain_text("Line 3 (json): the message was not taken. ")
    assert SECRET not in page.content()
    until(lambda: phone.next()["title"] == "emotion-edge: test")
    take_pictures(page, "alerts")
    for theme in ("light", "dark"):
        page.get_by_label("Appearance").select_option(theme)
        assert axe(page, f"alerts {theme}") == []


def the_password_is_changed(page: Page) -> None:
    """After each answer that keeps it as it was."""
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    take_pictures(page, "password")
    assert axe(page, "password") == []
    for old, new, again, answer in (
        (PASSWORD, NEW, "another", "The two new passwords are not the same."),
        (PASSWORD, PASSWORD, PASSWORD, "The new password is the old one."),
        ("wrong", NEW, NEW, "The old password is wrong."),
        (PASSWORD, "short", "short", "The new password is too short: at least 12 characters."),
        (PASSWORD, "ab" * 10, "ab" * 10, "The new password needs at least six different characters."),
        (PASSWORD, "ada likes old horses", "ada likes old horses", "The new password contains your user name."),
    ):
        for label, value in (("Old password", old), ("New password", new), ("New password again", again)):
            dialog.get_by_label(label, exact=True).fill(value)
        dialog.get_by_role("button", name="Change password").click()
        expect(dialog.get_by_role("alert")).to_have_text(answer)
    for label, value in (("Old password", PASSWORD), ("New password", NEW), ("New password again", NEW)):
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_role("status")).to_contain_text("The password is changed.")
    expect(dialog.get_by_label("Old password")).to_have_value("")
    dialog.get_by_role("button", name="Close").click()
