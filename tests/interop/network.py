# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network of the case's own, with a way to the SFU that can be made bad.

    receiver ------ router, NAT ------ SFU and publishers
    192.0.2.2       .1 198.51.100.1    .2

Each of the three is in a network namespace that has no name: it lasts as long
as there is a process in it. The receiver's is the one that the runner has
started the case's process in (own_network), each of the others has a process
that waits for the end of its input. All are children of the case's process,
so that nothing is left of the network, however that ends.
"""

import os
import pathlib
import subprocess

from processes import Child

SFU = "198.51.100.2"
ROUTER_OUTSIDE = "198.51.100.1"
ROUTER_INSIDE = "192.0.2.1"
RECEIVER = "192.0.2.{}"
PREFIX = 24
# The source ports that the router gives, one range after the other.
PORTS = ("20000-24999", "25000-29999")

# Addresses of IPv6 come late, after some probing.
WITHOUT_IPV6 = """
if cd /proc/sys/net/ipv6/conf 2>/dev/null; then
    echo 1 >all/disable_ipv6
    echo 1 >default/disable_ipv6
fi
"""
# The SFU has no route to what is behind the router: what it sends comes in as
# an answer, or is for the router and so for nobody.
ROUTER_RULES = """
table ip router {
    chain nat {
        type nat hook postrouting priority srcnat;
    }
    chain input {
        type filter hook input priority filter;
        iifname "outside" drop;
    }
    chain forward {
        type filter hook forward priority filter;
        jump faults;
    }
    chain faults {
    }
}
"""
# The mappings of a masquerade are forgotten when its link goes down. Those of
# TCP stay, as signalling has to.
NAT_RULES = """
flush chain ip router nat
add rule ip router nat oifname "outside" meta l4proto tcp snat to {outside}
add rule ip router nat oifname "outside" \
    meta l4proto udp masquerade to :{ports}
"""


def _run(command, text=""):
    result = subprocess.run(command, input=text, text=True, check=False,
                            capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr}{text}")


class Namespace:
    """A network namespace, with the process that it lasts for."""

    def __init__(self, name, folder):
        self.holder = Child(
            name, ["unshare", "--net", "sh", "-c", "echo ready; exec cat"],
            pathlib.Path(folder) / f"{name}.log",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.read_line(10)
        self.pid = self.holder.process.pid
        # What to put before a command that is to run inside.
        self.enter = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]
        self.run("sh", "-e", text=WITHOUT_IPV6)

    def run(self, *command, text=""):
        _run([*self.enter, *command], text)

    def stop(self):
        self.holder.stop()


class Network:
    """The three namespaces, and what goes wrong between them.

    Faults add up until mend().
    """

    def __init__(self, folder):
        self._require_own()
        self._host = 2
        self._ports = 0
        self._spaces = []
        try:
            self._router = self._new_space("router", folder)
            self._outside = self._new_space("outside", folder)
            self._connect_receiver()
            self._connect_sfu()
            self._route()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for space in self._spaces:
            space.stop()

    @property
    def enter_sfu(self):
        """What to put before a command, to run it where the SFU is."""
        return self._outside.enter

    @staticmethod
    def _require_own():
        """Nothing of the machine's own network is to be changed."""
        own, parents = (os.stat(f"/proc/{process}/ns/net").st_ino
                        for process in ("self", os.getppid()))
        if own == parents:
            raise RuntimeError("the case has no network of its own: it needs "
                               "own_network = True, and the runner")

    def _new_space(self, name, folder):
        space = Namespace(name, folder)
        self._spaces.append(space)
        return space

    def _connect_receiver(self):
        _run(["sh", "-e"], WITHOUT_IPV6)
        _run(["ip", "-batch", "-"], f"""
link set lo up
link add line type veth peer name inside netns {self._router.pid}
address add {RECEIVER.format(self._host)}/{PREFIX} dev line
link set line up
route add default via {ROUTER_INSIDE}
""")

    def _connect_sfu(self):
        self._router.run("ip", "-batch", "-", text=f"""
link set lo up
link add outside type veth peer name line netns {self._outside.pid}
address add {ROUTER_INSIDE}/{PREFIX} dev inside
address add {ROUTER_OUTSIDE}/{PREFIX} dev outside
link set inside up
link set outside up
""")
        self._outside.run("ip", "-batch", "-", text=f"""
link set lo up
address add {SFU}/{PREFIX} dev line
link set line up
""")

    def _route(self):
        self._router.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self._router.run("nft", "-f", "-", text=ROUTER_RULES)
        self._translate()

    def _translate(self):
        self._router.run("nft", "-f", "-", text=NAT_RULES.format(
            outside=ROUTER_OUTSIDE, ports=PORTS[self._ports]))

    # Faults

    def _add_fault(self, rule):
        self._router.run("nft", "add", "rule", "ip", "router", "faults", rule)

    def loss(self, percent):
        """Of what comes to the receiver over UDP."""
        self._add_fault('oifname "inside" meta l4proto udp '
                        f'numgen random mod 100 < {percent} drop')

    def bottleneck(self, kbit):
        """So many kbit/s to the receiver, and a third of a second's queue."""
        self._router.run(
            "tc", "qdisc", "replace", "dev", "inside", "root", "tbf",
            "rate", f"{kbit}kbit", "burst", "4kb", "latency", "300ms")

    def block_udp(self):
        self._add_fault("meta l4proto udp drop")

    def block_tcp(self, port):
        self._add_fault(f"tcp dport {port} drop")

    def cut(self):
        """Nothing comes through."""
        self._add_fault("drop")

    def mend(self):
        """Ends all of that."""
        self._router.run("nft", "flush", "chain", "ip", "router", "faults")
        self._router.run("tc", "qdisc", "replace", "dev", "inside", "root",
                         "noqueue")

    # Moves

    def change_address(self):
        """The receiver has another address, the old one is gone."""
        old, self._host = self._host, self._host + 1
        _run(["ip", "-batch", "-"], f"""
address delete {RECEIVER.format(old)}/{PREFIX} dev line
address add {RECEIVER.format(self._host)}/{PREFIX} dev line
route add default via {ROUTER_INSIDE}
""")

    def rebind_nat(self):
        """The router forgets its UDP mappings, and gives other ports."""
        self._ports = (self._ports + 1) % len(PORTS)
        self._translate()
        self._router.run("ip", "link", "set", "outside", "down")
        self._router.run("ip", "link", "set", "outside", "up")
