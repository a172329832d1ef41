"""Domains where anybody gets an e-mail address: sharing one says nothing about an organisation.

Mail services, and providers of Internet access whose customers have addresses under its name. An
organisation adds what its own leads use in ``organisation.yaml``.
"""

from __future__ import annotations

_DOMAINS = """
    aim.com aol.co.uk aol.com aol.de aol.fr bigpond.com bigpond.net.au btinternet.com duck.com
    email.com fastmail.com fastmail.fm free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr
    gmx.net googlemail.com hey.com hotmail.ca hotmail.co.uk hotmail.com hotmail.de
    hotmail.es hotmail.fr hotmail.it hush.com hushmail.com icloud.com inbox.com inbox.ru laposte.net
    libero.it list.ru live.ca live.co.uk live.com live.de live.fr live.it live.nl mac.com mail.com
    mail.ru mailbox.org me.com msn.com naver.com netzero.com netzero.net ntlworld.com orange.fr
    outlook.com outlook.de outlook.es outlook.fr outlook.it pm.me proton.me protonmail.ch
    protonmail.com qq.com rediffmail.com rocketmail.com runbox.com sky.com t-online.de
    talktalk.net tuta.com tuta.io tutanota.com uol.com.br usa.com usa.net virgilio.it virginmedia.com
    wanadoo.fr web.de yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com
    yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ph yahoo.de yahoo.es yahoo.fr
    yahoo.in yahoo.it yandex.com yandex.ru ymail.com zoho.com zohomail.com 126.com 139.com 163.com
    189.cn sina.cn sina.com sohu.com yeah.net

    adelphia.net alltel.net ameritech.net att.net bellsouth.net bresnan.net brighthouse.com
    cableone.net centurylink.net centurytel.net cfl.rr.com charter.net
    cinci.rr.com columbus.rr.com comcast.net consolidated.net cox.net
    earthlink.net embarqmail.com epix.net excite.com fairpoint.net flash.net
    frontier.com frontiernet.net fuse.net gte.net hawaii.rr.com hughes.net
    insightbb.com juno.com knology.net maine.rr.com mchsi.com mediacombb.net mindspring.com
    netscape.net new.rr.com nc.rr.com nycap.rr.com nyc.rr.com nvbell.net
    optimum.net optonline.net pacbell.net peoplepc.com prodigy.net ptd.net q.com qwest.net rcn.com
    roadrunner.com rochester.rr.com rogers.com rr.com sbcglobal.net shaw.ca snet.net socal.rr.com
    sonic.net spectrum.net suddenlink.net swbell.net sympatico.ca tampabay.rr.com tds.net telus.net
    triad.rr.com twc.com twcny.rr.com tx.rr.com verizon.net videotron.ca wavecable.com
    wi.rr.com windstream.net wideopenwest.com worldnet.att.net wowway.com xfinity.com zoominternet.net
"""
PUBLIC_DOMAINS = frozenset(_DOMAINS.split())
