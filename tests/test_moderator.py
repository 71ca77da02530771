"""The moderation page: the queue as it will look, sessions of decisions, answers and edits, and what is refused."""

import threading
from pathlib import Path

import pytest
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.moderation.decisions import Action, Decision

from .moderated_site import PUBLIC, git
from .moderator_desk import FORM, PLACE, ModeratorDesk, parse, read_form, text_of
from .signing_site import make_key

ONE, TWO, THREE = "20260314-100000-one1", "20260314-100100-two2", "20260314-100200-thr3"


@pytest.fixture
def desk(tmp_path: Path) -> ModeratorDesk:
    desk = ModeratorDesk(tmp_path / "site")
    desk.sign_in()
    return desk


def candidate(page, id: str):
    """Return what a page shows of a comment that waits."""
    return page.select_one(f"#waiting-{id}")


# The queue


def test_a_comment_stands_below_what_it_answers(desk: ModeratorDesk) -> None:
    """Comments look as they will, in the thread they will join; what is on the page already has nothing to choose."""
    desk.site.submit(ONE, PUBLIC, name="Ivo", body="With *emphasis*.")
    desk.site.submit(TWO, ONE, name="Lena", minutes=1)
    page = desk.read_queue()
    assert "2 comments wait" == text_of(page.h1)
    assert "About talk" == text_of(page.select_one("h2"))
    assert "http://localhost/talk.html" == page.select_one("h2 a")["href"]
    assert [f"comment-{id}" for id in (PUBLIC, ONE, TWO)] == [tag["id"] for tag in page.select("article.comment")]
    assert "emphasis" == text_of(candidate(page, ONE).em)
    assert candidate(page, ONE).find_parent("ol", class_="replies").find_parent("li").select_one(".published")
    assert candidate(page, TWO) in candidate(page, ONE).parent.select(".replies .candidate")
    assert "waits as well" in text_of(candidate(page, TWO))
    assert [""] == [tag["value"] for tag in candidate(page, ONE).select("input[checked]")]


def test_only_the_nearest_comments_above_are_shown(desk: ModeratorDesk) -> None:
    """Of a long branch two comments are shown above what waits; the first of them says what it answers, with a link."""
    for number in range(1, 6):
        parent = f"c{number - 1}" if number > 1 else PUBLIC
        desk.site.files.write_comment("talk", f"c{number}", name=f"Name {number}", in_reply_to=parent)
    desk.site.commit_all("A branch")
    desk.site.submit(ONE, "c5")
    page = desk.read_queue()
    assert ["comment-c4", "comment-c5", f"comment-{ONE}"] == [tag["id"] for tag in page.select("article.comment")]
    assert "in reply to Name 3" == text_of(page.select_one("#comment-c4 > small:has(.u-in-reply-to)"))
    assert "http://localhost/talk.html#comment-c3" == page.select_one("#comment-c4 .u-in-reply-to")["href"]


def test_why_a_comment_was_marked_and_who_is_no_author(desk: ModeratorDesk) -> None:
    """Marks stand below the comment; who has an author's name is called a guest; marked ones come last."""
    desk.site.submit(ONE, name="Spammer", marks=["7 links", "sent 1 s after the preview"], thread="tea")
    desk.site.submit(TWO, name="Ann Example", minutes=5)
    page = desk.read_queue()
    assert [f"waiting-{TWO}", f"waiting-{ONE}"] == [tag["id"] for tag in page.select(".candidate")]
    assert "Marked: 7 links, sent 1 s after the preview." == text_of(candidate(page, ONE).select_one(".marks"))
    assert candidate(page, TWO).select_one(".is-guest")
    assert ["About talk", "Perhaps spam", "About tea"] == [text_of(tag) for tag in page.select("form h2")]


def test_what_cannot_be_published(desk: ModeratorDesk) -> None:
    """A file with an error is shown as it is, with the error, and can be declined only; a lost parent is named."""
    desk.submit_raw(ONE, b"---\nname: [\n---\n<script>alert(1)</script>\n")
    desk.site.submit(TWO, "20250101-000000-gone")
    page = desk.read_queue()
    broken = candidate(page, ONE)
    assert "<script>alert(1)</script>" in broken.pre.get_text()
    assert "It cannot be published: the front matter is not YAML" in text_of(broken)
    assert ["", "reject", "spam"] == [tag["value"] for tag in broken.select("input[type=radio]")]
    assert "20250101-000000-gone, which is nowhere" in text_of(candidate(page, TWO))
    assert "in reply to a comment that is not here" in text_of(candidate(page, TWO))


def test_a_thread_without_a_page(desk: ModeratorDesk) -> None:
    """What is for a page that is gone is shown all the same, and says so."""
    desk.site.submit(ONE, thread="gone")
    page = desk.read_queue()
    assert "gone no page has this thread" == text_of(page.select_one("form h2"))
    assert candidate(page, ONE) is not None


def test_strangers_words_stay_words(desk: ModeratorDesk) -> None:
    """Nothing of a hostile name, body or mark becomes an element; the page has our one script."""
    attack = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"
    desk.site.submit(ONE, name=attack, body=attack, marks=[attack])
    page = desk.read_queue()
    assert [f"{PLACE.removesuffix('moderate')}static/moderation.js"] == [tag["src"] for tag in page.select("script")]
    assert not page.select("img, [onerror]")
    assert attack in text_of(candidate(page, ONE).select_one("legend"))
    reply = parse(desk.decide(**{f"action__{ONE}": "approve", f"answer__{ONE}": attack}))
    assert not reply.select("img, [onerror], main script")
    assert attack in text_of(reply.select_one(".report"))


def test_a_long_queue_is_shown_in_parts(desk: ModeratorDesk) -> None:
    """Fifty at a time, the oldest first, and a line says how many there are."""
    for number in range(52):
        desk.site.submit(f"2026031{4 + number // 30}-100000-{number:04}", minutes=number)
    page = desk.read_queue()
    assert "52 comments wait" == text_of(page.h1)
    assert 50 == len(page.select(".candidate"))
    assert "These are 50 of them" in text_of(page.select_one(".notice"))
    assert page.select_one("#waiting-20260314-100000-0000")


# Sessions


def test_one_form_is_one_session(desk: ModeratorDesk) -> None:
    """Several decisions and an answer in one form: one commit, one build, a report with links to what is on the page."""
    for number, id in enumerate((ONE, TWO, THREE)):
        desk.site.submit(id, PUBLIC, name=f"Name {number}", minutes=number)
    fields = {f"action__{ONE}": "approve", f"action__{TWO}": "reject", f"action__{THREE}": "spam"}
    page = parse(desk.decide(**fields, **{f"answer__{ONE}": "My answer."}))
    assert ["Approve 1 comment, answer 1, decline 1, mark 1 as spam"] == desk.new_subjects
    assert [""] == desk.builds
    assert [State.APPROVED, State.REJECTED, State.SPAM] == [desk.site.state_of(id) for id in (ONE, TWO, THREE)]
    assert "Approve 1 comment, answer 1, decline 1, mark 1 as spam" == text_of(page.select_one(".report h2"))
    assert "Nothing waits" == text_of(page.h1)
    assert ["Name 0 on About talk", "Name 0 on About talk"] == [text_of(tag) for tag in page.select(".report a")]
    assert f"http://localhost/talk.html#comment-{ONE}" == page.select_one(".report a")["href"]
    assert "" == desk.site.status()


def test_an_answer_is_signed_and_approves_what_it_answers(desk: ModeratorDesk) -> None:
    """An answer without a choice approves; its signature is what ssh-keygen verifies."""
    desk.site.submit(ONE, PUBLIC)
    page = parse(desk.decide(**{f"answer__{ONE}": "\n\nMy *answer*.  \n"}))
    assert ["Approve 1 comment, answer 1"] == desk.new_subjects
    (path,) = [p for p in git(desk.site.root, "ls-files", "comments").split() if p.endswith(".sig")]
    answer = (desk.site.root / path.removesuffix(".sig")).read_text()
    assert f"in_reply_to: {ONE}\n" in answer
    assert answer.endswith("---\nMy *answer*.\n")
    assert "author: ann\n" in answer
    assert "is-author" not in str(page.form)
    done = desk.site.files.run("pelican_comments", "check")
    assert 0 == done.returncode, done.stdout


def test_a_form_that_is_sent_twice_does_nothing_twice(desk: ModeratorDesk) -> None:
    """Going back and sending again, or a second click: no second answer, no second commit, and it says so."""
    desk.site.submit(ONE, PUBLIC)
    queue = desk.read_queue()
    for _ in range(2):
        page = parse(desk.decide(queue, **{f"answer__{ONE}": "My answer."}))
    assert ["Approve 1 comment, answer 1"] == desk.new_subjects
    assert [""] == desk.builds
    report = text_of(page.select_one(".report"))
    assert "Nothing was done" in report
    assert "it is approved already" in report
    assert "this form was sent before" in report


def test_nothing_chosen(desk: ModeratorDesk) -> None:
    """A form without a choice does nothing, and says so."""
    desk.site.submit(ONE)
    page = parse(desk.decide())
    assert "Nothing was chosen, so nothing was done." == text_of(page.select_one(".notice"))
    assert [] == desk.new_subjects


def test_an_answer_to_what_is_declined(desk: ModeratorDesk) -> None:
    """Who answers and declines gets the form back, with what was written, while the others are decided."""
    desk.site.submit(ONE)
    desk.site.submit(TWO, minutes=1)
    page = parse(desk.decide(**{f"action__{ONE}": "spam", f"answer__{ONE}": "But why?", f"action__{TWO}": "approve"}))
    assert ["Approve 1 comment"] == desk.new_subjects
    assert State.PENDING is desk.site.state_of(ONE)
    assert "would have nothing to stand below" in text_of(candidate(page, ONE).select_one(".refusal"))
    assert "But why?" == text_of(candidate(page, ONE).textarea)
    assert "spam" == candidate(page, ONE).select_one("input[checked]")["value"]


def test_a_reply_whose_parent_waits(desk: ModeratorDesk) -> None:
    """Alone it is refused beside the comment; with its parent in the same form it is approved."""
    desk.site.submit(ONE)
    desk.site.submit(TWO, ONE, minutes=1)
    page = parse(desk.decide(**{f"action__{TWO}": "approve"}))
    assert "it waits: it answers" in text_of(candidate(page, TWO).select_one(".refusal"))
    assert "1 could not be carried out" in text_of(page.select_one(".report"))
    assert [] == desk.new_subjects
    desk.decide(**{f"action__{ONE}": "approve", f"action__{TWO}": "approve"})
    assert ["Approve 2 comments"] == desk.new_subjects


def test_all_marked_ones_at_once(desk: ModeratorDesk) -> None:
    """One tick takes the marked ones for spam that nothing else is chosen for; it touches no other comment."""
    desk.site.submit(ONE, marks=["7 links"])
    desk.site.submit(TWO, marks=["8 links"], minutes=1)
    desk.site.submit(THREE, minutes=2)
    desk.decide(**{f"action__{ONE}": "approve", "others": "spam"})
    assert [State.APPROVED, State.SPAM, State.PENDING] == [desk.site.state_of(id) for id in (ONE, TWO, THREE)]


def test_approve_and_reject_at_the_same_time(desk: ModeratorDesk) -> None:
    """Who comes second is refused and told what it is now; what they had answered is kept for them."""
    revision = desk.site.submit(ONE, name="Ivo")
    queue = desk.read_queue()
    desk.site.moderation().decide([Decision(Action.REJECT, ONE, seen=revision)])
    page = parse(desk.decide(queue, **{f"action__{ONE}": "approve", f"answer__{ONE}": "An answer."}))
    assert State.REJECTED is desk.site.state_of(ONE)
    assert ["Decline 1 comment"] == desk.new_subjects
    assert [] == desk.builds
    report = page.select_one(".report")
    assert "Not approved: Ivo" in text_of(report) or "Not approved" in text_of(report)
    assert "it is declined" in text_of(report)
    assert "An answer." == text_of(report.textarea)


def test_two_browsers_at_the_same_time(desk: ModeratorDesk) -> None:
    """Of an approval and a rejection that are sent together one wins; the other browser says that it lost."""
    desk.site.submit(ONE)
    values = read_form(desk.read_queue().select_one("form.queue"))
    reports: list[str] = []
    clients = [desk.app.test_client(), desk.app.test_client()]

    def send(client, token: str, action: str) -> None:
        form = {**values, "token": token, f"action-{ONE}": action}
        response = client.post(f"{PLACE}/decide", data=form, content_type=FORM)
        reports.append(text_of(parse(response).select_one(".report")))

    threads = []
    for client, action in zip(clients, ("approve", "reject"), strict=True):  # both look before either decides
        desk.sign_in(client)
        token = read_form(parse(client.get(PLACE)).select_one("form.queue"))["token"]
        threads.append(threading.Thread(target=send, args=(client, token, action)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == len(desk.new_subjects)
    assert 1 == sum("somebody has decided meanwhile" in report for report in reports)
    assert 1 == sum("One commit" in report for report in reports)


def test_a_text_that_changes_meanwhile_is_not_decided_about(desk: ModeratorDesk) -> None:
    """Its writer changes it while it is read: refused, shown anew, and nothing is chosen for the new text."""
    desk.site.submit(ONE, body="Harmless.")
    queue = desk.read_queue()
    moderation = desk.site.moderation()
    stored = moderation.read_candidate(ONE)
    moderation.rewrite(stored, stored.data.replace(b"Harmless", b"Harmful"))
    page = parse(desk.decide(queue, **{f"action__{ONE}": "approve"}))
    assert "its writer has changed it since you looked" in text_of(candidate(page, ONE).select_one(".refusal"))
    assert "Harmful." in text_of(candidate(page, ONE))
    assert "" == candidate(page, ONE).select_one("input[checked]")["value"]
    assert State.PENDING is desk.site.state_of(ONE)


def test_a_build_that_fails(desk: ModeratorDesk) -> None:
    """The decisions stay, and the page says what went wrong."""
    desk.build_problem = "the site could not be built; the terminal says why"
    desk.site.submit(ONE)
    page = parse(desk.decide(**{f"action__{ONE}": "approve"}))
    assert ["Approve 1 comment"] == desk.new_subjects
    assert desk.build_problem in text_of(page.select_one(".report .problems"))


def test_declining_builds_nothing(desk: ModeratorDesk) -> None:
    """Where no public file changes, the site is not built."""
    desk.site.submit(ONE)
    desk.decide(**{f"action__{ONE}": "reject"})
    assert ["Decline 1 comment"] == desk.new_subjects
    assert [] == desk.builds


def test_a_key_with_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no agent has the key, nothing is done; the page says what to do and has all that was chosen and written."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("SSH_ASKPASS", "false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    desk = ModeratorDesk(tmp_path / "site", passphrase="a secret")
    desk.sign_in()
    desk.site.submit(ONE)
    desk.site.submit(TWO, minutes=1)
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer.", f"action__{TWO}": "spam"}))
    said = text_of(page.select_one(".problems"))
    assert said.startswith("Nothing was done: the key ")
    assert "run `ssh-add " in said
    assert [] == desk.new_subjects
    assert "My answer." == text_of(candidate(page, ONE).textarea)
    assert "spam" == candidate(page, TWO).select_one("input[checked]")["value"]


def test_a_list_of_keys_that_was_deleted(tmp_path: Path) -> None:
    """The page says how to bring it back, offers no key to list in a new one, and has all that was written."""
    desk = ModeratorDesk(tmp_path / "site")
    desk.client = desk.make_app(sets_up_keys=True).test_client()
    desk.sign_in()
    desk.site.submit(ONE)
    (desk.site.root / "allowed_signers").unlink()
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer.", "set_up_key": "yes"}))
    assert "bring it back with `git checkout HEAD -- allowed_signers`" in text_of(page.select_one(".problems"))
    assert not page.select("[name=set_up_key]")
    assert "My answer." == text_of(candidate(page, ONE).textarea)
    assert [] == desk.new_subjects


def test_a_list_of_keys_outside_of_the_repository(tmp_path: Path) -> None:
    """The page says which line to add by hand, and offers nothing that no session could commit."""
    make_key(tmp_path / "key")
    desk = ModeratorDesk(tmp_path / "site", key=tmp_path / "key", CONVERSATION_ALLOWED_SIGNERS="../allowed_signers")
    desk.client = desk.make_app(sets_up_keys=True).test_client()
    desk.sign_in()
    desk.site.submit(ONE)
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer.", "set_up_key": "yes"}))
    assert "add the line `ann namespaces=" in text_of(page.select_one(".problems"))
    assert not page.select("[name=set_up_key]")
    assert ("My answer.", []) == (text_of(candidate(page, ONE).textarea), desk.new_subjects)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_key_is_set_up_from_the_page(tmp_path: Path, *, is_there: bool) -> None:
    """A key that is missing or not listed stops the session; where the page may, one tick sets it up in the same commit."""
    key = tmp_path / "keys" / "key"
    public = make_key(key) if is_there else ""
    desk = ModeratorDesk(tmp_path / "site", key=key)
    desk.sign_in()
    desk.site.submit(ONE)
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer.", "set_up_key": "yes"}))
    assert page.select_one(".problems")
    assert not page.select("[name=set_up_key]")
    desk.client = desk.make_app(sets_up_keys=True).test_client()
    desk.sign_in()
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer."}))
    said = text_of(page.select_one("label[for=set-up-key]"))
    assert said.endswith(f"the key {key} as that of Ann Example, in the same commit") or str(key) in said
    assert [] == desk.new_subjects
    desk.decide(page, set_up_key="yes")
    assert ["Approve 1 comment, answer 1"] == desk.new_subjects
    listed = desk.site.committed("allowed_signers") or ""
    assert listed.startswith('ann namespaces="comment@pelican-conversation" ssh-ed25519 ')
    assert public in listed
    assert "" == desk.site.status()


def test_who_cannot_sign(tmp_path: Path) -> None:
    """Without an author nothing can be answered, so no field asks; a form that has one all the same is refused."""
    desk = ModeratorDesk(tmp_path / "site", CONVERSATION_AUTHORS={})
    desk.sign_in()
    desk.site.submit(ONE)
    assert not desk.read_queue().select("textarea")
    page = parse(desk.decide(**{f"answer__{ONE}": "My answer."}))
    assert "there is no author who could answer" in text_of(page.select_one(".problems"))


def test_the_author_whose_key_it_is_answers(tmp_path: Path) -> None:
    """Of several authors the one answers whose key signs here."""
    authors = {"zoe": {"name": "Zoe"}, "ann": {"name": "Ann Example"}}
    desk = ModeratorDesk(tmp_path / "site", CONVERSATION_AUTHORS=authors)
    desk.sign_in()
    desk.site.submit(ONE)
    desk.decide(**{f"answer__{ONE}": "My answer."})
    assert ["Approve 1 comment, answer 1"] == desk.new_subjects
    assert "+author: ann" in git(desk.site.root, "show", "HEAD").splitlines()


def test_an_inbox_that_cannot_be_read(desk: ModeratorDesk) -> None:
    """The page says so, with what was written, and no trace of the code."""
    desk.site.submit(ONE)
    queue = desk.read_queue()
    (desk.settings.inbox / "HEAD").unlink()
    response = desk.decide(queue, **{f"answer__{ONE}": "My answer."})
    page = parse(response)
    assert 503 == response.status_code
    assert "the inbox" in text_of(page.select_one(".problems"))
    assert "My answer." == text_of(page.textarea)
    assert "Traceback" not in page.get_text()


# Editing


def test_editing_keeps_what_was_chosen(desk: ModeratorDesk) -> None:
    """The edited text waits, marked as edited; what was chosen and typed for the others is still there."""
    desk.site.submit(ONE, name="Ivo", body="Misteak.")
    desk.site.submit(TWO, minutes=1)
    form = parse(desk.decide(edit=ONE, **{f"action__{TWO}": "spam", f"answer__{TWO}": "Typed."}))
    assert "Edit the comment by Ivo" == text_of(form.h1)
    values = read_form(form.select_one("main form"))
    assert ("Ivo", "Misteak.") == (values["name"], values["body"].rstrip("\n"))
    response = desk.client.post(
        f"{PLACE}/edit/{ONE}", data={**values, "body": "Mistake.", "url": "example.org"}, content_type=FORM
    )
    page = parse(response)
    assert "The comment by Ivo is changed, and waits." == text_of(page.select_one(".notice"))
    assert "Mistake." in text_of(candidate(page, ONE))
    assert "edited" in text_of(candidate(page, ONE).select_one("small:has(.dt-updated)"))
    assert candidate(page, ONE).select_one("a[href='https://example.org']")
    assert "spam" == candidate(page, TWO).select_one("input[checked]")["value"]
    assert "Typed." == text_of(candidate(page, TWO).textarea)
    assert [] == desk.new_subjects
    desk.decide(page, **{f"action__{ONE}": "approve", f"action__{TWO}": "", f"answer__{TWO}": ""})
    assert "Mistake." in (desk.site.committed(f"comments/talk/{ONE}.md") or "")


def test_an_edit_that_is_no_comment(desk: ModeratorDesk) -> None:
    """What is to be mended stands beside the field, and the text is kept; leaving it changes nothing."""
    desk.site.submit(ONE, name="Ivo")
    values = read_form(parse(desk.decide(edit=ONE)).select_one("main form"))
    response = desk.client.post(f"{PLACE}/edit/{ONE}", data={**values, "name": " ", "body": "New."}, content_type=FORM)
    page = parse(response)
    assert 422 == response.status_code
    assert "Please give a name; any name will do." == text_of(page.select_one("#edit-name-problem"))
    assert "New." == text_of(page.textarea)
    left = desk.client.post(f"{PLACE}/edit/{ONE}", data={**values, "body": "New.", "leave": "yes"}, content_type=FORM)
    assert f"Body of {ONE}." in text_of(candidate(parse(left), ONE))


def test_an_edit_of_what_has_changed(desk: ModeratorDesk) -> None:
    """Its writer was quicker: the moderator is told, keeps the text, and can save it over that."""
    desk.site.submit(ONE, name="Ivo", body="First.")
    values = read_form(parse(desk.decide(edit=ONE)).select_one("main form"))
    moderation = desk.site.moderation()
    stored = moderation.read_candidate(ONE)
    moderation.rewrite(stored, stored.data.replace(b"First", b"Second"))
    values["body"] = "Third."
    response = desk.client.post(f"{PLACE}/edit/{ONE}", data=values, content_type=FORM)
    page = parse(response)
    assert 409 == response.status_code
    assert "Its writer has changed it meanwhile." in text_of(page.select_one(".notice"))
    assert "Third." == text_of(page.textarea)
    again = desk.client.post(f"{PLACE}/edit/{ONE}", data=read_form(page.select_one("main form")), content_type=FORM)
    assert "Third." in text_of(candidate(parse(again), ONE))


def test_an_edit_of_what_is_decided(desk: ModeratorDesk) -> None:
    """What does not wait any more cannot be edited here, and the page says why."""
    revision = desk.site.submit(ONE, name="Ivo")
    queue = desk.read_queue()
    desk.site.moderation().decide([Decision(Action.APPROVE, ONE, seen=revision)])
    assert "Ivo cannot be edited: it does not wait any more" in text_of(parse(desk.decide(queue, edit=ONE)).main)


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_an_edit_of_what_was_decided_meanwhile(desk: ModeratorDesk, is_withdrawn: bool) -> None:
    """What was typed is on the page that says so, about the comment that is gone and about the others."""
    revision = desk.site.submit(ONE, name="Ivo")
    desk.site.submit(TWO, minutes=1)
    typed = {f"answer__{ONE}": "An answer.", f"answer__{TWO}": "Another."}
    values = read_form(parse(desk.decide(edit=ONE, **typed)).select_one("main form"))
    if is_withdrawn:
        desk.site.inbox.withdraw(ONE, expected_revision=revision)
    else:
        desk.site.moderation().decide([Decision(Action.REJECT, ONE, seen=revision)])
    response = desk.client.post(f"{PLACE}/edit/{ONE}", data={**values, "body": "Edited."}, content_type=FORM)
    assert (503 if is_withdrawn else 409) == response.status_code
    kept = [text_of(tag) for tag in parse(response).select("textarea")]
    assert sorted(["An answer.", "Another.", "Edited."]) == sorted(kept)


@pytest.mark.parametrize("path", ["/decide", f"/edit/{ONE}"])
def test_asking_for_the_address_of_an_answer(desk: ModeratorDesk, path: str) -> None:
    """Who asks anew for the page that an answer was shown at is led to the queue."""
    response = desk.client.get(f"{PLACE}{path}")
    assert (303, PLACE) == (response.status_code, response.headers["Location"])
