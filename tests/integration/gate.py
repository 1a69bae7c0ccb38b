"""A gate on a TCP path, between the service and its database, or between pods: it delays, holds,
drops or cuts what passes, and counts it. Its loop runs in a thread of its own."""

import asyncio
import socket
import struct
import threading

UP = "up"  # from who connects
DOWN = "down"
WAYS = (UP, DOWN)
WAIT_SECONDS = 20.0
CHUNK_BYTES = 1 << 16


class _Link:
    """One connection through the gate."""

    def __init__(self, near, far):
        self.ends = {UP: (near[0], far[1]), DOWN: (far[0], near[1])}
        self.open = asyncio.Event()
        self.open.set()

    def close(self, reset=False):
        for _, writer in self.ends.values():
            if reset:
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class Gate:
    """Listens on `port` of 127.0.0.1 and hands on to `target` (a port there). A context manager.

    The verbs work on all connections, also on later ones, until `resume`; `hold_present` only on
    those that there are. They have taken effect when they return.
    """

    def __init__(self, target):
        self.target = target
        self.port = None
        self.came = dict.fromkeys(WAYS, 0)  # bytes
        self.passed = dict.fromkeys(WAYS, 0)  # bytes handed on
        self.cuts = 0
        self._delay = dict.fromkeys(WAYS, 0.0)
        self._dropped = dict.fromkeys(WAYS, False)
        self._left = dict.fromkeys(WAYS)  # bytes until the cut; None: no cut
        self._reset = False
        self._links = set()
        self._tasks = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()

    # ------------------------------------------------------------------------------ the verbs

    def delay(self, up=0.0, down=0.0):
        """Each read of up to 64 KiB passes so many seconds later."""
        self._call(self._set(self._delay, {UP: up, DOWN: down}))

    def hold(self, *ways):
        """Stalls: bytes stay here, in order, and nobody is told. Without arguments: both ways."""
        for way in ways or WAYS:
            self._call(self._hold(way))

    def hold_present(self):
        """Stalls the connections that there are; later ones pass."""
        self._call(self._hold_present())

    def drop(self, *ways):
        """A black hole: bytes vanish, and nobody is told. What follows later is then torn, so a
        connection that lost bytes stays a black hole until it ends."""
        self._call(self._set(self._dropped, dict.fromkeys(ways or WAYS, True)))

    def cut(self, way, after, reset=False):
        """The connection that hands on the `after`-th byte of this way from now on ends there, at
        once on both sides (RST if `reset`); with 0 when its next byte comes. Only this one."""
        self._call(self._arm(way, after, reset))

    def cut_all(self, reset=False):
        """Ends all connections now."""
        self._call(self._cut_all(reset))

    def resume(self):
        """Hands on what was held, and passes everything from now on."""
        self._call(self._resume())

    # ------------------------------------------------------------------------------ to look at

    @property
    def links(self):
        return len(self._links)

    def await_cut(self, cuts, seconds=WAIT_SECONDS):
        """Whether so many were made since the gate was opened; waits for it."""
        with self._changed:
            return self._changed.wait_for(lambda: self.cuts >= cuts, seconds)

    # ------------------------------------------------------------------------------ on the loop

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WAIT_SECONDS)

    async def _listen(self):
        self._open = {way: asyncio.Event() for way in WAYS}
        for event in self._open.values():
            event.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        await self._cut_all(reset=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    async def _set(settings, values):
        settings.update(values)

    async def _hold(self, way):
        self._open[way].clear()

    async def _hold_present(self):
        for link in self._links:
            link.open.clear()

    async def _arm(self, way, after, reset):
        self._left[way] = after
        self._reset = reset

    async def _cut_all(self, reset):
        for link in list(self._links):
            link.close(reset)

    async def _resume(self):
        await self._set(self._delay, dict.fromkeys(WAYS, 0.0))
        await self._set(self._dropped, dict.fromkeys(WAYS, False))
        await self._set(self._left, dict.fromkeys(WAYS))
        for event in [*self._open.values(), *(link.open for link in self._links)]:
            event.set()

    async def _accept(self, *near):
        try:
            far = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            near[1].transport.abort()  # as the target refuses, so does the gate
            return
        link = _Link(near, far)
        self._links.add(link)
        for way in WAYS:
            task = self._loop.create_task(self._pump(link, way))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, link, way):
        reader, writer = link.ends[way]
        torn = False
        try:
            while data := await reader.read(CHUNK_BYTES):
                self.came[way] += len(data)
                if self._delay[way]:
                    await asyncio.sleep(self._delay[way])
                await self._open[way].wait()
                await link.open.wait()
                torn = torn or self._dropped[way]
                if torn:
                    continue
                ends = self._left[way] is not None and len(data) >= self._left[way]
                if ends:
                    data = data[:self._left[way]]
                elif self._left[way] is not None:
                    self._left[way] -= len(data)
                writer.write(data)
                await writer.drain()
                self.passed[way] += len(data)
                if ends:
                    self._left[way] = None
                    link.close(self._reset)
                    with self._changed:
                        self.cuts += 1
                        self._changed.notify_all()
                    break
            # An end is handed on behind what is held.
            await self._open[way].wait()
            await link.open.wait()
        except OSError:
            pass
        self._links.discard(link)
        link.close()
