# mypy: ignore-errors
"""The same messages through django-post-office.

``python django_post_office.py MESSAGE.json PORT COUNT FOLDER``. It runs in a virtual environment of its
own and knows nothing of this project.
"""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

message_path, port, count, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / "post-office.db"),
            "OPTIONS": {"timeout": 30},
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    EMAIL_BACKEND="post_office.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=port,
    POST_OFFICE={"BATCH_SIZE": 1000, "THREADS_PER_PROCESS": 10, "LOG_LEVEL": 0},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
    SECRET_KEY="only for this measurement",  # noqa: S106
)
django.setup()

from post_office import mail  # noqa: E402  # Django must be set up first
from post_office.mail import send_queued  # noqa: E402
from post_office.models import STATUS, Email  # noqa: E402

call_command("migrate", verbosity=0)
message = json.loads(Path(message_path).read_text("utf-8"))


def filled(text: str, name: str, url: str) -> str:
    return text.replace("{name}", name).replace("{url}", url)


for start in range(0, count, 1000):
    mails = []
    for number in range(start, min(start + 1000, count)):
        name = f"Ann{number}"
        url = f"https://practice.example/u/token-of-22-letters-{number:06}"
        mails.append(
            {
                "recipients": [f"p{number}@example.com"],
                "sender": "Bridge Street Dental <hello@practice.example>",
                "subject": filled(message["subject"], name, url),
                "message": filled(message["text"], name, url),
                "html_message": filled(message["html"], name, url),
                "headers": {
                    "List-Unsubscribe": f"<{url}>, <mailto:hello@practice.example?subject=unsubscribe>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    "Auto-Submitted": "auto-generated",
                },
            }
        )
    mail.send_many(mails)

begin = time.perf_counter()
while Email.objects.filter(status=STATUS.queued).exists():
    send_queued(processes=1)
seconds = time.perf_counter() - begin
print(json.dumps({"send_s": seconds, "sent": Email.objects.filter(status=STATUS.sent).count()}))
