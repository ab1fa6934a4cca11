"""Requests of the app, to where its visitors may not go."""
import asyncio
import concurrent.futures
import http.client
import http.server
import os
import socket
import tempfile
import threading
import urllib.request

from judging import case, judged, passes, refused, shim, sinks


class Site(http.server.BaseHTTPRequestHandler):
    leads = {}

    def do_GET(self):
        to = self.leads.get(self.path)
        self.send_response(302 if to else 200)
        if to:
            self.send_header("Location", to)
        self.end_headers()

    def log_message(self, *_):
        pass


def requests():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    here = "127.0.0.1:%d" % port

    def fetched(url):
        urllib.request.urlopen(url, timeout=2).close()

    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "[::1]",
                 "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "LOCALHOST", "169.254.169.254", "127%2e0.0.1"):
        url = "http://%s:%d/x" % (host, port)
        known = "http://%s:%d/x" % (host.replace("%2e", "."), port)
        case("fetch " + url, True, [("query", "v", url, known)], lambda: fetched(url))
    for url in (" http://%s/", "HTTP://%s", "//%s/x", "http:\\\\%s", "http://a@%s/", "http://%s\\@a.example/", "@%s/",
                "http://%s#@a.example/", "http:///%s", "see http://a.example/ and http://%s/", "%s", "%s/x", "x:y@%s"):
        refused("as " + url, url % here, lambda v: socket.create_connection(("127.0.0.1", port), 2).close())
    for kept in ("http://a.example/?u=x", "/localhost/x", "localhost.example.com", "it is slow at localhost, see //x/localhost",
                 "http://a.example/127.0.0.1", "http://127.0.0.2/"):
        passes("own service", kept, lambda v: fetched("http://localhost:%d/" % port))
    connecting(port)
    redirects(port, fetched)
    refused("file:", "file:///etc/passwd", fetched)
    refused("FILE:", " FILE:///etc/passwd", lambda v: fetched(v.strip()))
    with tempfile.NamedTemporaryFile() as own:
        for kept in (os.path.dirname(own.name), os.path.basename(own.name)):
            passes("own file:", kept, lambda v: fetched("file://" + own.name))
    refused("ftp:", "ftp://%s/x" % here, fetched)
    ranges()


def connecting(port):
    def connected(address, family=socket.AF_INET, call="connect"):
        with socket.socket(family) as s:
            s.setblocking(False)
            getattr(s, call)(address)

    async def stream(host):
        _, writer = await asyncio.open_connection(host, port)
        writer.close()

    refused("connect", "127.0.0.1", lambda v: connected((v, 9)))
    refused("connect_ex", "127.0.0.1", lambda v: connected((v, 9), call="connect_ex"))
    refused("connect by name", "localhost:%d" % port, lambda v: connected((v.partition(":")[0], port)))
    refused("Unix socket", "/nowhere/docker.sock", lambda v: connected(v, socket.AF_UNIX))
    refused("asyncio", "http://localhost:%d/" % port, lambda v: asyncio.run(stream("localhost")))
    refused("asyncio, by number", "http://127.0.0.1:%d/" % port, lambda v: asyncio.run(stream("127.0.0.1")))
    passes("asyncio, own", "http://a.example/", lambda v: asyncio.run(stream("localhost")))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        refused("executor", "127.0.0.1", lambda v: pool.submit(connected, (v, 9)).result())
    query = {"QUERY_STRING": "host=localhost"}
    case("a plain word", True, None, lambda: socket.create_connection(("localhost", 9)), query)
    case("a word that is searched for", False, None, lambda: socket.create_connection(("localhost", port)).close(), query)
    said = {"QUERY_STRING": "host=localhost&port=%d" % port}
    case("host and port, one by one", True, [("query", "host", "localhost")],
         lambda: socket.create_connection(("localhost", port)).close(), said)
    for kept in ("http://localhost/", "http://localhost:3000/x", "http://127.0.0.1:3000", "localhost:3000"):
        passes("another port than that of the own service", kept,
               lambda v: socket.create_connection(("localhost", port)).close())
    for v in ("http://localhost:%d/", "http://localhost:0%d", "redis://localhost/%.0s"):
        refused("the port of the own service", v % port, lambda v: socket.create_connection(("localhost", port)).close())
    for allowed in ("127.0.0.0/8", "LocalHost", "::1"):
        sinks["requests_allow"] = [allowed, "127.0.0.1"]
        passes("allowed", "http://localhost:%d/" % port, lambda v: socket.create_connection(("localhost", port)).close())
    sinks["requests_allow"] = []


def redirects(port, fetched):
    """127.0.0.1 stands for an address of the internet, 127.0.0.2 does not."""
    shim["INWARD"].update({"127.0.0.1": False, "::1": False})
    url = "http://127.0.0.1:%d/" % port
    inner = "http://127.0.0.2:%d/" % port
    Site.leads.update({"/in": inner, "/twice": "http://localhost:%d/in" % port, "/slashes": inner[5:]})

    def connected(host):
        http.client.HTTPConnection(host, port, timeout=2).connect()

    for path in ("in", "twice", "slashes"):
        refused("led on", url + path, fetched)
    passes("led on by the app's own service", "http://a.example/", lambda v: fetched(url + "in"))
    passes("the app's own beside it", url, lambda v: (fetched(v), connected("127.0.0.2")))
    shim["INWARD"].clear()


def ranges():
    """The special-purpose registries of IANA (RFC 6890 and later), and what holds an IPv4 address."""
    inside = """10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 127.0.0.53 169.254.169.254 0.0.0.0 0.1.2.3
        192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
        :: ::1 fe80::1 fc00::1 fd00:ec2::254 ff02::1 fec0::1 2001:db8::1 ::ffff:10.0.0.1 ::10.0.0.1 ::ffff:0:10.0.0.1
        64:ff9b::a00:1 64:ff9b:1::1 2002:a00:1::1"""
    outside = """8.8.8.8 172.32.0.1 100.128.0.1 192.169.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808
        2002:808:808::1"""
    for addresses, want in ((inside, True), (outside, False)):
        for address in addresses.split():
            judged(shim["inward"](address) == want, "%s is not judged right" % address)
