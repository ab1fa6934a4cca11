package python_test
import ("testing";"strings";"time";"runtime";"github.com/fumehood/fumehood/audit/python")
func TestZZ(t *testing.T){
 r:=strings.Repeat
 for name,s:=range map[string]string{
  "sum":"x = a"+r("+a",50<<20), "str":"x = '"+r("a",100<<20)+"'", "list":"x = ["+r("12345, ",14<<20)+"]", "semi": r("f(x);",20<<20),
  "wide": "x = '"+r("ä",50<<20)+"'", "triple": r("\\\"\"\"\n",20<<20), "garbage": r("? \x01 ' \" (",10<<20), "js":"var a="+r("function(){return \"a\"+b.c[0]};",3<<20),
  "errlines": r("a b\n",25<<20), "parens": r("(\n",50<<20), "ff": r("f'''{",20<<20), "utf": "#"+r("é",1000)+"\n"+r("x",90<<20),
 }{
  st:=time.Now(); f:=python.Parse("",s); d:=time.Since(st)
  var m runtime.MemStats; runtime.ReadMemStats(&m)
  l,c:=f.Position(int32(len(f.Source)-1))
  t.Log(name,len(s)>>20,"MB",d.Round(time.Millisecond),len(f.Errors),m.HeapAlloc>>20,"MB heap",l,c)
  f=nil; runtime.GC()
 }
}
