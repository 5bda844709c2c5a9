"""What happens to three machines while commands are sent; each function is one fault, and puts it right again."""
import collections
import pathlib
import shutil
import signal
import threading
import time

import cluster_world
import machines  # of ops

MANY_STARTS = 100  # of one process, five a second, and nothing comes of them; a full disk lasts for some seconds
OTHER_VERSION = b"9.1.0"  # of the same length; the linker may have another text share its end, "1.0"
HOUR_S = 3600
RESERVE_BYTES = 64 << 20  # of nodes that have one: --min-free-bytes
MANY_LEADERS = 5
COMES_BACK_S = 300  # a hang: etcd was seen to read its log for 53 s after a power cut
ENDED_RIGHTLY = {1, 4, -signal.SIGKILL}  # a failure that says so, the disk is full, what was done here


class Supervisor(threading.Thread):
    """Starts again what ended, as systemd would; who ended for another reason than it may is told of."""

    def __init__(self, three):
        super().__init__()
        self.three, self.over, self.failed, self.hands_off = three, threading.Event(), None, threading.RLock()
        self.starts = collections.Counter()  # since all was well last

    def run(self):
        while not self.over.wait(0.2):
            with self.hands_off:
                for process in [*self.three.etcds.values(), *self.three.nodes.values()]:
                    if not process.is_running():
                        self.start_again(process)

    def start_again(self, process):
        self.starts[process] += 1
        is_wrong = process in self.three.nodes.values() and process.running.returncode not in ENDED_RIGHTLY
        if is_wrong or self.starts[process] > MANY_STARTS:
            self.failed = RuntimeError(f"{process.command[0]} ended with {process.running.returncode}:\n{process.said()[-2000:]}")
        process.start()

    def end(self):
        self.over.set()
        self.join()


class Trouble:
    """The machines, what they stand on, who sends, who starts again, and chance."""

    def __init__(self, three, world, recorder, chance):
        self.three, self.world, self.recorder, self.chance = three, world, recorder, chance
        self.supervisor = Supervisor(three)

    def until(self, what, condition):
        def unless_failed():
            failed = self.supervisor.failed or self.recorder.failed
            if failed:
                raise failed
            return condition()
        return machines.until(what, unless_failed, COMES_BACK_S)

    def leader(self):
        return self.until("one leads", self.three.leader)

    def anyone(self):
        return self.chance.choice(machines.NAMES)

    def others(self, name):
        return [other for other in machines.NAMES if other != name]

    def another_leads(self, former):
        self.until(f"another leads than {former}", lambda: self.three.leader() not in (None, former))

    def wait(self, most=1.0):
        time.sleep(self.chance.uniform(0, most))

    def beyond_a_lease(self):
        time.sleep(machines.LEASE_S + self.chance.uniform(0.5, 2))

    def all_are_ready(self):
        self.until("every node is ready", lambda: all(self.three.is_ready(name) for name in machines.NAMES))

    def comes_back(self):
        """Every node is ready, and what is sent from now on is accepted."""
        self.all_are_ready()
        from_now = self.recorder.rounds + 2
        self.until("commands are accepted again", lambda: self.recorder.rounds >= from_now)
        self.supervisor.starts.clear()


def kill(process, trouble):
    process.end(signal.SIGKILL)
    trouble.wait()


def stop(process, trouble):
    """For longer than a lease: a leader finds that it is none any more."""
    process.signal(signal.SIGSTOP)
    trouble.beyond_a_lease()
    process.signal(signal.SIGCONT)
    trouble.wait()


def kill_leader(trouble):
    kill(trouble.three.nodes[trouble.leader()], trouble)


def stop_leader(trouble):
    stop(trouble.three.nodes[trouble.leader()], trouble)


def kill_node(trouble):
    kill(trouble.three.nodes[trouble.anyone()], trouble)


def stop_node(trouble):
    stop(trouble.three.nodes[trouble.anyone()], trouble)


def kill_etcd(trouble):
    kill(trouble.three.etcds[trouble.anyone()], trouble)


def stop_etcd(trouble):
    stop(trouble.three.etcds[trouble.anyone()], trouble)


def kill_all_nodes(trouble):
    with trouble.supervisor.hands_off:
        for node in trouble.three.nodes.values():
            node.end(signal.SIGKILL)


def cut_leader(trouble):
    """The leader's machine hears nobody, and nobody hears it."""
    leader = trouble.leader()
    for other in trouble.others(leader):
        trouble.world.networks.cut(leader, other)
        trouble.world.networks.cut(other, leader)
    trouble.another_leads(leader)
    trouble.wait()
    trouble.world.networks.heal()


def cut_leader_one_way(trouble):
    """The leader's machine hears the others, and they do not hear it; or the other way round."""
    leader, is_heard = trouble.leader(), trouble.chance.random() < 0.5
    for other in trouble.others(leader):
        trouble.world.networks.cut(*((other, leader) if is_heard else (leader, other)))
    trouble.another_leads(leader)
    trouble.wait()
    trouble.world.networks.heal()


def cut_two(trouble):
    """Two machines, one way: a majority is there from wherever one looks, but not the same one."""
    sender = trouble.anyone()
    trouble.world.networks.cut(sender, trouble.chance.choice(trouble.others(sender)))
    trouble.beyond_a_lease()
    trouble.world.networks.heal()


def fill_disk(trouble):
    """The leader's, mostly: what its log has no room for is refused, or it ends."""
    name = trouble.leader() if trouble.chance.random() < 0.7 else trouble.anyone()
    trouble.world.disks[name].fill()
    trouble.beyond_a_lease()
    trouble.world.disks[name].make_room()


def crowd_disk(trouble):
    """The leader's goes below its reserve, and stays there: another one leads, and commands are accepted meanwhile."""
    said = "less than min-free-bytes was free for long"
    for _ in range(MANY_LEADERS):  # one may lose its lead for another reason before
        leader = trouble.leader()
        trouble.world.disks[leader].leave(RESERVE_BYTES // 2)
        trouble.another_leads(leader)
        trouble.comes_back()
        leads_again, is_why = trouble.three.leader() == leader, said in trouble.three.nodes[leader].said()
        trouble.world.disks[leader].make_room()
        if is_why and leads_again:
            raise RuntimeError(f"{leader} leads again, though it has no room")
        if is_why:
            return
        trouble.comes_back()
    raise RuntimeError(f"none of {MANY_LEADERS} leaders without room says that this is why it ends")


def move_clock(trouble):
    """The leader's clock jumps, it is killed, and whoever leads next has another one."""
    leader = trouble.leader()
    trouble.world.clocks[leader].set(trouble.chance.choice([-HOUR_S, -10, 10, HOUR_S // 2, 24 * HOUR_S]))
    trouble.comes_back()
    trouble.three.nodes[leader].end(signal.SIGKILL)
    trouble.comes_back()
    trouble.world.clocks[leader].set(0)


def cut_power(trouble):
    """Of all machines at once."""
    with trouble.supervisor.hands_off:
        cluster_world.cut_power(trouble.world.disks.values(), [*trouble.three.nodes.values(), *trouble.three.etcds.values()])


def tell_to_end(name, node):
    """The supervisor may have begun it a moment before: until it listens to signals, being told to end is the end."""
    code = node.end(signal.SIGTERM)
    may_not_listen = "catlogd ready" not in node.said_last()
    if code not in (0, *ENDED_RIGHTLY) and not (code == -signal.SIGTERM and may_not_listen):
        raise RuntimeError(f"{name} ended with {code} when it was told to:\n{node.said()[-2000:]}")


def upgrade(trouble):
    """Node by node, those that follow first, to another version, and back the next time."""
    here, other = trouble.three.programs, other_programs(trouble.three)
    leader = trouble.leader()
    for name in [*trouble.others(leader), leader]:
        node = trouble.three.nodes[name]
        with trouble.supervisor.hands_off:
            is_back = node.command[0].startswith(str(other))
            tell_to_end(name, node)
            node.command[0] = str((here if is_back else other) / trouble.three.daemon)
            node.start()
        trouble.until(f"{name} is ready", lambda name=name: trouble.three.is_ready(name))


def other_programs(three):
    """A daemon that says another version; nothing is different in it but that."""
    folder = pathlib.Path(three.folder) / "other-version"
    if not folder.is_dir():
        folder.mkdir()
        program = three.programs / three.daemon
        # What "--version" says, and nothing that is compiled into an instruction: where there is none it is only another file.
        changed = program.read_bytes().replace(b"\x000.1.0\x00", b"\x00" + OTHER_VERSION + b"\x00")
        (folder / three.daemon).write_bytes(changed)
        shutil.copymode(program, folder / three.daemon)
    return folder


ALWAYS = [kill_leader, stop_leader, kill_node, stop_node, kill_etcd, stop_etcd, kill_all_nodes, upgrade]
IN_NETWORKS = [cut_leader, cut_leader_one_way, cut_two]
ON_DISKS = [fill_disk]
WITH_RESERVES = [crowd_disk]  # by itself: elsewhere nodes have none, so that a full disk is one within their writes
WITH_CLOCKS = [move_clock]
WITH_POWER = [cut_power]


def possible(world, only=None):
    """All that can be had; or the one of that name, if it can be."""
    all_kinds = [*ALWAYS, *(IN_NETWORKS if world.networks else []), *(ON_DISKS if world.disks else []),
                 *(WITH_CLOCKS if world.clocks else []), *(WITH_POWER if world.has_power() else [])]
    if not only:
        return all_kinds
    return [fault for fault in [*all_kinds, *(WITH_RESERVES if world.disks else [])] if fault.__name__ == only]
