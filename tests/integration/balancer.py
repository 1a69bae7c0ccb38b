"""What a Kubernetes Service is to a ring's clients: one address; each new connection goes to one of
the pods that are ready. Its loop runs in a thread of its own."""

import asyncio
import random
import threading

WAIT_SECONDS = 20.0


class _End(asyncio.Protocol):
    """One side of a connection; `other` is the other one."""

    def __init__(self):
        self.transport = self.other = None
        self.early = []

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.other is None:
            self.early.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, _problem):
        if self.other is not None:
            self.other.transport.close()


class _Client(_End):
    def __init__(self, balancer):
        super().__init__()
        self.balancer = balancer

    def connection_made(self, transport):
        super().connection_made(transport)
        self.balancer.keep(asyncio.ensure_future(self.connect()))

    async def connect(self):
        """To a pod that takes it; one that is just ending may refuse."""
        places = list(self.balancer.ready)
        random.shuffle(places)
        for place in places:
            try:
                _, pod = await asyncio.get_running_loop().create_connection(_End, *place)
            except OSError:
                continue
            pod.other, self.other = self, pod
            for data in self.early:
                pod.transport.write(data)
            return
        self.transport.abort()


class Balancer:
    """Listens on (host, port) and hands on to the (host, port)s in `ready`."""

    def __init__(self, host, port):
        self.ready = set()
        self.url = f"http://{host}:{port}"
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(lambda: _Client(self), host, port),
            self._loop).result(WAIT_SECONDS)

    def keep(self, task):
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
