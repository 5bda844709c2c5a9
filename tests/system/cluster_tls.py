#!/usr/bin/env python3
"""Three machines whose etcd asks for a certificate, of each other too, and for a user's password; usage: cluster_tls.py BUILD. Exit 77: not tried."""
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import machines  # noqa: E402, of ops

USER, PASSWORD = "root", "correct horse battery staple"
LEASE_S = 30  # in which all of etcd is started again; nobody starts a node again that lost it


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("etcd", "node"):
        (folder / f"{name}.ext").write_text(f"subjectAltName=IP:{machines.ADDRESS},IP:127.0.0.1\n", encoding="ascii")
        openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    (folder / "password").write_text(PASSWORD + "\n", encoding="ascii")


def ask_for_users(three, folder):
    """etcd has one user from now on, and answers nobody else."""
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "node.pem", folder / "node.key")
    place = three.places[machines.NAMES[0]]

    def ask(path, **question):
        def answered():
            request = urllib.request.Request(f"https://{place.client()}/v3/auth/{path}", json.dumps(question).encode())
            try:
                with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                    return answer.read()
            except (urllib.error.URLError, TimeoutError, ConnectionError) as why:
                return b"there" if "already" in str(getattr(why, "read", bytes)()) else None
        machines.until(f"etcd takes {path}", answered)
    ask("user/add", name=USER, password=PASSWORD)
    ask("role/add", name=USER)
    ask("user/grant", user=USER, role=USER)
    ask("enable")


def send(three, first):
    lines = "".join(json.dumps({"putGenre": {"tmdbId": number, "name": f"Genre {number}"}}) + "\n" for number in range(first, first + 20))
    done = three.catlog("send", "-", "--endpoint", three.endpoints(), text=lines)
    if done.returncode != 0:
        raise RuntimeError(f"catlog send ended with {done.returncode}: {done.stderr}")


def main():
    programs = pathlib.Path(sys.argv[1])
    machines.begin_test(programs, "" if shutil.which("openssl") else "there is no openssl")
    with tempfile.TemporaryDirectory(prefix="catlog-cluster-") as name:
        folder = pathlib.Path(name)
        make_certificates(folder)
        tls = ("--cluster-etcd-ca", folder / "ca.pem", "--cluster-etcd-certificate", folder / "node.pem", "--cluster-etcd-key",
               folder / "node.key")
        user = ("--cluster-etcd-user", USER, "--cluster-etcd-password-file", folder / "password")
        with machines.Machines(programs, folder, scheme="https", lease_s=LEASE_S, node_options=(*tls, *user), etcd_options=(
                "--cert-file", folder / "etcd.pem", "--key-file", folder / "etcd.key", "--client-cert-auth",
                "--trusted-ca-file", folder / "ca.pem", "--peer-cert-file", folder / "etcd.pem", "--peer-key-file", folder / "etcd.key",
                "--peer-client-cert-auth", "--peer-trusted-ca-file", folder / "ca.pem")) as three:
            for etcd in three.etcds.values():
                etcd.start()
            ask_for_users(three, folder)
            three.start(are_etcds_there=True)
            send(three, 1)
            # It knows no token of before.
            for etcd in three.etcds.values():
                etcd.end(signal.SIGKILL)
                etcd.start()
            send(three, 21)
            heads = three.until_equal()
            if len(set(heads.values())) != 1:
                raise RuntimeError(f"the roots differ: {heads}")
            # A stranger: without the password, and without the certificate.
            for options, words in ((tls, "permission denied"), ((), "etcd does not answer")):
                three.node_options = options
                command = [str(part).replace(str(three.data("a")), str(folder / "other")) for part in three.node_command("a")]
                peers = command.index("--cluster-peers")  # for which it would want the nodes' key
                del command[peers:peers + 2]
                other = machines.Process(command, folder / "other.log")
                other.start()
                try:
                    machines.until(f"a stranger is told: {words}", lambda other=other, words=words: words in other.said_now())
                finally:
                    other.end(signal.SIGKILL)
    print(f"etcd with TLS and a user: 40 commands, head and root {next(iter(heads.values()))}; strangers are answered nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
