package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestHandedOver: what a framework or a package that validates makes of a request, and gives
// to a function of the project; its twin is a number, or one of a list.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport os\napp = Flask(__name__)\n"
	const graphene = "import graphene, os\nclass Query(graphene.ObjectType):\n"
	const ariadne = "from ariadne import QueryType\nimport os\nquery = QueryType()\n@query.field('run')\n"
	const webargs = head + "from webargs import fields, validate\nfrom webargs.flaskparser import use_args, use_kwargs\n@app.route('/')\n"
	const marsh = head + "from marshmallow import Schema, fields, validate\nclass S(Schema):\n    q = fields.Str()\n    n = fields.Int()\n    o = fields.Str(validate=validate.OneOf(['a']))\n@app.route('/', methods=['POST'])\ndef v():\n    d = S().load(request.json)\n"
	const pydantic = head + "from pydantic import BaseModel\nclass S(BaseModel):\n    q: str\n    n: int\n@app.route('/', methods=['POST'])\ndef v():\n"
	for name, c := range map[string]struct{ harmful, harmless string }{
		"a field of Graphene": {
			graphene + "    run = graphene.String(cmd=graphene.String())\n    def resolve_run(self, info, cmd):\n        os.system(cmd)\n",
			graphene + "    run = graphene.String(cmd=graphene.Int())\n    def resolve_run(self, info, cmd):\n        os.system(cmd)\n",
		},
		"a mutation": {
			"import graphene, os\nclass M(graphene.Mutation):\n    class Arguments:\n        cmd = graphene.String()\n    def mutate(self, info, cmd):\n        os.system(cmd)\n",
			"import graphene, os\nclass M(graphene.Mutation):\n    class Arguments:\n        cmd = graphene.Argument(graphene.Int)\n    def mutate(self, info, cmd):\n        os.system(cmd)\n",
		},
		"a field of Ariadne": {
			ariadne + "def run(_, info, cmd):\n    os.system(cmd)\n",
			ariadne + "def run(obj, info, cmd):\n    os.system(obj.name)\n",
		},
		"a field of Strawberry": {
			"import strawberry, os\n@strawberry.type\nclass Q:\n    @strawberry.field\n    def run(self, cmd: str) -> str:\n        os.system(cmd)\n",
			"import strawberry, os\n@strawberry.type\nclass Q:\n    @strawberry.field\n    def run(self, cmd: int) -> str:\n        os.system(cmd)\n",
		},
		"the context of a resolver": {
			ariadne + "def run(_, info):\n    os.system(info.context.headers['X-Name'])\n",
			ariadne + "def run(_, info):\n    os.system(info.field_name)\n",
		},
		"use_args": {
			webargs + "@use_args({'q': fields.Str(), 'n': fields.Int()})\ndef v(args):\n    os.system(args['q'])\n",
			webargs + "@use_args({'q': fields.Str(), 'n': fields.Int()})\ndef v(args):\n    os.system(args['n'])\n",
		},
		"use_kwargs": {
			webargs + "@use_kwargs({'q': fields.Str(), 'n': fields.Int()})\ndef v(q, n):\n    os.system(q)\n",
			webargs + "@use_kwargs({'q': fields.Str(), 'n': fields.Int()})\ndef v(q, n):\n    os.system(n)\n",
		},
		"a schema":                {marsh + "    os.system(d['q'])\n", marsh + "    os.system(d['n'])\n"},
		"one of a list":           {marsh + "    os.system(d['q'])\n", marsh + "    os.system(d['o'])\n"},
		"a model of Pydantic":     {pydantic + "    os.system(S(**request.json).q)\n", pydantic + "    os.system(S(**request.json).n)\n"},
		"a model that validates":  {pydantic + "    os.system(S.model_validate(request.json).q)\n", pydantic + "    os.system(S.model_validate(request.json).n)\n"},
		"a getter of the project": {head + "def field(req, name):\n    return req.get_json()[name]\n@app.route('/')\ndef v():\n    os.system(field(request, 'q'))\n", head + "def field(req, name):\n    return req.method\n@app.route('/')\ndef v():\n    os.system(field(request, 'q'))\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !has(follow(t, c.harmful), flow.Command) {
				t.Errorf("not found:\n%s", c.harmful)
			}
			if has(follow(t, c.harmless), flow.Command) {
				t.Errorf("found:\n%s", c.harmless)
			}
		})
	}
}

// TestExceptions: what is raised with a visitor's text is caught with it.
func TestExceptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		found  bool
	}{
		"here":           {view("try:\n    raise ValueError(q)\nexcept ValueError as e:\n    os.system(str(e))"), true},
		"in a function":  {view("def check(x):\n    raise ValueError('bad ' + x)\ntry:\n    check(q)\nexcept ValueError as e:\n    os.system(e.args[0])"), true},
		"in two":         {view("def deep(x):\n    raise ValueError(x)\ndef check(x):\n    deep(x)\ntry:\n    check(q)\nexcept ValueError as e:\n    os.system(str(e))"), true},
		"nothing of it":  {view("try:\n    raise ValueError('bad')\nexcept ValueError as e:\n    os.system(str(e))"), false},
		"caught earlier": {view("def check(x):\n    try:\n        raise ValueError(x)\n    except ValueError:\n        raise KeyError('no')\ntry:\n    check(q)\nexcept KeyError as e:\n    os.system(str(e))"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if has(follow(t, c.source), flow.Command) != c.found {
				t.Errorf("found: %v\n%s", !c.found, c.source)
			}
		})
	}
}
