package finding

import (
	"path"

	"github.com/fumehood/fumehood/internal/hint"
)

// App is what fumehood run serves of a project.
type App struct {
	Folder string `json:"folder"` // that its module is imported from, relative to the audited one; "." for that itself
	Target string `json:"target"` // such as "shop.web:app" or "shop:create_app()"
}

// Command serves the app from where the project is in the folder root. What is not known is for
// whoever reads it to fill in.
func (a *App) Command(root string) string {
	if a == nil {
		a = &App{Folder: ".", Target: "MODULE:APP"}
	}
	command := "fumehood run "
	if folder := path.Join(root, a.Folder); folder != "." && folder != "" {
		command += "--chdir " + hint.Shell(folder) + " "
	}
	return command + hint.Shell(a.Target)
}
