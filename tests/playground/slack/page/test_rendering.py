"""The HTML of the page, for different users."""

from datetime import UTC, datetime
from html import unescape

import httpx2
import pytest

from bot.playground.slack import SimulatedUser, Workspace

from ..helpers import Bot, actions, field, http_get, manifest, mrkdwn, plain, section, text_input

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def get(slack: Workspace, path: str, **cookies: str) -> httpx2.Response:
    return http_get(f"{slack.url}{path}", follow_redirects=False, cookies=cookies)


def shown(slack: Workspace, person: SimulatedUser, channel: str) -> str:
    answer = get(slack, f"/c/{channel}?as={person.id}")
    assert answer.status_code == 200
    return answer.text


def test_the_start_page_is_the_first_channel(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    slack.remote.add_channel("zoo", [ann])
    answer = get(slack, f"/?as={ann.id}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/c/{general}?as={ann.id}"


def test_all_assets_come_from_the_server(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    headers = get(slack, f"/c/{general}?as={ann.id}").headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    for asset in ("page.css", "page.js", "morph.js", "search.js", "icon.svg"):
        assert get(slack, f"/static/{asset}").status_code == 200


def test_a_workspace_without_users() -> None:
    with Workspace(manifest()) as slack:
        answer = get(slack, "/")
        assert (answer.status_code, "has no users" in answer.text) == (404, True)


def test_the_acting_user_is_stored_in_a_cookie(
    slack: Workspace, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    assert get(slack, f"/c/{general}?as={bob.id}").cookies["as"] == bob.id
    assert f'data-user="{bob.id}"' in get(slack, f"/c/{general}", **{"as": bob.id}).text
    assert f'data-user="{ann.id}"' in get(slack, f"/c/{general}?as=U404").text


@pytest.mark.parametrize(
    ("written", "html"),
    [
        (
            "*bold* _it_ ~no~ `a*b*`",
            "<strong>bold</strong> <em>it</em> <s>no</s> <code>a*b*</code>",
        ),
        ("*Saves `x` today*", "<strong>Saves <code>x</code> today</strong>"),
        ("2 * 3 * 4, snake_case_name", "2 * 3 * 4, snake_case_name"),
        (":warning: :unknown:", "⚠️ :unknown:"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<https://a.example/?b=1&amp;c|here>", 'href="https://a.example/?b=1&amp;c"'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)&gt;"),
        (
            "<!here> <@U404>",
            '<span class="mention">@here</span> <span class="mention">@U404</span>',
        ),
        ("```\n<!here> *x*\n```", "<pre>&lt;!here&gt; *x*</pre>"),
        ("&gt; said", "<blockquote>said</blockquote>"),
        (
            "• one\n• two",
            '<div class="line bullet">• one</div><div class="line bullet">• two</div>',
        ),
        ("<!date^soon^{date}|later>", "later"),
        ("<!date^1795435200^{date_short_pretty} at {time}|utc>", ">today at 13:00</time>"),
        ("<!date^1795176000^{date_short}|utc>", ">Nov 20, 2026</time>"),
    ],
)
def test_markup(
    *, slack: Workspace, ann: SimulatedUser, general: str, written: str, html: str
) -> None:
    slack.clock.set(NOON)
    ann.writes(written, general)
    assert html in shown(slack, ann, general)


def test_messages_are_escaped(slack: Workspace, bot: Bot, ann: SimulatedUser, general: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    bot.web.chat_postMessage(
        channel=general,
        text=evil,
        blocks=[
            {"type": "header", "text": plain(evil)},
            section(evil, fields=[mrkdwn(evil), plain(evil)]),
            actions({"type": "button", "action_id": '"><b>', "text": plain(evil), "value": evil}),
        ],
    )
    html = shown(slack, ann, general)
    assert "<img" not in html
    assert "<b>" not in html
    assert unescape(html).count(evil) == 5


def test_hidden_characters_are_escaped(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    odd = "a\x1b[2J\u202eb\u2066c\x9b"
    bot.web.chat_postMessage(
        channel=general,
        text="odd",
        blocks=[{"type": "header", "text": plain(odd)}, section(odd, fields=[mrkdwn(f"`{odd}`")])],
    )
    html = shown(slack, ann, general)
    assert html.count(r"a\x1b[2J\u202eb\u2066c\x9b") == 3
    assert not any(character in html for character in "\x1b\u202e\u2066\x9b")


def test_mentions_link_only_to_visible_channels(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    hidden = slack.remote.add_channel("hidden", [], kind="private")
    group = slack.remote.add_user_group("approvers", [ann])
    ann.writes(f"<@{ann.id}> <!subteam^{group}> <#{general}> <#{hidden}>", general)
    html = shown(slack, ann, general)
    assert "@ann" in html
    assert "@approvers" in html
    assert f'href="/c/{general}?as={ann.id}">#general</a>' in html
    assert "#private-channel" in html
    assert "#hidden" not in html


def test_links_to_messages_lead_to_this_workspace(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    posted = bot.web.chat_postMessage(channel=general, text="x")
    link = bot.web.chat_getPermalink(channel=general, message_ts=posted["ts"])["permalink"]
    ann.writes(f"<{link}|report>", general)
    assert f'href="/c/{general}/{posted["ts"]}?as={ann.id}">report</a>' in shown(
        slack, ann, general
    )


def test_buttons_with_a_link(slack: Workspace, bot: Bot, ann: SimulatedUser, general: str) -> None:
    posted = bot.web.chat_postMessage(channel=general, text="x")["ts"]
    link = bot.web.chat_getPermalink(channel=general, message_ts=posted)["permalink"]
    buttons = [
        {
            "type": "button",
            "action_id": f"open:{number}",
            "url": url,
            "text": {"type": "plain_text", "text": "Open"},
        }
        for number, url in enumerate((link, "https://example.com/"))
    ]
    bot.web.chat_postMessage(
        channel=general, text="x", blocks=[{"type": "actions", "elements": buttons}]
    )
    html = shown(slack, ann, general)
    assert f'href="/c/{general}/{posted}?as={ann.id}"' in html
    assert 'href="https://example.com/"' in html


def test_users_see_only_visible_content(
    slack: Workspace, bot: Bot, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    guest = slack.remote.add_user("gil", is_restricted=True)
    assert get(slack, f"/c/{general}?as={guest.id}").headers["location"] == f"/?as={guest.id}"
    bot.web.chat_postEphemeral(channel=general, user=ann.id, text="only for ann")
    assert "Only visible to you" in shown(slack, ann, general)
    assert "only for ann" not in shown(slack, bob, general)
    assert "Guest" in shown(slack, ann, general)


def test_unread_counts(
    slack: Workspace, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    other = slack.remote.add_channel("other", [ann, bob])
    bob.writes("hello", other)
    assert '1<span class="unseen"> unread' in shown(slack, ann, general)
    shown(slack, ann, other)
    assert "unseen" not in shown(slack, ann, general)
    assert "unseen" not in shown(slack, bob, general)


def test_threads_and_files(slack: Workspace, bot: Bot, ann: SimulatedUser, general: str) -> None:
    parent = bot.web.chat_postMessage(channel=general, text="report")["ts"]
    shared = bot.web.files_upload_v2(
        channel=general, thread_ts=parent, filename="plan.csv", content="digest,tags\nsha,1.0\n"
    )
    assert "1 reply" in shown(slack, ann, general)
    html = get(slack, f"/c/{general}/{parent}?as={ann.id}").text
    assert '<th scope="col">digest</th>' in html
    assert "<td>1.0</td>" in html
    path = f"/shared/{shared['file']['id']}"
    file = get(slack, f"{path}?as={ann.id}")
    assert file.text == "digest,tags\nsha,1.0\n"
    assert file.headers["content-disposition"] == 'attachment; filename="plan.csv"'
    guest = slack.remote.add_user("gil", is_restricted=True)
    assert get(slack, f"{path}?as={guest.id}").status_code == 404


def test_the_pages_of_the_app(slack: Workspace, bot: Bot, ann: SimulatedUser, general: str) -> None:
    home = f"/home/{slack.app.id}"
    assert "has not published a Home tab yet" in get(slack, f"{home}?as={ann.id}").text
    view = {"type": "home", "blocks": [section("registry costs")]}
    bot.web.views_publish(user_id=ann.id, view=view)
    assert "registry costs" in get(slack, f"{home}?as={ann.id}").text
    im = ann.opens_im()
    assert get(slack, f"/c/{im}?as={ann.id}").headers["location"] == f"{home}/messages?as={ann.id}"
    bot.web.chat_postMessage(channel=im, text="between us")
    assert '1<span class="unseen"> unread' in shown(slack, ann, general)
    assert "between us" in get(slack, f"{home}/messages?as={ann.id}").text


def test_every_field_has_a_label(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    def show(payload: dict[str, object]) -> None:
        kinds = ("email_text_input", "url_text_input", "users_select", "multi_channels_select")
        elements = [text_input(), *({"type": kind, "action_id": kind} for kind in kinds)]
        view = {
            "type": "modal",
            "title": plain("Fields"),
            "submit": plain("Send"),
            "blocks": [field(each, f"f {n}") for n, each in enumerate(elements)],
        }
        bot.web.views_open(trigger_id=str(payload["trigger_id"]), view=view)

    bot.does["slash_commands"] = show
    assert ann.types("/clean", general).ok
    html = shown(slack, ann, general)
    for kind in ("name", "email_text_input", "url_text_input", "users_select"):
        assert html.count(f'-{kind}"') >= 2, kind
    assert "does not show" not in html
