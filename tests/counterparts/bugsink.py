"""Runs a real error tracker, and tells what it has understood.

Bugsink, which speaks the protocol of Sentry, runs on a port of this machine, its state in a folder of
its own. The first line on stdout is the DSN of its one project. A line with a number on stdin is
answered, once there are so many events, with the issues that it made of them, the events themselves,
and what Sentry's own normaliser (relay) has to say against them. It ends, and the server with it,
when stdin is closed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from sentry_relay.processing import StoreNormalizer

PATIENCE_SECONDS = 60
SETTINGS = """
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
BUGSINK["PHONEHOME"] = False
SNAPPEA = {"TASK_ALWAYS_EAGER": True}
"""
PROJECT = """
from projects.models import Project
from teams.models import Team
team, _ = Team.objects.get_or_create(name="team")
project, _ = Project.objects.get_or_create(name="probe", defaults={"team": team})
print("DSN", project.dsn)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Tracker:
    """The server, in a folder."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.programs = os.path.dirname(sys.executable)
        self.environment = {
            **os.environ, "HOME": folder, "DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONPATH": folder,
        }
        settings = os.path.join(folder, "bugsink_conf.py")
        self.run("bugsink-create-conf", "--template", "local", "--host", "127.0.0.1",
                 "--port", str(self.port), "-o", settings)
        with open(settings, "a") as file:
            file.write(SETTINGS)
        self.run("bugsink-manage", "migrate")
        self.run("bugsink-manage", "migrate", "snappea", "--database=snappea")
        said = self.run("bugsink-manage", "shell", "-c", PROJECT)
        self.dsn = next(line[4:] for line in said.splitlines() if line.startswith("DSN "))
        self.token = self.run("bugsink-manage", "create_auth_token").split()[-1]
        self.server = subprocess.Popen(
            [os.path.join(self.programs, "gunicorn"), "--bind", f"127.0.0.1:{self.port}",
             "--workers", "1", "--threads", "4", "bugsink.wsgi"],
            cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=sys.stderr, stderr=sys.stderr,
        )
        self.wait(lambda: self.ask("issues/?project=1") is not None)

    def run(self, program, *arguments):
        done = subprocess.run(
            [os.path.join(self.programs, program), *arguments], cwd=self.folder,
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=sys.stderr, text=True, check=True,
        )
        return done.stdout

    def wait(self, is_so):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if self.server.poll() is not None or time.monotonic() > deadline:
                sys.exit("the tracker does not answer as it should")
            time.sleep(0.1)

    def ask(self, what):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/canonical/0/{what}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError):
            return None

    def events(self):
        events = []
        for issue in self.ask("issues/?project=1")["results"]:
            for event in self.ask(f"events/?issue={issue['id']}")["results"]:
                events.append(self.ask(f"events/{event['id']}/"))
        return events

    def report(self, count):
        self.wait(lambda: len(self.events()) >= count)
        events = [event["data"] for event in self.events()]
        normalizer = StoreNormalizer(project_id=1, max_secs_in_future=3600)
        faults = []
        for event in events:
            faults.extend(normalizer.normalize_event(dict(event)).get("errors") or [])
        return {"issues": self.ask("issues/?project=1")["results"], "events": events, "faults": faults}

    def end(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=10)


def main():
    with tempfile.TemporaryDirectory() as folder:
        tracker = Tracker(folder)
        try:
            print(json.dumps({"dsn": tracker.dsn}), flush=True)
            for line in sys.stdin:
                print(json.dumps(tracker.report(int(line))), flush=True)
        finally:
            tracker.end()


if __name__ == "__main__":
    main()
