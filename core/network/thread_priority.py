"""Threads that give way: what nobody waits for at this moment leaves the processor to what is.

Linux alone has a priority for every thread; elsewhere nothing changes.
"""

import os
import sys
import threading

_LOWER_BY = 5  # about a third of the processor where others want it, as much as there is otherwise


def give_way() -> None:
    """Lower the priority of the calling thread, and of threads that it starts from now on.

    It cannot be raised again.
    """
    if sys.platform == "linux":
        lowered = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + _LOWER_BY, 19)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), lowered)


def thread_priority() -> int:
    """Priority of the calling thread: the larger, the less it gets of the processor."""
    if sys.platform == "linux":
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    return 0
