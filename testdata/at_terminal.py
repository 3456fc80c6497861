# Runs a command on a terminal of its own, prints what it said and ends as it did.
#
#     at_terminal.py [--answer QUESTION TEXT]... COMMAND...
#
# Where the command has said QUESTION it is answered with TEXT, each once and in
# order; ^C in TEXT is the key.
import os
import pty
import select
import sys

answers, words = [], sys.argv[1:]
while words and words[0] == "--answer":
    text = words[2].replace("^C", "\x03")
    answers.append((words[1].encode(), (text if text.endswith("\x03") else text + "\n").encode()))
    words = words[3:]

child, terminal = pty.fork()
if child == 0:
    os.execvp("sh", ["sh", "-c", 'stty cols 110 -echo; exec "$@"', "sh", *words])

said, seen = b"", 0
while True:
    select.select([terminal], [], [])
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # Linux says so at the end
        piece = b""
    if not piece:
        break
    said += piece
    while answers and answers[0][0] in said[seen:]:
        question, text = answers.pop(0)
        seen = said.index(question, seen) + len(question)
        os.write(terminal, text)
os.write(1, said.replace(b"\r\n", b"\n"))
status = os.waitpid(child, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
