"""The page of a lesson in a real Chromium, from a real hub: what a teacher does in few clicks, and by keys alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.hub.running import Hub
from tests.views.browser import MILLISECONDS, MOST_CLICKS, SCREENS, Hand, axe, new_page, take_pictures
from tests.views.lesson_hub import BEGIN, CHANGED, END, school

expect.set_options(timeout=MILLISECONDS)


@contextmanager
def lesson_page(browser: Browser, hub: Hub) -> Iterator[Page]:
    with new_page(browser) as page:
        page.add_init_script("window.print = () => { window.printed = true }")
        page.goto(hub.address)
        expect(page.get_by_role("status")).to_have_text("Connected")
        yield page


def yesterdays_third_period(hand: Hand) -> None:
    """Open it, see when it changed, and print it."""
    page = hand.page
    hand.use(page.get_by_role("link", name="B12"))
    hand.use(page.get_by_role("button", name="Previous day"))
    # What is shown is of the day that is named: its first lesson, until another is chosen.
    expect(page.get_by_role("button", name="Period 1, ")).to_have_attribute("aria-pressed", "true")
    hand.use(page.get_by_role("button", name="Period 3, 09:05–09:50"))
    expect(page.locator(".readout").first).to_contain_text("average 09:05–09:50")
    expect(page.locator(".legend").first).to_contain_text("people 15.6neutral 10.6smiling 5.0")
    expect(page.locator(".course .wrong").first).to_contain_text("15.6 people may stand under a wrong emotion")
    expect(page.locator(".summary")).to_contain_text("09:25: all people changed from 20.0 to 12.0 people.")
    end = "09:49–09:50: 12.0 people on average; neutral 7.0; smiling 5.0; other emotions 0.0; unsure 0.0; up to 2.3 of "
    expect(page.get_by_role("slider", name="People over time")).to_have_attribute(
        "aria-valuetext", f"{end}them under a wrong emotion"
    )
    hand.use(page.get_by_role("button", name="Print"))
    assert page.evaluate("window.printed")
    assert hand.clicks <= MOST_CLICKS


def test_yesterdays_third_period_is_found_read_and_printed(browser: Browser, tmp_path: Path) -> None:
    """In four clicks, on a desktop and on a phone, and by the keyboard alone."""
    with school(tmp_path) as hub, lesson_page(browser, hub) as page:
        for screen in SCREENS:
            page.set_viewport_size(screen)
            for keys in (False, True):
                page.goto(f"{hub.address}/#/")
                yesterdays_third_period(Hand(page, keys=keys))
        take_pictures(page, "lesson")
        for theme in ("light", "dark"):
            page.get_by_label("Appearance").select_option(theme)
            assert axe(page, f"lesson {theme}") == []
        page.reload()  # the address names the lesson
        expect(page.locator(".summary")).to_contain_text("This may be off by ")
        expect(page.locator(".lesson .note")).to_contain_text("the median of 3 former lessons")
        the_lesson_is_played(page)
        another_lesson_stands_beside(page)
        page.get_by_text("Hours of the week").click()
        expect(page.locator(".heat tbody td", has_text="15.").first).to_be_visible()
        page.get_by_label("Language").select_option("de")
        expect(page.locator(".summary")).to_contain_text("09:25, alle Personen: von 20,0 auf 12,0 Personen.")
        page.go_back()  # to the lesson that the day began with
        page.go_back()
        expect(page.locator(".lesson")).to_be_hidden()
        a_lesson_to_come_has_its_times(page)


def test_a_lesson_has_the_times_of_its_room_wherever_it_is_read(browser: Browser, tmp_path: Path) -> None:
    """In New Zealand it is evening, and another day, when the class begins."""
    with school(tmp_path) as hub, new_page(browser, timezone_id="Pacific/Auckland") as page:
        page.goto(hub.address)
        page.get_by_role("link", name="B12").click()
        expect(page.locator(".picker").first).to_contain_text("All times are those of the room: time zone UTC.")
        page.get_by_role("button", name="Previous day").click()
        page.get_by_role("button", name="Period 3, 09:05–09:50").click()
        expect(page.locator(".printed")).to_contain_text(f"{BEGIN:%A %-d %B}, 09:05–09:50 (UTC)")
        expect(page.locator(".readout").first).to_contain_text("average 09:05–09:50")
        expect(page.locator(".summary")).to_contain_text("09:25: all people changed from 20.0 to 12.0 people.")
        page.get_by_text("Another time of this day").first.click()
        page.locator(".picker").first.get_by_label("from", exact=True).fill("09:25")
        page.locator(".picker").first.get_by_label("until", exact=True).fill("09:45")
        page.get_by_role("button", name="Show", exact=True).first.click()
        expect(page.locator(".readout").first).to_contain_text("average 09:25–09:45")
        page.get_by_role("link", name="All rooms").click()
        page.get_by_role("link", name="B12").click()
        expect(page.locator(".picker").first).to_contain_text("time zone UTC")


def test_each_of_two_cameras_in_a_room_has_its_own_numbers(browser: Browser, tmp_path: Path) -> None:
    with school(tmp_path, second_camera=True) as hub, lesson_page(browser, hub) as page:
        for camera, people in (("pi-1", "15.6"), ("pi-2", "9.0")):
            page.get_by_role("link", name=f"B12 ({camera})").click()
            page.get_by_role("button", name="Previous day").click()
            page.get_by_role("button", name="Period 3, 09:05–09:50").click()
            expect(page.locator(".legend").first).to_contain_text(f"people {people}")
            expect(page.locator(".summary")).to_contain_text(f"{people} people on average")
            page.get_by_text("Hours of the week").click()
            expect(page.locator(".heat tbody td", has_text=f"{people[:-2]}.").first).to_be_visible()
            page.get_by_role("link", name="All rooms").click()


def a_lesson_to_come_has_its_times(page: Page) -> None:
    times = [f"{each + timedelta(days=2):%Y-%m-%dT%H:%MZ}" for each in (BEGIN, END)]
    page.evaluate("hash => { location.hash = hash }", "/".join(["#/north/pi-1", *times]))
    expect(page.locator(".printed")).to_contain_text("09:05–09:50")
    expect(page.locator(".summary")).to_have_text("Diese Stunde hat noch nicht begonnen.")


def the_lesson_is_played(page: Page) -> None:
    """What stands beside the cursor is what the chart says; who wants no motion goes on step by step."""
    chart = page.locator(".u-over").first
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 19.8 / 45, box["y"] + box["height"] / 2)
    expect(page.locator(".when").first).to_have_text("09:24–09:25")  # in the last seconds of that minute, too
    page.mouse.move(0, 0)
    replay = page.get_by_role("group", name="Replay")
    slider = replay.get_by_label("Moment of the lesson")
    slider.fill(str(int(CHANGED.timestamp() - 30) * 1000))
    expect(replay).to_contain_text("09:24–09:25: 20.0 people on average; neutral 15.0; smiling 5.0; ")
    expect(replay).to_contain_text("of them under a wrong emotion")
    expect(page.locator(".when").first).to_have_text("09:24–09:25")
    replay.get_by_label("Speed").select_option("60 times as fast")
    slider.press("Space")
    expect(replay.get_by_role("button", name="Stop")).to_be_visible()
    expect(replay).to_contain_text(": 12.0 people on average; neutral 7.0; smiling 5.0; ")
    take_pictures(page, "lesson-played")
    assert axe(page, "a lesson that is played") == []
    slider.fill(str(int(END.timestamp() - 60) * 1000))
    expect(replay.get_by_role("button", name="Play")).to_be_visible()  # it stops at the end
    expect(replay).to_contain_text("09:49–09:50: 12.0 people on average")
    page.emulate_media(reduced_motion="reduce")
    expect(replay.get_by_role("button", name="Play")).to_be_hidden()
    slider.fill(str(int(CHANGED.timestamp() - 90) * 1000))
    expect(replay).to_contain_text("09:23–09:24: 20.0 people")
    for shown in ("09:24–09:25: 20.0 people", "09:25–09:26: 12.0 people"):
        replay.get_by_role("button", name="Next moment").press("Enter")
        expect(replay).to_contain_text(shown)
    page.emulate_media(reduced_motion="no-preference")


def another_lesson_stands_beside(page: Page) -> None:
    page.get_by_text("Compare with another lesson").click()
    second = page.locator(".compare")
    # At first that of the week before; of half of it there are numbers: 18 people, and 15.6 of this one.
    expect(page.locator(".second .legend")).to_contain_text("people 18.0neutral 13.0")
    expect(second.get_by_role("button", name="Period 3, 09:05–09:50")).to_have_attribute("aria-pressed", "true")
    expect(second.locator(".differences")).to_contain_text(
        "All people: 15.6 here, 18.0 in the other lesson. This is less"
    )
    take_pictures(page, "lesson-compared")
    page.reload()  # the address names both lessons
    expect(second.get_by_role("button", name="Period 3, 09:05–09:50")).to_have_attribute("aria-pressed", "true")
    expect(second.locator(".differences")).to_contain_text("All people: 15.6 here, 18.0 in the other lesson.")
    second.get_by_role("button", name="Next day").click()
    second.get_by_role("button", name="Period 2, 08:10–08:55").click()
    expect(second.locator(".differences")).to_have_text("Too little was published to say what differs.")
    assert axe(page, "two lessons") == []
    page.get_by_text("Compare with another lesson").click()
    expect(page.locator(".second")).to_be_hidden()
