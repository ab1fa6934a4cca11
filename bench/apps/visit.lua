-- What a browser sends when a visitor who is logged in opens a page; Flask has signed the session.
wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
wrk.headers["Sec-Fetch-Site"] = "none"
wrk.headers["Sec-Fetch-Mode"] = "navigate"
wrk.headers["Sec-Fetch-Dest"] = "document"
wrk.headers["Cookie"] = "session=eyJ1c2VyX2lkIjoxfQ.awMu-g.MB9JKggWAPFmjJZqXbFQNMeaVPI"
