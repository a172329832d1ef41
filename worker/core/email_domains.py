"""E-mail domains: throw-away ones, the providers many people use, and mistyped names of those.

A domain is mistyped when it is no provider itself and stands one slip of the fingers (a letter more,
less, other, or two swapped) from one, or ends in what looks like a top-level domain and is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from disposable_email_domains import blocklist
from rapidfuzz.distance import OSA


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


POPULAR = _words(
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.ca ymail.com rocketmail.com hotmail.com "
    "hotmail.co.uk outlook.com icloud.com comcast.net verizon.net sbcglobal.net bellsouth.net "
    "charter.net earthlink.net optonline.net centurylink.net windstream.net frontier.com "
    "suddenlink.net embarqmail.com mindspring.com netzero.net protonmail.com fastmail.com"
)
"""Providers of which slips are recognised: names so long that a slip is hardly a name of its own."""
SHORT = _words(
    "aol.com live.com msn.com att.net cox.net juno.com mac.com me.com aim.com gmx.com gmx.net "
    "mail.com zoho.com proton.me"
)
"""Providers with names so short that many neighbours exist; only slips in what follows the dot count."""
KNOWN = frozenset(
    (
        *POPULAR,
        *SHORT,
        *_words(
            "email.com gmx.de gmx.at gmx.ch gmx.us gmx.co.uk gmx.fr web.de aol.co.uk aol.de aol.fr "
            "live.co.uk live.ca live.fr live.nl live.de live.it live.com.au live.com.mx "
            "hotmail.ca hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.com.br hotmail.com.au "
            "hotmail.se hotmail.no hotmail.be "
            "outlook.fr outlook.de outlook.es outlook.it outlook.ie outlook.in outlook.com.br "
            "outlook.com.au yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.in yahoo.co.in yahoo.co.jp "
            "yahoo.co.id yahoo.co.nz yahoo.co.kr yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ar "
            "yahoo.com.ph yahoo.com.sg yahoo.com.hk yahoo.com.tw yahoo.com.vn yahoo.gr yahoo.ie "
            "yahoo.se yahoo.no yahoo.dk yahoo.pl yahoo.ro yahoo.cn msn.cn "
            "pm.me proton.com protonmail.ch hey.com hushmail.com tutanota.com tuta.com tuta.io mailfence.com "
            "mail.ru inbox.com inbox.ru list.ru bk.ru yandex.com yandex.ru ya.ru rambler.ru qq.com "
            "163.com 126.com sina.com sohu.com foxmail.com naver.com daum.net hanmail.net "
            "rediffmail.com fastmail.fm fastmail.us fastmail.co.uk runbox.com posteo.de mailbox.org "
            "t-online.de freenet.de arcor.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it "
            "virgilio.it tiscali.it alice.it btinternet.com sky.com talktalk.net ntlworld.com "
            "virginmedia.com blueyonder.co.uk bigpond.com optusnet.com.au xtra.co.nz rogers.com "
            "sympatico.ca shaw.ca telus.net videotron.ca bell.net cogeco.ca eastlink.ca nb.aibn.com "
            "roadrunner.com rr.com twc.com tampabay.rr.com swbell.net pacbell.net ameritech.net "
            "snet.net prodigy.net flash.net nvbell.net cableone.net wowway.com mediacombb.net "
            "metrocast.net rcn.com hughes.net q.com qwest.net cs.com netscape.net netscape.com "
            "compuserve.com peoplepc.com erols.com tds.net cfl.rr.com ptd.net epix.net frontiernet.net "
            "zoominternet.net insightbb.com bresnan.net atlanticbb.net fuse.net cincibell.com "
            "optimum.net ix.netcom.com excite.com lycos.com usa.net usa.com consultant.com "
            "cloud.com charter.com verizon.com comcast.com yahooinc.com google.com apple.com microsoft.com "
            "qmail.com zmail.com jmail.com vmail.com umail.com"
        ),
    )
)
"""Domains that exist, however near to a popular one they are."""
NO_SUCH_TOP = {
    **dict.fromkeys(_words("con cmo ocm comm coom ccom cpm vom xom cim ckm cmm copm"), "com"),
    **dict.fromkeys(_words("ner nte nett met ent nrt"), "net"),
    **dict.fromkeys(_words("ogr orgg rog prg orf"), "org"),
    **dict.fromkeys(_words("eud eduu edi deu"), "edu"),
}
"""Endings that are no top-level domain, and what was meant."""
_SLIPS_OF_TOP = {
    "com": frozenset({"co", "cm", "om", "con", "cmo", "ocm", "comm", "coom", "vom", "xom", "cim"}),
    "net": frozenset({"ne", "et", "ner", "nte", "nett", "met", "bet", "nt"}),
    "me": frozenset({"ne"}),
}


def suffixes(domain: str) -> Iterator[str]:
    """Give the domain and every domain above it: ``a.b.c``, ``b.c``, ``c``."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def is_disposable(domain: str, added: frozenset[str], excepted: frozenset[str]) -> bool:
    """Tell whether mail to a domain, or to one it lies under, is thrown away.

    The nearest name decides: an exception for ``b.c`` holds for ``a.b.c`` unless that is listed.
    """
    for name in suffixes(domain):
        if name in excepted:
            return False
        if name in added or name in blocklist:
            return True
    return False


def find_typo(domain: str, table: Mapping[str, str]) -> str | None:
    """Name the domain that was most likely meant; None when this one may well be right."""
    if domain in table:
        return table[domain]
    if domain in KNOWN:
        return None
    for name in POPULAR:
        if OSA.distance(domain, name, score_cutoff=1) <= 1:
            return name
    label, _dot, top = domain.rpartition(".")
    for name in SHORT:
        own, _dot, own_top = name.rpartition(".")
        if label == own and top in _SLIPS_OF_TOP[own_top]:
            return name
    meant = NO_SUCH_TOP.get(top)
    return f"{label}.{meant}" if meant is not None and label else None


def compile_domain_check(
    *, disposable: frozenset[str], not_disposable: frozenset[str], typos: Mapping[str, str]
) -> Callable[[str], tuple[str, ...]]:
    """Build the function that gives the reason codes of a domain; it remembers the latest answers.

    Lists of throw-away domains hold slips of providers as well, since somebody registers those. The
    person who made the slip did not throw anything away, so such a domain counts as mistyped only.
    """

    @lru_cache(maxsize=8192)
    def check(domain: str) -> tuple[str, ...]:
        if find_typo(domain, typos) is not None:
            return ("DQ_EMAIL_TYPO",)
        is_thrown_away = is_disposable(domain, disposable, not_disposable)
        return ("DQ_EMAIL_DISPOSABLE",) if is_thrown_away else ()

    return check
