for a, *(b, c) in d: pass
f"{a:=5}{(b:=5)}"
print >>a, b
ops = a + b - c * d / e // f % g @ h ** -i ** j << k >> l & m ^ n | ~o
