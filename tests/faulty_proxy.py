"""A TCP proxy on loopback that breaks the connections it passes on, by a script of counts.

It stands between a client and a server in tests of what a client does when its network fails. When a
connection fails, and how, depends on how much went through it, never on time.
"""
import itertools
import socket
import socketserver
import threading

# Answers after which a connection breaks, over and over; 0: it is hung up on at once. One in ten breaks at
# its first answer, so that six tries in a row do not all fail, however threads share the connections.
LIVES = (30, 7, 55, 21, 12, 0, 40, 13, 25, 9, 35, 18, 1, 50, 28, 11, 44, 16, 23, 38)
# The most of an answer that is counted; longer ones are content on its way.
SMALL = 4096


class FaultyProxy:
    """Passes on to `target` ("host:port"). The answer with which a connection breaks is lost, by turns
    whole (the server did what it was asked, and nobody hears of it) or its second half."""

    def __init__(self, target):
        host, port = target.split(":")
        self.broken = 0
        turns = zip(itertools.cycle(LIVES), itertools.cycle((0, 2)))
        lock = threading.Lock()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with lock:
                    life, share = next(turns)
                if life == 0:
                    proxy.broken += 1
                    return
                with socket.create_connection((host, int(port))) as server:
                    answers = threading.Thread(target=self.give_answers, args=(server, life, share))
                    answers.start()
                    pump(self.request, server)
                    answers.join()

            def give_answers(self, server, life, share):
                def let_through(part):
                    nonlocal life
                    life -= len(part) < SMALL
                    if life > 0:
                        return part
                    with lock:
                        proxy.broken += 1
                    return part[:len(part) // share if share else 0]
                pump(server, self.request, let_through)

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # a broken connection is what this is for

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def pump(source, sink, let_through=lambda part: part):
    """Moves bytes until the end; breaks both ends when less is let through than came."""
    try:
        while True:
            part = source.recv(65536)
            if not part:
                sink.shutdown(socket.SHUT_WR)
                return
            passed = let_through(part)
            sink.sendall(passed)
            if len(passed) < len(part):
                break
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
