package paths

// Names are in lower case: "/.ENV" is .env on the file systems of Windows and macOS.

// dotNames are names after a leading dot, and what they begin with before ".", "-" or "_",
// that belong to programs and that no app has a route for. Other names with a dot, such as
// "/tags/.net", are judged by the answer.
var dotNames = map[string]entry{
	"env": {hidden, true}, "envrc": {hidden, true}, "flaskenv": {hidden, true},
	"git": {versions, true}, "gitignore": {versions, true}, "gitattributes": {versions, true}, "gitmodules": {versions, true},
	"gitconfig": {versions, true}, "gitlab": {versions, true}, "github": {versions, true}, "gitea": {versions, true},
	"svn": {versions, true}, "hg": {versions, true}, "hgignore": {versions, true}, "bzr": {versions, true},
	"cvs": {versions, true}, "cvsignore": {versions, true}, "fslckout": {versions, true}, "jj": {versions, true},
	"htaccess": {hidden, true}, "htpasswd": {hidden, true}, "htgroup": {hidden, true}, "htdigest": {hidden, true},
	"htusers": {hidden, true}, "user.ini": {hidden, true},
	"aws": {key, true}, "azure": {key, true}, "boto": {key, true}, "s3cfg": {key, true}, "gcloud": {key, true},
	"ssh": {key, true}, "gnupg": {key, true}, "kube": {key, true}, "docker": {key, true}, "dockercfg": {key, true},
	"dockerignore": {project, true}, "dockerenv": {project, true}, "dockerconfigjson": {key, true}, "vault": {key, true},
	"netrc": {key, true}, "pgpass": {key, true}, "my.cnf": {key, true}, "mylogin": {key, true}, "npmrc": {key, true},
	"pypirc": {key, true}, "yarnrc": {key, true}, "composer": {key, true}, "gem": {key, true}, "terraform": {key, true},
	"terraformrc": {key, true}, "tfstate": {key, true}, "ansible": {key, true}, "vault_pass": {key, true},
	"bash_history": {journal, true}, "zsh_history": {journal, true}, "sh_history": {journal, true}, "history": {journal, true},
	"python_history": {journal, true}, "mysql_history": {journal, true}, "psql_history": {journal, true},
	"sqlite_history": {journal, true}, "rediscli_history": {journal, true}, "node_repl_history": {journal, true},
	"lesshst": {journal, true}, "viminfo": {journal, true}, "wget-hsts": {journal, true},
	"bashrc": {hidden, true}, "bash_profile": {hidden, true}, "bash_logout": {hidden, true}, "bash_aliases": {hidden, true},
	"profile": {hidden, true}, "zshrc": {hidden, true}, "cshrc": {hidden, true}, "vimrc": {hidden, true}, "vim": {hidden, true},
	"config": {hidden, true}, "local": {hidden, true}, "cache": {hidden, true}, "mozilla": {hidden, true}, "thunderbird": {hidden, true},
	"idea": {project, true}, "vscode": {project, true}, "vs": {project, true}, "settings": {project, true},
	"classpath": {project, true}, "editorconfig": {project, true}, "ftpconfig": {key, true},
	"remote-sync": {key, true}, "sftp": {key, true}, "ftppass": {key, true}, "ftpquota": {hidden, true},
	"travis": {project, true}, "circleci": {project, true}, "drone": {project, true}, "jenkins": {project, true},
	"buildkite": {project, true}, "pre-commit": {project, true}, "coverage": {project, true}, "coveragerc": {project, true},
	"tox": {project, true}, "nox": {project, true}, "pytest_cache": {project, true}, "mypy_cache": {project, true},
	"ruff_cache": {project, true}, "venv": {project, true}, "virtualenv": {project, true}, "python-version": {project, true},
	"pylintrc": {project, true}, "flake8": {project, true}, "eslintrc": {project, true}, "prettierrc": {project, true},
	"babelrc": {project, true}, "webassets": {project, true}, "sass-cache": {project, true}, "elasticbeanstalk": {project, true},
	"ebextensions": {project, true}, "platform": {project, true}, "serverless": {project, true}, "vagrant": {project, true},
	"next": {foreign, true}, "nuxt": {foreign, true}, "svelte-kit": {foreign, true},
	"ds_store": {hidden, true}, "appledouble": {hidden, true}, "trash": {hidden, true}, "trashes": {hidden, true},
	"streamlit": {key, true}, "ipython": {hidden, true}, "jupyter": {hidden, true}, "pip": {key, true}, "condarc": {key, true},
	"fumehood": {hidden, true}, "secret": {key, true}, "secrets": {key, true}, "password": {key, true}, "passwd": {key, true},
	"passwords": {key, true}, "credentials": {key, true}, "token": {key, true},
	"anydesk": {key, true}, "esmtprc": {key, true}, "msmtprc": {key, true}, "mailrc": {key, true}, "muttrc": {key, true},
	"swp": {backup, true}, "bak": {backup, true}, "old": {backup, true}, "backup": {backup, true}, "tmp": {backup, true},
	"php_cs": {foreign, true}, "rvmrc": {foreign, true},
}

// names are whole names, in any segment.
var names = map[string]entry{
	"__pycache__": {source, true}, "_darcs": {versions, true},
	"id_rsa": {key, true}, "id_dsa": {key, true}, "id_ecdsa": {key, true}, "id_ed25519": {key, true},
	"authorized_keys": {key, true}, "known_hosts": {key, true},
	"requirements.txt": {project, true}, "constraints.txt": {project, true}, "pipfile": {project, false}, "pipfile.lock": {project, true},
	"poetry.lock": {project, true}, "uv.lock": {project, true}, "pdm.lock": {project, true}, "pyproject.toml": {project, true},
	"setup.cfg": {project, true}, "tox.ini": {project, true}, "pytest.ini": {project, true}, "alembic.ini": {settings, true},
	"config.ini": {settings, true}, "settings.ini": {settings, true}, "uwsgi.ini": {settings, true}, "gunicorn.conf.py": {settings, true},
	"supervisord.conf": {settings, true}, "nginx.conf": {settings, true}, "redis.conf": {settings, true}, "fumehood.toml": {settings, true},
	"compose.yml": {project, true}, "compose.yaml": {project, true},
	"composer.json": {project, true}, "composer.lock": {project, true}, "package-lock.json": {project, true}, "yarn.lock": {project, true},
	"web.config": {settings, true}, "appsettings.json": {settings, true}, "dump.rdb": {database, true}, "thumbs.db": {hidden, true},
	"terraform.tfstate": {key, true}, "terraform.tfvars": {key, true}, "wp-admin": {foreign, true}, "wp-includes": {foreign, true},
	"dockerfile": {project, false}, "containerfile": {project, false}, "procfile": {project, false}, "vagrantfile": {project, false},
	"jenkinsfile": {project, false}, "makefile": {project, false}, "package.json": {project, false}, "config.json": {secrets, false}, "secrets.json": {secrets, false}, "settings.json": {secrets, false},
	"credentials.json": {secrets, false}, "secrets.txt": {secrets, false}, "passwords.txt": {secrets, false},
}

// firstNames are names of other software in the first segment; where there is a list, only
// with one of it below, as a whole word.
var firstNames = map[string][]string{
	"cvs": {"entries", "root", "repository"}, "actuator": {"env", "heapdump", "gateway", "jolokia", "threaddump"},
	"solr": {"admin"}, "manager": {"html", "text/"}, "hnap1": nil, "boaform": nil, "gponform": nil, "_ignition": nil,
	"telescope": {"requests"}, "owa": {"auth"}, "ecp": {"current"}, "druid": {"index.html", "indexer"}, "nacos": nil,
	"vendor": {"phpunit", "composer"}, "wp-json": {"wp/"}, "wp-content": {"plugins", "themes", "debug"}, "jmx-console": nil,
	"invoker": {"jmx", "ejb"}, "struts2-showcase": nil, "cfide": nil, "_vti_bin": nil, "_vti_pvt": nil, "typo3conf": nil,
	"instance": {"config.py", "settings.py", "application.cfg"}, "evox": {"about"}, "geoserver": {"web"},
	"_profiler": {"phpinfo", "open"}, "autodiscover": {"autodiscover.json"}, "portal": {"redlion"},
	"goform": nil, "phpmyadmin": nil, "phpinfo": nil, "cgi-bin": nil, "hudson": {"script"}, "jenkins": {"script"},
}

// endings are what comes after the last dot of a name.
var endings = map[string]entry{
	"pyc": {source, true}, "pyo": {source, true}, "pyd": {source, true},
	"php": {foreign, true}, "php3": {foreign, true}, "php4": {foreign, true}, "php5": {foreign, true}, "php7": {foreign, true},
	"php8": {foreign, true}, "phps": {foreign, true}, "phtml": {foreign, true}, "phar": {foreign, true}, "asp": {foreign, true},
	"aspx": {foreign, true}, "ashx": {foreign, true}, "asmx": {foreign, true}, "jsp": {foreign, true}, "jspx": {foreign, true},
	"cgi": {foreign, true}, "cfm": {foreign, true},
	"sqlite": {database, true}, "sqlite3": {database, true}, "db3": {database, true}, "db-wal": {database, true},
	"db-journal": {database, true}, "db-shm": {database, true}, "sqlite-wal": {database, true}, "sqlite-journal": {database, true},
	"sqlite3-wal": {database, true}, "sqlite3-journal": {database, true}, "mdb": {database, true}, "accdb": {database, true},
	"swp": {backup, true}, "swo": {backup, true}, "swn": {backup, true},
	"env": {settings, true}, "htpasswd": {key, true}, "htaccess": {settings, true}, "kdbx": {key, false}, "ppk": {key, false},
	"jks": {key, false}, "keystore": {key, false},
	"py": {source, false}, "pyw": {source, false}, "pyx": {source, false}, "pyi": {source, false}, "wsgi": {source, false},
	"j2": {template, false}, "jinja": {template, false}, "jinja2": {template, false},
	"ini": {settings, false}, "cfg": {settings, false}, "conf": {settings, false}, "config": {settings, false},
	"toml": {settings, false}, "properties": {settings, false}, "yml": {secrets, false}, "yaml": {secrets, false},
	"db": {database, false}, "rdb": {database, false}, "sql": {dump, false}, "dump": {dump, false}, "pgdump": {dump, false},
	"pem": {key, false}, "key": {key, false}, "p12": {key, false}, "pfx": {key, false}, "asc": {key, false},
	"bak": {backup, false}, "old": {backup, false}, "orig": {backup, false}, "save": {backup, false}, "backup": {backup, false},
	"zip": {archive, false}, "gz": {archive, false}, "tgz": {archive, false}, "bz2": {archive, false}, "xz": {archive, false},
	"zst": {archive, false}, "7z": {archive, false}, "rar": {archive, false}, "tar": {archive, false}, "log": {journal, false},
}
