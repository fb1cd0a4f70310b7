"""Mails as mail servers, mail providers and people send them to us."""

from email.message import EmailMessage

OURS = "0198c000-0000-7000-8000-0000000000aa@practice.example"


def answer(
    sender: str = "Ann Ash <ann@example.com>",
    text: str = "Please take me off your list.",
    subject: str = "Re: Spring at our practice",
    **headers: str,
) -> bytes:
    """What a person writes."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "hello@practice.example"
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def report(
    message_id: str = OURS,
    *,
    recipient: str = "ann@example.com",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 user unknown",
    words: str = "Your message could not be delivered.",
    subject: str = "Undelivered Mail Returned to Sender",
    charset: str = "utf-8",
    original: str = "text/rfc822-headers",
    kind: str = "delivery-status",
    original_recipient: str = "",
) -> bytes:
    """A delivery report (RFC 3464), as Postfix writes it."""
    given = f"Original-Recipient: rfc822;{original_recipient}\r\n" if original_recipient else ""
    return (
        "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\r\n"
        f"Subject: {subject}\r\n"
        "To: hello@practice.example\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n"
        "--b\r\n"
        f"Content-Type: text/plain; charset={charset}\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "\r\n"
        f"{words}\r\n"
        "--b\r\n"
        f"Content-Type: message/{kind}\r\n"
        "\r\n"
        "Reporting-MTA: dns; mx.example.net\r\n"
        "Arrival-Date: Tue, 3 Mar 2026 10:00:00 +0000\r\n"
        "\r\n"
        f"{given}"
        f"Final-Recipient: rfc822; {recipient}\r\n"
        f"Action: {action}\r\n"
        f"Status: {status}\r\n"
        f"Diagnostic-Code: {diagnostic}\r\n"
        "\r\n"
        "--b\r\n"
        f"Content-Type: {original}\r\n"
        "\r\n"
        "From: hello@practice.example\r\n"
        f"Message-ID: <{message_id}>\r\n"
        "Subject: Spring at our practice\r\n"
        "\r\n"
        "--b--\r\n"
    ).encode(charset)


def complaint(message_id: str = OURS, feedback: str = "abuse") -> bytes:
    """A complaint (RFC 5965), as mail providers pass it on."""
    return (
        "From: <abusedesk@example.com>\r\n"
        "Subject: FW: Spring at our practice\r\n"
        "To: hello@practice.example\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n'
        "\r\n"
        "--b\r\n"
        'Content-Type: text/plain; charset="US-ASCII"\r\n'
        "\r\n"
        "This is an email abuse report for an email message received.\r\n"
        "--b\r\n"
        "Content-Type: message/feedback-report\r\n"
        "\r\n"
        f"Feedback-Type: {feedback}\r\n"
        "User-Agent: SomeGenerator/1.0\r\n"
        "Version: 1\r\n"
        "\r\n"
        "--b\r\n"
        "Content-Type: message/rfc822\r\n"
        "Content-Disposition: inline\r\n"
        "\r\n"
        "From: <hello@practice.example>\r\n"
        f"Message-ID: <{message_id}>\r\n"
        "Subject: Spring at our practice\r\n"
        "\r\n"
        "Come and see us.\r\n"
        "--b--\r\n"
    ).encode()
