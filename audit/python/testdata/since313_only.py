type X[T = int, *Ts = *tuple[int], **P = [a]] = T
def f[T: int = str](): pass
class C[T = int, U = T]: pass
