t'a{b}c' T"{a!r:>{b}}" rt'\{c}\n' Rt"{d=}" tr'{e}'
t'''
{
    a  # comment }
    + b
}{{not one}}''' t''
t'{f'{t'{a}'}'}' + f"{t'{b}'!s:{c}}"
execute(t'SELECT * FROM {table} WHERE name = {name!r}', *b)[t"{c}":d]
t = t'{t}'
try: a
except B, C: d
except E.f, G(h): i
except (J, K) as l: m
except: n
try: a
except* B, C:
    d
except* (E, F) as g: h
async def f(x: t'{y}') -> t'z':
    return (await g(t'{x}')), lambda: t'{x}'
