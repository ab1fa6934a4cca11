"""Addresses that the app connects to: a request may not name one inside the network."""

LOOKED = {}      # address -> the last host names that were found to be there
LOOKED_MOST = 4096
NAMES_MOST = 256
HOSTS_MOST = 64  # hosts that are looked for in one value
OWN = set()      # (address, port) inside that the app calls without being told
INWARD = {}      # address -> is it inside? What was asked lately
HTTP = re.compile(r"\s*(?:url:)?(https?|data):", re.I)
HOST_ENDS = re.compile(r"[@#?\\&;,]")
SCHEME = re.compile(r"^[a-zA-Z][\w+.-]*:")


def watch_outbound():
    JUDGES["socket.connect"] = ("request", judge_connect, True)
    JUDGES["socket.sendto"] = ("request", judge_connect, True)
    JUDGES["socket.sendmsg"] = ("request", judge_connect, True)
    JUDGES["urllib.Request"] = ("request", judge_url, False)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, looking(getattr(socket, name)))
    after_import("http.client", watch_http)
    after_import("httpx._client", watch_httpx)
    after_import("aiohttp.client_reqrep", watch_aiohttp)
    for name in ("pycurl", "uvloop", "grpc"):
        after_import(name, lambda module: watched("request", module.__name__, False, "it connects in C"))
    watched("request", "socket, http.client, urllib, requests, asyncio")


def looking(function):
    """socket.getaddrinfo and its like, which remember what was found where."""
    @functools.wraps(function)
    def look_watched(host, *args, **kwargs):
        found = function(host, *args, **kwargs)
        try:
            remember_host(host, found)
        except Exception as error:
            broken(live(), "request", error)
        return found
    return look_watched


def remember_host(host, found):
    host, inputs = host_of(host), live()
    addresses = [found] if type(found) is str else found[2] if type(found) is tuple else {e[4][0] for e in found}
    for address in addresses if host else ():
        if inputs is not None:
            inputs.note.setdefault("looked", set()).add((address, host))
        names = LOOKED.get(address)
        if names is None:
            if len(LOOKED) >= LOOKED_MOST:
                LOOKED.pop(next(iter(LOOKED)), None)
            names = LOOKED[address] = collections.deque(maxlen=NAMES_MOST)
        if host not in names:
            names.append(host)


def names_of(inputs, host, address):
    """The hosts that somebody who connects to address may have had in mind."""
    looked = inputs.note.get("looked", ()) if inputs is not None else ()
    return dict.fromkeys([host, address] + [h for a, h in list(looked) if a == address] + list(LOOKED.get(address, ())))


def host_of(host):
    """A host name as names are compared."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    return str(host or "").lower().rstrip(".").strip("[]").partition("%")[0]


# -- addresses ----------------------------------------------------------------------------

def inward(address):
    """Is this address private, of this machine, or otherwise not of the public internet?"""
    known = INWARD.get(address)
    if known is None:
        if len(INWARD) >= LOOKED_MOST:
            INWARD.clear()
        known = INWARD[address] = not public(ip_of(address))
    return known


def ip_of(text):
    import ipaddress
    return ipaddress.ip_address(text.partition("%")[0])


def public(ip):
    import ipaddress
    if ip.version == 6:
        number = int(ip)
        low = ipaddress.IPv4Address(number & 0xFFFFFFFF)
        inner = ip.ipv4_mapped or ip.sixtofour
        if number >> 32 == 0x0064FF9B << 64 or number >> 32 == 0 and number > 1:  # NAT64, ::1.2.3.4
            inner = low
        if number >> 32 == 0xFFFF0000:  # ::ffff:0:1.2.3.4
            inner = low
        if number >> 80 == 0x0064FF9B0001:
            return False
        if ip.teredo:
            inner = ip.teredo[1]
        if inner is not None:
            return public(inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def judge_connect(inputs, event, args):
    address = args[1]
    if isinstance(address, (str, bytes)):
        judge_unix(inputs, os.fsdecode(address))
        return
    if not isinstance(address, tuple) or len(address) < 2:
        return
    host = host_of(address[0])
    try:
        reached = [str(ip_of(host))]
    except ValueError:  # a name, which the system would look up without a word
        reached = [entry[4][0] for entry in socket.getaddrinfo(host, None)] if any(named(inputs, host)) else []
    for ip in reached:
        if not inward(ip):
            note_fetch(inputs, names_of(inputs, host, ip))
        elif inputs is not None or (ip, address[1]) not in OWN:
            judge_inward(inputs, ip, address[1], names_of(inputs, host, ip))


def judge_inward(inputs, ip, port, names):
    own = True
    for whose, i, bare, name in named(inputs, *names):
        if type(bare) is tuple and port and port not in bare:
            continue  # a text that tells of another service there
        own = False
        if allowed_request(inputs, ip, names):
            note_fetch(inputs, names)  # not allowed is where it leads on to
            continue
        if (ip, port) in OWN and not says_port(whose, i, bare, port):
            continue  # somebody searches for "localhost", say, and the database is there
        refuse(whose, "request", "%s at %s, port %s" % (name, ip, port), i,
               "it has the app call an address inside its network")
    if own and inputs is not None and (ip, port) not in OWN and not inputs.suspect.isdisjoint(("request",)) \
            and not allowed_request(inputs, ip, names) and not any(name in text for text in known_texts() for name in names):
        refuse(inputs, "request", "%s, port %s" % (ip, port), -1, "the app calls an address inside its network that its code does not name")
    if own and len(OWN) < LOOKED_MOST:
        OWN.add((ip, port))


def says_port(inputs, i, bare, port):
    """Has the request named this port, too? bare is whether its value is a host and no more, None
    for a host that an answer leads to."""
    text = inputs.fields[i][2]
    if bare is None or any(str(port) in (str(int(n)) for n in re.findall(r"\d{1,9}", form.translate(UNSIGNED)))
                           for form, k in inputs.values if k == i):
        return True
    exchange = asked()
    if exchange is not None and any(word[2].strip() == str(port) for word in plain_words(exchange)):
        return True
    scheme, slashes, _ = text.strip().lower().partition("://")
    return not bare and (port in (80, 443) or bool(slashes) and scheme not in ("http", "https"))


def judge_unix(inputs, address):
    for value, i in inputs.values if inputs is not None else ():
        if value.count("/") > 1 and inputs.fields[i][0] != "path" and address.endswith(value):
            refuse(inputs, "request", address, i, "it has the app call a service of this machine")


def allowed_request(inputs, ip, names):
    import ipaddress
    for allowed in setting(inputs, "requests_allow"):
        if host_of(allowed) in names:
            return True
        try:
            if ip_of(ip) in ipaddress.ip_network(allowed, strict=False):
                return True
        except ValueError:
            pass  # a name
    return False


def note_fetch(inputs, names):
    """The app fetches what the request names: where that leads to counts as named, too."""
    if inputs is not None and "fetched" not in inputs.note:
        for whose, i, _, _ in named(inputs, *names):
            inputs.note["fetched"] = i if whose is inputs else -1


# -- hosts that a request names -----------------------------------------------------------

def named(inputs, *names):
    """For each of names that the request has given: (inputs, index of the value, whether the
    host is all of it or None where an answer led there, the name)."""
    names = [name for name in names if name]
    if inputs is not None:
        hosts = hosts_of(inputs)
        for name in names:
            if name in hosts:
                yield (inputs,) + hosts[name] + (name,)
            for tail, found in hosts.items():
                if tail[0] == "." and len(tail) > 1 and name.endswith(tail):
                    yield (inputs,) + found + (name,)
    exchange = asked()
    for word in plain_words(exchange) if exchange is not None else ():
        host = host_of(word[2])
        if host in names:
            yield for_word(exchange, inputs, word), 0, True, host


def hosts_of(inputs):
    """The hosts in the values of a request: host -> (index of the value, whether it is all of it,
    or the ports that a text has beside it)."""
    hosts = inputs.note.get("hosts")
    if hosts is None:
        hosts, told = {}, {}
        for text, i in inputs.values:
            inner = inputs.fields[i][0] == "path"
            for item, whole in [(text, True)] if inner else items_of(text):
                bare = host_of(text.strip())
                for name in hosts_in(item, inner):
                    if whole:
                        known = hosts.get(name)
                        if known is None or known[1]:
                            hosts[name] = (i, name == bare)
                    else:
                        told.setdefault(name, (i, tuple(map(int, re.findall(r":(\d{1,5})(?!\d)", item)))))
        inputs.note["hosts"] = hosts = {**told, **hosts}
    return hosts


LISTED_HOST = re.compile(r"(?:https?://)?(?:[\w-]+[.:])+[\w-]*/?|\[[0-9a-fA-F:.]+\](?::\d+)?|localhost").fullmatch
HOST_AND_PORT = re.compile(r"(?:\w+[\w.-]*|\[[0-9a-fA-F:.]+\]):\d{1,5}(?![\w.:])").search
UNSIGNED = {ord(c): None for c in "'\"\\` \t\r\n"}  # what apps take out of an address


def items_of(text):
    """What apps take for an address in a value: (text, True) for all of it and for the items of what
    is a list of hosts, (text, False) for a host with a port within another text."""
    yield text, True
    text = text[:8192]
    bare = text.translate(UNSIGNED)
    for bare in {bare, bare.replace("..", "")}:
        if bare != text.strip() and LISTED_HOST(bare):
            yield bare, True
    if text[:1] in "{[\"":
        try:
            for item in texts_in([json.loads(text)], 5):
                yield item, True
        except ValueError:
            pass
    items = [item for item in LIST_ENDS.split(text) if item]
    if 1 < len(items) <= HOSTS_MOST and all(map(LISTED_HOST, items)):
        for item in items:
            yield item, True
    elif ":" in text:
        for item in items[:HOSTS_MOST * 4]:
            if HOST_AND_PORT(item):
                yield item, False


LIST_ENDS = re.compile(r"[\s,;|=]+")


def hosts_in(text, path=False):
    """What could be taken for a host in text, by any reader of URLs: more rather than less. In
    the path of a request these are also its parts that have a dot."""
    text = text[:8192].translate({9: None, 10: None, 13: None}).strip()
    found = set()
    for form in {text, text.replace("\\", "/")}:
        before = None
        for piece in form.split("//", HOSTS_MOST):
            regions = []
            if before is None:
                if path:
                    for part in form.split("/"):
                        if "." in part:
                            add_host(found, part)
                elif piece[:1] != "/":  # "localhost:" may be a host, "http:" is none
                    regions = [piece, SCHEME.sub("", piece).lstrip("/")]
            elif not before or before[-1:] in ":=":  # else it is a path with // in it
                regions = piece.lstrip("/").split(None, 1)[:1]
            for region in regions:
                region = region.partition("/")[0]
                if not re.search(r"\s", region):
                    for part in HOST_ENDS.split(region):
                        add_host(found, part)
            before = piece
    return found


def add_host(found, part):
    if not part or len(part) > 255:
        return
    if part.startswith("["):
        part = part[1:].partition("]")[0]
    elif part.count(":") == 1:
        part = part.partition(":")[0]
    host = host_of(part)
    if not host:
        return
    found.add(host)
    if not host.isascii():
        import unicodedata
        host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower()
        found.add(host)
        try:
            found.add(host.encode("idna").decode())
        except UnicodeError:
            pass
    try:
        found.add(str(ip_of(host)))
    except ValueError:
        if host[:1].isdigit():
            try:
                found.add(socket.inet_ntoa(socket.inet_aton(host)))  # 2130706433, 0x7f.1
            except (OSError, ValueError):
                pass


# -- redirects and other schemes ----------------------------------------------------------

def judge_url(inputs, event, args):
    url = str(args[0])
    if HTTP.match(url):
        return
    for value, i in inputs.values:
        value = value.strip()
        # Without a scheme it is a path, which is judged when it is opened.
        if len(value) > 3 and ":" in value and (value in url or url in value) and not written(url, 0, len(url)):
            refuse(inputs, "request", url, i, "it has the app read a URL that is not of the web")


def judge_redirect(inputs, location):
    """An answer says to go on to location."""
    if "fetched" in inputs.note and location and "//" in location.replace("\\", "/"):
        for host in hosts_in(location):
            hosts_of(inputs)[host] = (inputs.note["fetched"], None)


redirected = guarded("request", judge_redirect)


PROXIED_NAMES = {"localhost": "127.0.0.1", "metadata.google.internal": "169.254.169.254"}


def judge_proxied(inputs, url):
    """A proxy is asked for url, or for a tunnel to a host: it connects, not the app."""
    for host in hosts_in(url if "//" in url else "//" + url):
        try:
            ip = str(ip_of(PROXIED_NAMES.get(host, host)))
        except ValueError:
            continue  # what the proxy makes of a name, nobody here knows
        if inward(ip):
            judge_inward(inputs, ip, 0, {host, ip})


proxied = guarded("request", judge_proxied)


def watch_http(module):
    beginning, putting = module.HTTPResponse.begin, module.HTTPConnection.putrequest
    tunnelling = module.HTTPConnection.set_tunnel

    @functools.wraps(putting)
    def put_watched(self, method, url, *args, **kwargs):
        if url[:1] != "/" and "://" in url[:8]:
            proxied(url)
        return putting(self, method, url, *args, **kwargs)

    @functools.wraps(tunnelling)
    def tunnel_watched(self, host, *args, **kwargs):
        proxied(host)
        return tunnelling(self, host, *args, **kwargs)

    module.HTTPConnection.putrequest, module.HTTPConnection.set_tunnel = put_watched, tunnel_watched

    @functools.wraps(beginning)
    def begin_watched(self):
        beginning(self)
        if 300 <= self.status < 400:
            redirected(self.headers.get("Location"))

    module.HTTPResponse.begin = begin_watched


def watch_httpx(module):
    leading = module.BaseClient._redirect_url

    @functools.wraps(leading)
    def url_watched(self, request, response):
        url = leading(self, request, response)
        redirected(str(url))
        return url

    module.BaseClient._redirect_url = url_watched
    watched("request", "httpx")


def watch_aiohttp(module):
    starting = module.ClientResponse.start

    @functools.wraps(starting)
    async def start_watched(self, *args, **kwargs):
        result = await starting(self, *args, **kwargs)
        if 300 <= self.status < 400:
            redirected(self.headers.get("Location"))
        return result

    module.ClientResponse.start = start_watched
    watched("request", "aiohttp")
