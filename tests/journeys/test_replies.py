"""What a patient texts or answers reaches the desks, is dealt with once, and a no in other words holds."""

from email.message import EmailMessage
from pathlib import Path

from primoro_campaigns.demo.cast import ANN, CARYS
from primoro_campaigns.demo.practice_on_stage import MANAGER, RECEPTION, open_practice, sign_in
from primoro_campaigns.demo.stage import Stage
from tests.fakes.imap import ImapServer

A_NO = "I would rather not hear about your offers \U0001f645"


def answer_of(address: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address, "hello@hillside.example", "Re: Spring"
    mail.set_content("Thank you, see you in May.")
    return mail.as_bytes()


def test_replies_from_texts_and_mail_are_work_for_the_desk(tmp_path: Path) -> None:
    with ImapServer() as imap, Stage(tmp_path / "work", tmp_path / "out") as stage:
        imap.deliver(answer_of(ANN.email))
        passwords = open_practice(stage, 40)
        box = {
            "imap_host": "127.0.0.1",
            "imap_port": str(imap.port),
            "imap_security": "none",
            "imap_username": imap.username,
            "imap_password": imap.password,
        }
        lines = "".join(f"{name}={value}\n" for name, value in box.items())
        stage.command("server", "configure", *stage.place(), "--stdin", given=lines)
        number = f"+44{CARYS.mobile.replace(' ', '')[1:]}"
        inbound = f"{stage.address}/hooks/sms/inbound"
        with stage.desktop(RECEPTION) as front, stage.desktop(MANAGER) as back:
            for desk, person in ((front, RECEPTION), (back, MANAGER)):
                sign_in(desk, person, passwords[person])
                desk.says("shell.status", "Up to date", patience_s=90)
            assert stage.texts.reply(inbound, number, "+447700900000", A_NO) == 200
            assert stage.texts.reply(inbound, number, "+447700900000", "HELP") == 200
            for desk in (front, back):
                desk.click("shell.replies")
                desk.select_row("replies.table", CARYS.family)
                desk.says("replies.text", "rather not hear")
                desk.says("replies.state", "Unread")
            front.shots(tmp_path / "pictures", "replies")
            front.click("replies.restrict.0")
            front.tick("restrictions.promotions")
            front.click("restrictions.ok")
            front.click("replies.handled")
            front.says("replies.state", "Handled")
            back.says("replies.state", "Handled", patience_s=60)
            back.click("replies.open.0")
            back.says("patient.banner", "Restricted: Product and service")
            back.click("shell.replies")
            # The mailbox is read every half minute.
            back.select_row("replies.table", ANN.family, patience_s=90)
            back.says("replies.text", "see you in May")
    assert len(imap.lies_in("Taken by Primoro")) == 1
