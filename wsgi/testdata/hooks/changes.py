"""Values that the app has changed before they come to a sink, and requests of which the edge has
said that there is an attack in them; TestChangedValues gives it the shim."""
from judge_changed import arguments, code, files, hosts, shells, suspects, templates
from judge_honest import honest_commands, honest_files, honest_pickles, honest_templates
from judging import run

run((shells, arguments, code, templates, files, hosts, suspects,
     honest_commands, honest_files, honest_pickles, honest_templates))
