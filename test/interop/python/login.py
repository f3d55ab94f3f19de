"""Logs in with Python's own mail libraries, does one thing, and prints what happened as one JSON line.

Usage: login.py imap|pop3 implicit|starttls PORT CA_FILE USER
       login.py submission implicit|starttls PORT CA_FILE USER RECIPIENT MESSAGE_FILE
The password is on standard input.
"""

import imaplib
import json
import poplib
import smtplib
import ssl
import sys

HOST = "localhost"


def imap(tls, port, context, user, password):
    if tls == "implicit":
        client = imaplib.IMAP4_SSL(HOST, port, ssl_context=context)
    else:
        client = imaplib.IMAP4(HOST, port)
        client.starttls(context)
    client.login(user, password)
    status, count = client.select("INBOX", readonly=True)
    client.logout()
    return f"{status} {count}"


def pop3(tls, port, context, user, password):
    if tls == "implicit":
        client = poplib.POP3_SSL(HOST, port, context=context)
    else:
        client = poplib.POP3(HOST, port)
        client.stls(context)
    client.user(user)
    client.pass_(password)
    count, size = client.stat()
    client.quit()
    return f"{count} messages, {size} bytes"


def submission(tls, port, context, user, password, recipient, message_file):
    if tls == "implicit":
        client = smtplib.SMTP_SSL(HOST, port, context=context)
    else:
        client = smtplib.SMTP(HOST, port)
        client.starttls(context=context)
    client.login(user, password)
    with open(message_file, "rb") as message:
        refused = client.sendmail(user, [recipient], message.read())
    client.quit()
    return f"refused: {refused}"


def main():
    protocol, tls, port, ca_file, user, *letter = sys.argv[1:]
    password = sys.stdin.read()
    context = ssl.create_default_context(cafile=ca_file)
    login = {"imap": imap, "pop3": pop3, "submission": submission}[protocol]
    try:
        said = login(tls, int(port), context, user, password, *letter)
        print(json.dumps({"accepted": True, "said": said}))
    except (imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException, OSError) as error:
        print(json.dumps({"accepted": False, "said": f"{type(error).__name__}: {error}"}))


main()
