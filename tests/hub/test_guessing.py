"""Who guesses passwords is slowed down and counted."""

from edge.hub.people.throttle import Throttle
from tests.hub.people import PASSWORD, School
from tests.hub.running import around_now


def test_failed_logins_say_no_more_than_that_and_are_counted(school: School) -> None:
    school.admit_everyone()
    client = school.client()
    said = set()
    for name in ("anna", "anna", "nobody", "' OR 1=1 --"):
        answer = client.post("/api/v1/session", json={"name": name, "password": "wrong"})
        said.add((answer.status_code, answer.json()["detail"]))
    assert said == {(401, "name or password is wrong")}
    entries = school.logged_in("ada").get("/api/v1/audit", params=around_now()).json()["audit"]
    counted = {(each["subject"], each["times"]) for each in entries if each["action"] == "login failed"}
    assert counted == {("anna", 2), ("(no such account)", 2)}


def test_who_guesses_has_to_wait_and_the_owner_does_not(school: School) -> None:
    school.admit_everyone()
    owner = school.logged_in("anna")
    for _ in range(20):
        school.access.throttle.begin("anna", "192.0.2.1")
    wait = school.access.throttle.begin("anna", "192.0.2.1")
    assert wait > 0
    assert owner.post("/api/v1/session", json={"name": "anna", "password": PASSWORD}).status_code == 200
    for _ in range(6):
        school.access.throttle.begin("bert", "testclient")
    answer = school.client().post("/api/v1/session", json={"name": "bert", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_account_has_at_most_a_hundred_guesses_an_hour_from_anywhere() -> None:
    """OWASP ASVS 2.2.1."""
    clock = Clock()
    throttle = Throttle(clock)
    tried = 0
    for second in range(3600):
        clock.now = 1000.0 + second
        tried += throttle.begin("anna", f"192.0.2.{second % 250}") == 0
    assert 50 < tried <= 100
    clock.now += 3601
    assert throttle.begin("anna", "192.0.2.1") == 0


def test_an_address_that_tries_many_accounts_has_to_wait_in_bounded_memory() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    tried = sum(throttle.begin(f"name-{number}", "192.0.2.1") == 0 for number in range(1000))
    assert tried == 20
    for number in range(11_000):
        throttle.begin("anna", str(number))
        throttle.begin(f"name-{number}", "192.0.2.1")
        throttle.passed(f"name-{number}", str(number))
    assert len(throttle._addresses) <= 10_000
    assert len(throttle._homes) <= 10_000
