package python_test
import ("testing";"os";"math/rand";"strings";"github.com/fumehood/fumehood/audit/python")
func tops(f *python.File) map[string]int { m:=map[string]int{}; for _,s:=range f.Body{ 
  // all statements at any depth, as text
  python.Inspect(s,func(n python.Node)bool{ if st,ok:=n.(python.Stmt);ok{ switch st.(type){case *python.Function,*python.Class,*python.If,*python.For,*python.While,*python.Try,*python.With,*python.Match,*python.BadStmt: default: m[f.Text(st)]++ }}; return true }) }; return m}
func TestZZ(t *testing.T){
 i,_:=newest(t); r:=rand.New(rand.NewSource(5)); lost:=map[int]int{}; runs:=0; show:=0
 for _,name:=range library(t,i){ b,_:=os.ReadFile(name); src:=string(b); f:=python.Parse("",src); if len(f.Errors)>0||len(f.Body)<5||len(src)>200000{continue}
  a:=tops(f)
  for range 4 {
   p:=r.Intn(len(src)); for p<len(src)&&!strings.ContainsRune("()[]{}:,\"'=.",rune(src[p])){p++}; if p==len(src){continue}
   bad:=src[:p]+src[p+1:]
   if r.Intn(2)==0 { bad=src[:p]+string("()[]{}:,\"'="[r.Intn(11)])+src[p:] }
   g:=python.Parse("",bad); if len(g.Errors)==0{continue}
   runs++
   c:=tops(g); n:=0
   for k,v:=range a{ if c[k]<v {n+=v-c[k]}}
   switch{case n<=1: lost[1]++;case n<=3:lost[3]++;case n<=10:lost[10]++;case n<=50:lost[50]++;default:lost[1000]++}
   if n>3 && show<40 && src[p]!='"' && src[p]!='\'' && bad[p]!='"'&&bad[p]!='\''{ show++; l,_:=f.Position(int32(p)); ls:=strings.Split(bad,"\n"); lo:=max(0,l-2); el,_:=g.Position(g.Errors[0].Span.Start); t.Logf("%s:%d lost %d of %d, error %d %s\n%s",name,l,n,len(a),el,g.Errors[0].Message,strings.Join(ls[lo:min(len(ls),l+5)],"\n")) }
  }
 }
 t.Log(runs,lost)
}
