#!/usr/bin/env python
"""What every Python since 3.8 reads. Made for the parser; nothing here is run."""
from __future__ import annotations

import a.b.c as d, e
from . import f
from ...g.h import (i as j, k,)
from .... import l
from m import *

x = y, = z = 0, 00, 0_0, 0xFF, 0o17, 0b1_0, 1_000, 1e5, 1E-5, .5, 5., 0.0, 1j, 1.5e+3J, 9_9.9_9e1_0, 0xdeadbeefdeadbeefdead
s = 'a' "b" '''c
d''' """e\
f""" r'\n' R"\'" u'g' U"h"
b = b'a\x00\377\n' rb'\x' Rb'''
''' BR"\"" bR'' b"\q"
esc = '\a\b\f\n\r\t\v\\\'\"\0\18\x41\u00e9\U0001F600\N{BULLET}\q\
\777' 'é' '\ud800'
ops = a + b - c * d / e // f % g @ h ** -i ** j << k >> l | ~o
ops = not a == b != c < d <= e > f >= g is h is not i in j not in k and l or m and not n
ops = (a if b else c if d else e), lambda: 0, lambda *, x=1: x, lambda a, b=2, /, c=3, *d, e, f=4, **g: (yield)
cmp = 1if 2else 3or 4
a.b.c[d](e)[f:g](h)(i, *j, k=l, **m)(*n, **o)[...][:, ::2, 1:, :2, 1:2:3, p, ][q,]
a[(b, c)], a[(b:=1)] if 0 else (d := 2), [e := 3], g(h := 5, i=(j := 6))
() ; (a,) ; [] ; {} ; {a} ; {a, *b} ; {a: b, **c, d: e} ; [*a, b] ; (*a, b)
[a for a in b], {a for a in b if c if d}, {a: b for a, b in c for d in e}, (a for *a, b in c), f(a for a in b)
[a async for a in b]
a = yield
a = yield b, *c
a = await b
(a) = [b, *c] = (d, (e, f)) = *g, h = i
(a).b = c[d] = e
a += 1; a -= 1; a *= 1; a /= 1; a //= 1; a %= 1; a @= 1; a **= 1; a >>= 1; a <<= 1; a &= 1; a ^= 1; a |= yield
(a): int = 1
a.b: c
a[b]: c = yield
a: b = *c, d
del a, (b, c), [d, e.f], g[h]
assert a, b
raise
raise a from b
global q, r
pass; break; continue
match = case = type = _ = 1
match.case(type)[_]
match, case
match * a, b
match(a, b)
match[a:b]
match -a
type(x)
type.y
type in x
print

f'' f'a' 'b' f"{a}{b!r}{c!s:>{w}.{p}}{d:%Y-%m-%d}{{}}}}{{" rf'\{a}\n' fR"{b}\\"
f'''{
    a
    + b
}{ {1: 2}[1] }{(lambda: 3)()}{c if d else e!a}'''
f"{a=}{b = }{c=!r:^20}{d=:5}{e==f}{g!=h}{i<=j}{a['b']}{x:{y}}{z:\x41{w}}\N{BULLET}"
f'{yield}{*a, b}{await c}'
f"{a:5}{(b:=5)}"


@a
@a.b(c)[d]
def f(a, b: int, /, c=1, d: str = 'x', *e: int, f, g=2, **h: {}) -> a[b]:
    """Docs."""
    nonlocal i
    return *a, b


async def f(*, a): return
def f(*a, b): ...
def f(a, /): ...


@a
class C: a = 1; b: int; pass
class D(C, *a, metaclass=b, **c):

	def tabs(self):
	    if a: b
	    elif c:

	    	d
        # a comment at a strange column
	    else: e; f;

if a: pass
elif b: pass
elif (c := d): pass
else:
    if e: pass
    else: pass
for a in b, *c: pass
else: pass
for a.b[c] in d: pass
for (x) in y: pass
while a: break
else:
  pass
try: a
except: b
try: a
except (b, c) as d: e
except f: pass
else: g
finally: h
try: a
finally: b
with a: pass
with a as b, c as (d, e), f() as g.h, i as j[k]: pass
with (a): pass
with (a) as b: pass
with (a, b) as c: pass
with (a).b as c, d: pass
with (yield a): pass
with (a for a in b): pass
with (): pass
async with a as b: pass
async for a in b: pass
if a:
    b
    if c:
              d
    e  ; \
  f
if \
  a: b
(a
# comment
   , b  # comment

)
ﬁ = ﬀ.ªº + 𝕏
é.ü(naïve=1, ñ=é); \
  z
