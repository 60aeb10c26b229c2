#!/usr/bin/env python3
"""Follows a cluster's log into a file, every entry once, whatever is killed in between:

    TOKEN=… python3 follow.py http://127.0.0.1:8080 entries.ndjson 'service=/team-a/web&priority=warning'

The file is its own memory: each line carries the cursor to resume after it, and a line that was cut is cut off.
"""
import http.client, json, os, random, sys, time, urllib.error, urllib.parse, urllib.request

gateway, path, query = (sys.argv[1:] + ["http://127.0.0.1:8080", "entries.ndjson", ""][len(sys.argv) - 1:])[:3]
file = open(path, "ab+", buffering=0)
start = max(0, os.path.getsize(path) - 64 * 1024 * 1024)
file.seek(start)
end = file.read()
whole = end[: end.rfind(b"\n") + 1]  # without an unfinished line
file.truncate(start + len(whole))
cursor = json.loads(whole.splitlines()[-1])["cursor"] if whole else None

while True:
    position = {"cursor": cursor} if cursor else {"since": "-1h"}
    url = f"{gateway}/system/v1/logs/v3/follow?{query}&{urllib.parse.urlencode(position)}"
    headers = {"Authorization": f"Bearer {os.environ.get('TOKEN')}", "Accept": "application/x-ndjson"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            for line in answer:
                if not line.endswith(b"\n"):
                    break  # cut off in the middle
                item = json.loads(line)
                if "event" not in item:
                    file.write(line)
                elif item["event"] != "checkpoint":
                    print(line.decode(), end="", file=sys.stderr)
                cursor = item.get("cursor", cursor)
    except urllib.error.HTTPError as error:
        if 400 <= error.code < 500 and error.code != 429:
            sys.exit(error.read().decode())
    except (OSError, http.client.HTTPException):
        pass  # cut off, or not there now: the cursor knows where to go on
    time.sleep(0.5 + random.random())
