a[b:=1], {c := 2}, a[d:=1, e]
with (a as b, c as d,): pass
with (a, b,): pass
with (a as b): pass
with (open(x) as f, (y)): pass
async with (a as b, c): pass

match x:
    case 1 | -1 | 1.5 | 2 + 3j | -2 - 3j | 'a' 'b' | b'c' | None | True | False: pass
    case a.b.c | d.e: pass
    case _: pass
    case f if f > 1: pass
    case (g): pass
    case (h,) | (i, j) | () | []: pass
    case [k, *_, l] | [*m]: pass
    case n, *o: pass
    case *p,: pass
    case {}: pass
    case {'a': q, -1: r, b.c: s, None: t, **rest}: pass
    case {**rest,}: pass
    case A() | A.B(a, b, c=d, e=_,) | C(d=1): pass
    case (u | v) as w: pass
    case [x as y, z]: pass
    case match: pass
    case case: pass
match (x): 
    # comment

    case 1: pass
match x, *y:
  case _:
    match z:
      case a: b
    c
match [a]:
    case b: pass
match -x:
    case b: pass
match not x:
    case b: pass
match match:
    case b: pass
match (yield):
    case b: pass
match: int = 1
match = {
    match: case
}
match[x]: int
