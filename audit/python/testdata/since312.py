try: a
except* b: c
except* (d, e) as f: g

a[*b], a[*b, c], a[b:c, *d]
def f(*a: *B): pass

type X = int
type Y[T, *Ts, **P] = a[T]
type Z[T: int, U: (str, bytes)] = lambda: T
type type = type
type match[_] = case
def f[T](x: T) -> T: pass
async def g[*Ts, **P](): pass
class C[T: int](D[T], e=f): pass

f'{f'{f'{1}'}'}' f"{a["b"]}{'\n'.join(c)}"
f'{
    a  # comment }
    + b
}' f'''{a:{
    b
}}'''
f'{a!r:{b!s:{c}}}{{{d}}}' rf"\{a}\\{b}\{{"
f'{f"{a=}"=}' f"{lambda_ if a else b}" f"{(lambda x: y)}"
f"{ {a: b}['c'] }{[d for d in e]}{a, b}" 'x' f"{a :>5}"
f'''{a = # comment
}'''
