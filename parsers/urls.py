"""Addresses: one form to show and fetch, one key to compare by, and who publishes there.

In: an address or an outlet's name, from anywhere. Out: strings, or None for what is no web address.
A key leaves out only what is known to be tracking (a deny-list): it must never drop a parameter that
may name the article (`id`, `p`, `id_article`), for two articles under one key would become one.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from parsers.text import fold, vocabulary

URL_MAX = 2_048  # characters; what browsers and caches take, and more than any article's address has

_FORBIDDEN = re.compile(r"[\\\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_NOT_ASCII = re.compile(r"[^\x21-\x7e]")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_PORTS = {"http": 80, "https": 443}

# Parameters that tell where a reader came from, never what is read.
_TRACKING = vocabulary(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh li_fat_id mc_cid mc_eid mkt_tok "
    "_ga _gl _hsenc _hsmi __twitter_impression _openstat spm ref_src ref_url xtor xtref xtcr xtmc cmpid ocid smid "
    "smtyp ito icid wt_mc wt.mc_id wt.nav maca taid traffic_source at_medium at_campaign at_campaign_type at_custom1 "
    "at_custom2 at_custom3 at_custom4 at_link_id at_link_origin at_link_type at_format at_ptr_name at_bbc_team "
    "at_creation at_variant at_platform ns_mchannel ns_source ns_campaign ns_linkname ns_fee intlink_from_url "
    "link_location guccounter guce_referrer guce_referrer_sig fb_action_ids fb_action_types fb_ref fb_source "
    "action_object_map action_type_map oly_anon_id oly_enc_id vero_id trk amp usqp outputtype"
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "matomo_", "piwik_", "hsa_", "itm_")
_VIEWS = ("www.", "m.", "mobile.", "amp.")  # hosts that show the same pages another way
_AMP_CACHE = re.compile(r"(?:www\.)?google\.[a-z.]+/amp/(?:s/)?(.+)|[^/]+\.cdn\.ampproject\.org/[a-z]/(?:s/)?(.+)")
_REDIRECTOR = re.compile(  # what stands in a parameter is where it leads; alerts of Google come as such links
    r"(?:www\.)?google\.[a-z.]+/url\?.+|(?:www\.)?bing\.com/news/apiclick\.aspx\?.+|lm?\.facebook\.com/l\.php\?.+"
    r"|l\.instagram\.com/\?.+|vk\.com/away\.php\?.+|t\.me/iv\?.+|out\.reddit\.com/.+"
)
_TARGETS = ("url", "q", "u", "to")  # the parameters, in which redirectors name the page
_AMP_PATH = re.compile(r"^/amp(?=/)|/amp(?=/?$)|\.amp(?=(\.html?)?$)")
_INDEX = re.compile(r"/index\.html?$")


def canonical_url(url: str, base: str | None = None) -> str | None:
    """Return an address in one spelling that still leads to the page, or None for no web address.

    Host in lower case, no default port, no fragment, odd characters escaped; relative ones are resolved
    on `base`. None for an empty one, for other schemes, for credentials, and for characters that parsers disagree
    about.
    """
    if not url.strip():
        return None
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
        host, port = _host(parts), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or host is None or _FORBIDDEN.search(url.strip()):
        return None
    at_port = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    query = f"?{_escaped(parts.query)}" if parts.query else ""
    found = f"{parts.scheme}://{host}{at_port}{_escaped(parts.path) or '/'}{query}"
    return found if len(found) <= URL_MAX else None


def _host(parts: SplitResult) -> str | None:
    if not parts.hostname or "@" in parts.netloc:
        return None
    host = parts.hostname.rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if ":" in host:
        host = f"[{host}]"
    return host if _HOST.fullmatch(host) else None


def _escaped(text: str) -> str:
    raw = _NOT_ASCII.sub(lambda odd: "".join(f"%{byte:02X}" for byte in odd[0].encode("utf-8", "replace")), text)
    return _ESCAPE.sub(_one_escape, raw)


def _one_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def url_key(url: str) -> str | None:
    """Return the key under which one article's addresses are the same, or None for no web address."""
    canonical = _target(url)
    if canonical is None:
        return None
    parts = urlsplit(canonical)
    host = parts.netloc
    while host.startswith(_VIEWS) and host.count(".") > 1:
        host = host.partition(".")[2]
    path = re.sub(r"/{2,}", "/", _INDEX.sub("/", _AMP_PATH.sub("", parts.path)))
    kept = sorted((n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(n, v))
    return host + path.rstrip("/") + (f"?{urlencode(kept)}" if kept else "")


def _target(url: str) -> str | None:
    """Return the address of the page that a cache or a redirector leads to, else the address itself."""
    canonical = canonical_url(url)
    if canonical is None:
        return None
    address = canonical.partition("://")[2]
    if cached := _AMP_CACHE.fullmatch(address):
        return _target(f"https://{cached[1] or cached[2]}")
    if _REDIRECTOR.fullmatch(address):
        named = dict(parse_qsl(urlsplit(canonical).query))
        return next(filter(None, (_target(named[name]) for name in _TARGETS if name in named)), canonical)
    return canonical


def _is_tracking(name: str, value: str) -> bool:
    plain = name.casefold()
    if plain == "ref":  # "ref=rss" tells a way in, "ref=4711" may well name the article
        return not value.isdigit()
    return plain in _TRACKING or plain.startswith(_TRACKING_PREFIXES)


# Outlets that are one house under several names, by the first label of their hosts or their folded names.
_FAMILIES = {
    "bbc": "bbc bbci bbcnews bbcworld bbcworldservice bbcafrica bbcafrique bbcnewsafrique bbcmonitoring bbcrussian",
    "afp": "afp agencefrancepresse",
    "reuters": "reuters thomsonreuters reutersafrica",
    "ap": "ap apnews associatedpress",
    "aljazeera": "aljazeera aljazeeraenglish ajenglish",
    "francemediasmonde": "francemediasmonde rfi rfiafrique radiofranceinternationale france24 mcdoualiya",
    "cbs": "cbs cbsnews",
    "voa": "voa voanews voaafrique voaafrica voiceofamerica",
    "tass": "tass itartass",
    "ria": "ria rian rianovosti sputnik sputniknews sputnikafrique sputnikglobe sputnikafrica rossiyasegodnya",
    "allafrica": "allafrica allafricacom",
    "africanews": "africanews",
    "euronews": "euronews",
    "dw": "dw deutschewelle dwnews",
    "cnn": "cnn cnninternational",
    "abc": "abcnews",
    "nbc": "nbc nbcnews",
    "fox": "fox foxnews foxbusiness",
    "nytimes": "nytimes nyt newyorktimes",
    "washingtonpost": "washingtonpost",
    "wallstreetjournal": "wsj wallstreetjournal",
    "bloomberg": "bloomberg",
    "financialtimes": "ft financialtimes",
    "guardian": "guardian theguardian",
    "lemonde": "lemonde lemondeafrique",
    "lefigaro": "lefigaro figaro",
    "liberation": "liberation",
    "tv5": "tv5 tv5monde",
    "jeuneafrique": "jeuneafrique",
    "africareport": "africareport",
    "anadolu": "aa anadolu anadoluagency agenceanadolu",
    "xinhua": "xinhua xinhuanet",
    "dpa": "dpa",
    "efe": "efe",
    "ansa": "ansa",
    "interfax": "interfax",
    "rt": "rt russiatoday actualiterte",
    "africaninitiative": "africaninitiative afrinz",
    "jerusalempost": "jpost jerusalempost",
    "maliweb": "maliweb",
    "malijet": "malijet",
    "maliactu": "maliactu",
    "bamada": "bamada bamadanet",
    "studiotamani": "studiotamani",
    "ortm": "ortm",
    "pravdanetwork": "newspravda pravdaen pravdafr pravdade pravdaes newspravdacom",
}
_FAMILY_OF = {alias: family for family, aliases in _FAMILIES.items() for alias in aliases.split()}
# Hosts whose first label would send them to another house.
_HOSTS = {"pravda.com.ua": "ukrainskapravda", "pravda.ru": "pravdaru", "online.ua": "onlineua"}
_SECOND_LEVELS = vocabulary("co com org net gov gob gouv gouvernement ac edu asso or ne go info")
# Houses of other people's pages: each name in front of them is a publisher of its own.
_HOSTING = vocabulary(
    "blogspot.com wordpress.com substack.com over-blog.com over-blog.fr mondoblog.org github.io medium.com "
    "livejournal.com tumblr.com"
)
# … and where the first part of the path is that name.
_CHANNELS = {"t.me": "t.me", "telegram.me": "t.me"}
# "/s/" opens the page of a channel that all may read; the other two are no channels.
_CHANNEL = re.compile(r"/(?:s/)?((?!joinchat/|share/)[A-Za-z][A-Za-z0-9_]{2,39})(?:/|$)")
_HOSTLIKE = re.compile(r"https?://.+|[^\s/@]+\.[a-z]{2,}(?::\d+)?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)


def publisher_family(url_or_outlet: str | None) -> str | None:
    """Return who publishes under an address or a name: "bbc" for bbc.co.uk and for "BBC News".

    Names and hosts meet in one folded word ("Jeune Afrique", jeuneafrique.com -> "jeuneafrique"), so that
    two homonyms count as one source rather than one source as two. None where nothing is left.
    """
    name = (url_or_outlet or "").strip()
    if _HOSTLIKE.fullmatch(name):
        address = urlsplit(_target(name if "://" in name else f"http://{name}") or "")
        if address.hostname:
            return _channel(address) or _family_of_host(address.hostname)
    return _family(fold(re.sub(r"\([^()]*\)", " ", name)) or fold(name))


def is_known_outlet(name: str) -> bool:
    """Tell whether a name is that of an outlet or agency of the table."""
    return publisher_family(name) in _FAMILIES


def _channel(address: SplitResult) -> str | None:
    """Return a channel of a messenger as a publisher of its own: "t.me/some_channel". None for other sites."""
    home = _CHANNELS.get((address.hostname or "").removeprefix("www."))
    channel = _CHANNEL.match(address.path)
    return f"{home}/{channel[1].casefold()}" if home and channel else home


def _family_of_host(host: str) -> str | None:
    labels = host.split(".")
    if ".".join(labels[-2:]) in _HOSTING or labels[-1].isdigit() or ":" in host:
        return host
    size = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVELS and len(labels[-1]) == 2 else 2
    registrable = labels[-size:]
    return _HOSTS.get(".".join(registrable)) or _family(fold(registrable[0]))


def _family(folded: str) -> str | None:
    word = folded.replace(" ", "")
    if word.startswith("the") and len(word) > 6:  # "The Africa Report", theafricareport.com, THEAFRICAREPORT
        word = _FAMILY_OF.get(word, word.removeprefix("the"))
    return _FAMILY_OF.get(word, word) or None
